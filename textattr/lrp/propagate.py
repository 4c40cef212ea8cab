"""Run a model, choose where relevance starts, and walk back to its vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textattr.errors import LRPRuleError
from textattr.graph.layer_scopes import LayerScopes
from textattr.graph.recurrent import recurrences
from textattr.lrp.activations import activations
from textattr.lrp.composite import Composite
from textattr.lrp.recurrent import RecurrentJump
from textattr.lrp.start import start
from textattr.lrp.unattributed import Unattributed
from textattr.lrp.walk import Jump, Observer, Walk
from textattr.split.cut import Cut, Run, wide
from textattr.split.family import tensorflow
from textattr.split.sizes import sizes
from textattr.targets.target import TargetTensors


@dataclass(frozen=True, eq=False)
class Propagated:
    """One pass there and back.

    Args:
        run: the pass there.
        target: int32 (R,): the class of each row.
        value: float (R,): the score that was explained.
        started: float (R,): the relevance that set out.
        entries: the relevance of each tensor in `run.entries`, shaped as it.
        others: the relevance of each tensor in `run.others`.
        unattributed: what did not arrive.
    """

    run: Run
    target: Any
    value: Any
    started: Any
    entries: tuple[Any, ...]
    others: tuple[Any, ...]
    unattributed: Unattributed


def propagate(
    cut: Cut,
    rules: Composite,
    targets: TargetTensors,
    observer: Callable[[Unattributed], Observer] | None = None,
) -> Propagated:
    """Graph code: relevance of the score of `target`, less that of `against`, at the vectors.

    Args:
        cut: the model.
        rules: which rule governs which layer.
        targets: what is explained of each row.
        observer: makes what is called for each op, as for `Walk`.

    Raises:
        LRPRuleError: for an op without a rule, and for a layer that no line of the rules names.
    """
    tf = tensorflow()
    scopes = LayerScopes(cut.model)
    rules = rules.checked(scopes.layers)
    with (
        activations(scopes) as functions,
        recurrences(scopes, LRPRuleError) as loops,
        scopes.recorded(),
    ):
        run = cut.run()
    targets = cut.fixed(run, targets)
    value = cut.value(run, targets)
    ops = tf.compat.v1.get_default_graph().get_operations()
    flows = start(cut, run, targets, value, lambda op: rules.rule_between(scopes.of(op)))
    unattributed = Unattributed(sizes(value)[0], wide(value).dtype)
    if rules.starts_positive:
        spared = tf.cast(value > 0, unattributed.dtype)
        flows = [(t, _times(r, tf.cast(spared, r.dtype))) for t, r in flows]
    started = tf.add_n([unattributed.nothing, *(unattributed.per_row(relevance) for _, relevance in flows)])
    jumps: dict[str, Jump] = {**functions, **{name: RecurrentJump(loop) for name, loop in loops.items()}}
    walk = Walk(scopes, rules, unattributed, jumps, None if observer is None else observer(unattributed))
    ends = {tensor.ref(): 0 for tensor in (*run.entries, *run.others)}
    found = walk.back(flows, ends, ops)

    def at(tensor: Any) -> Any:
        relevance = found[tensor.ref()]
        return tf.zeros_like(wide(tensor)) if relevance is None else relevance

    return Propagated(
        run,
        cut.classes(run, targets),
        value,
        started,
        tuple(map(at, run.entries)),
        tuple(map(at, run.others)),
        unattributed,
    )


def _times(relevance: Any, per_row: Any) -> Any:
    tf = tensorflow()
    return relevance * tf.reshape(per_row, [-1, *[1] * (relevance.shape.rank - 1)])
