"""Keras models that take strings and count words: explained as functions of texts."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.backends.black_box import BlackBox
from textattr.errors import NoLookupError, TextAttrError
from textattr.methods.method import checked_score
from textattr.split.activation import take_off
from textattr.split.cut import pick_output, wide
from textattr.split.family import require_keras_model, tensorflow
from textattr.split.interception import TRACING
from textattr.split.layers import is_same, layers_below
from textattr.split.model import split_model
from textattr.split.probe import probe_of
from textattr.split.program import Program
from textattr.split.rounding import rounding_since
from textattr.split.signature import declared_inputs
from textattr.split.survey import Output, describe_outputs, name_outputs, tried_outputs
from textattr.split.tracing import require_no_trace
from textattr.targets.head import understand
from textattr.targets.log_odds import of_logits
from textattr.tokenizers.checks import as_bytes


@dataclass(frozen=True, eq=False)
class _Known:
    """What a model with these layers is, once it was found out."""

    layers: tuple[Callable[[], Any], ...]
    box: BlackBox | None


_KNOWN: weakref.WeakKeyDictionary[Any, dict[str | None, _Known]] = weakref.WeakKeyDictionary()


def counting_box(model: Any, score: str | None) -> BlackBox | None:
    """The black box that a Keras model is which takes strings and looks no token up; None for every other model.

    It is compiled once, and again where a layer was replaced.

    Args:
        model: Keras 3 or tf_keras model.
        score: "logit", "log_odds" or "probability": what is attributed; None: as `Head.kind_of` says.
    """
    require_keras_model(model)
    declared = declared_inputs(model)
    if declared is None or len(declared) != 1 or "string" not in str(declared[0].dtype):
        return None
    layers = layers_below(model)
    with TRACING:
        known = _KNOWN.setdefault(model, {})
        found = known.get(score)
        if found is None or not is_same(found.layers, layers):
            found = known[score] = _Known(tuple(map(weakref.ref, layers)), _found(model, declared, score))
        return found.box


def _found(model: Any, declared: list[Any], score: str | None) -> BlackBox | None:
    shape = [1 for _ in declared[0].shape]
    try:
        split_model(model).survey(np.full(shape, "", object))
    except NoLookupError:
        return _box(model, len(shape), None if score is None else checked_score(score))
    except TextAttrError:
        return None
    return None


def _box(model: Any, rank: int, wanted: str | None) -> BlackBox:
    tf = tensorflow()
    spec = tf.TensorSpec([None] + [1] * (rank - 1), tf.string)
    first, count = _first_output(model, spec)
    head = understand(first.evidence(model, None), first.name)
    more = (f"of {count} outputs the first is explained",) if count > 1 else ()
    score = head.kind_of(wanted, "logit")
    is_probable = head.task != "regression" and (score == "probability" or head.is_probability)
    reference: Callable[[], Any] = weakref.ref(model)  # what is remembered of a model must not keep it

    def run(texts: Any) -> tuple[Any, Any]:
        output = pick_output(reference()(texts, training=False), head.output)
        _, logits = take_off(output)
        output, logits = (wide(tf.reshape(tensor, [-1, head.units])) for tensor in (output, logits))
        probabilities = head.scores(output, logits, "probability")
        if score == "log_odds" and not head.is_one_unit and head.task == "multiclass":
            logits = of_logits(logits)
        if not is_probable:
            return logits, probabilities
        return probabilities[:, 1:] if head.is_one_unit else probabilities, probabilities

    compiled = tf.function(run, autograph=False).get_concrete_function(spec)

    def ask(texts: list[str], which: int) -> Any:
        require_no_trace()
        return compiled(tf.reshape(tf.constant([as_bytes(text) for text in texts]), [-1] + [1] * (rank - 1)))[
            which
        ].numpy()

    return BlackBox(
        str(model.name),
        lambda texts: ask(texts, 0),
        None if head.task == "regression" else lambda texts: ask(texts, 1),
        task=head.task,
        activation=head.activation,
        notes=(*head.cautions(score), *more),
        gives_probabilities=is_probable,
    )


def _first_output(model: Any, spec: Any) -> tuple[Output, int]:
    """What is known of the first output of a model of strings, and how many it has."""
    found: list[tuple[tuple[Output, ...], float]] = []

    def look(texts: Any) -> list[Any]:
        start = len(tensorflow().compat.v1.get_default_graph().get_operations())
        named = name_outputs(model(texts, training=False))
        found.append((describe_outputs(named), rounding_since(start)))
        return list(named.values())

    run = Program.trace(look, [spec])
    outputs, epsilon = found[-1]
    tried = tried_outputs(model, outputs, run, probe_of(model, spec, [None], None), epsilon)
    return tried[0], len(tried)
