"""Where a number that is not finite comes from: which op of the model makes the first one, and for which input."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from textattr.errors import ModelOutputError, TextAttrError
from textattr.graph.layer_scopes import LayerScope, LayerScopes
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Rows
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]

_GRADIENT = re.compile(r"gradients(?:_\d+)?/(.+)_grad/")  # TensorFlow's name for what belongs to a forward op


@dataclass(frozen=True, eq=False)
class Visit:
    """An input that a method runs the model on.

    Args:
        what: the input, in words: "the text itself".
        advice: what to do where the model is not finite there.
        vectors: float (n, P, D) for each site of text, put instead of the true ones; None: the true ones.
        takes_gradient: whether the gradient of the score is taken there too.
        zeroes_others: whether what is no text is 0 there.
        error: what to raise.
    """

    what: str
    advice: str
    vectors: tuple[Array, ...] | None = None
    takes_gradient: bool = False
    zeroes_others: bool = False
    error: type[TextAttrError] = ModelOutputError


def true_vectors(split: SplitModel, rows: Rows) -> tuple[Array, ...]:
    """The vectors that the model reads at each site of text, float (R, P, D)."""
    found: tuple[Array, ...] = split.program(_vectors, rows)
    return found


def _vectors(cut: Cut, *_: Any) -> tuple[Any, ...]:
    """Graph code: what the model reads."""
    return cut.run().vectors


def first_not_finite(split: SplitModel, row: Rows, visit: Visit) -> str | None:
    """The op that makes the first number that is not finite, as a clause; None where all are.

    Args:
        split: the model.
        row: one row.
        visit: what to run the model on.
    """
    given = {f"vectors_{i}": vectors for i, vectors in enumerate(visit.vectors or ())}
    seen = split.program(_watch, row, given, options=(visit.takes_gradient, visit.zeroes_others))
    at = _first(seen)
    if at is None:
        return None
    number = "NaN" if seen["is_nan"][at] else "infinity"
    op, scope = (str(seen[name][at], "utf-8") for name in ("ops", "scopes"))
    if row.selector.reads_every_output and scope == str(LayerScope()):
        scope = "the model itself or the function in targets="
    return f"{op} in {scope} gives {number}"


def _first(seen: dict[str, Any]) -> int | None:
    """The first op that is not finite while what it reads is, of those that the results depend on."""
    broken = seen["is_nan"] | seen["is_infinite"]
    readers, read = seen["edges"].T
    reads: dict[int, list[int]] = {}
    for reader, source in zip(readers.tolist(), read.tolist(), strict=True):
        reads.setdefault(reader, []).append(source)
    # an infinity that is written into the model is meant: a mask adds it, and softmax makes 0 of it
    for op, sources in reads.items():
        if any(seen["is_constant"][source] and seen["is_infinite"][source] for source in sources):
            broken[op] = seen["is_nan"][op]
    broken &= ~seen["is_constant"]
    waiting = [int(op) for op in seen["results"] if broken[op]]
    found = set(waiting)
    while waiting:
        for source in reads.get(waiting.pop(), []):
            if broken[source] and source not in found:
                found.add(source)
                waiting.append(source)
    first = [op for op in found if not any(source in found for source in reads.get(op, []))]
    return min(first, default=min(found, default=None))


def _watch(
    cut: Cut, targets: TargetTensors, given: dict[str, Any], takes_gradient: bool, zeroes_others: bool
) -> dict[str, Any]:
    """Graph code: of every op of the model whether it gives finite numbers, and what it is."""
    tf = tensorflow()
    graph = tf.compat.v1.get_default_graph()
    rows = vectors = None
    if given:
        vectors = tuple(given[f"vectors_{i}"] for i in range(len(given)))
        rows = tf.zeros(tf.shape(vectors[0])[:1], tf.int32)
        targets = targets.at(rows)
    others = tuple(map(tf.zeros_like, cut.run().others)) if zeroes_others else None
    start = len(graph.get_operations())
    scopes = LayerScopes(cut.model)
    with scopes.recorded():
        if takes_gradient:
            found = cut.gradient(targets, rows, vectors)
            results = [found.value, *found.vectors, *found.others]
        else:
            run = cut.run(rows, vectors, others)
            results = [cut.value(run, targets), run.scores]
    return _facts(graph.get_operations()[start:], results, scopes)


def _facts(ops: Sequence[Any], results: Sequence[Any], scopes: LayerScopes) -> dict[str, Any]:
    tf = tensorflow()
    number = {op.name: i for i, op in enumerate(ops)}
    edges = [(i, number[t.op.name]) for i, op in enumerate(ops) for t in op.inputs if t.op.name in number]

    kinds = tf.float16, tf.bfloat16, tf.float32, tf.float64

    def of_any(test: Callable[[Any], Any]) -> Any:
        flags = [[tf.reduce_any(test(t)) for t in op.outputs if t.dtype in kinds] for op in ops]
        return tf.stack([tf.reduce_any(tf.stack(each)) if each else tf.constant(False) for each in flags])

    named = [_named(op, scopes) for op in ops]
    return {
        "is_nan": of_any(tf.math.is_nan),
        "is_infinite": of_any(tf.math.is_inf),
        "is_constant": tf.constant([not op.inputs for op in ops]),
        "edges": tf.constant(edges, tf.int32, [len(edges), 2]),
        "results": tf.constant([number[t.op.name] for t in results if t.op.name in number], tf.int32),
        "ops": tf.constant([op for op, _ in named]),
        "scopes": tf.constant([scope for _, scope in named]),
    }


def _named(op: Any, scopes: LayerScopes) -> tuple[str, str]:
    """What an op is called, and where it stands; of an op of the gradient, the op that it belongs to."""
    forward = _GRADIENT.match(op.name)
    try:
        belongs_to = op if forward is None else op.graph.get_operation_by_name(forward[1])
    except KeyError:
        belongs_to = op
    is_gradient = belongs_to is not op
    return f"the gradient of {belongs_to.type}" if is_gradient else op.type, str(scopes.of(belongs_to))
