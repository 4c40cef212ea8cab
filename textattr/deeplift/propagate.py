"""Run a model on a text and on a baseline, and walk back from the score to the vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textattr.deeplift.shared_baseline import repeated, rows_of_baseline
from textattr.deeplift.walk import multipliers
from textattr.errors import DeepLIFTRuleError
from textattr.graph.dependence import Graph
from textattr.graph.layer_scopes import LayerScopes
from textattr.graph.recurrent import Recurrence, recurrences
from textattr.split.cut import Cut, Run, wide
from textattr.split.family import tensorflow
from textattr.split.sizes import sizes
from textattr.targets.target import TargetTensors


@dataclass(frozen=True, eq=False)
class Compared:
    """Two passes there, one back.

    Args:
        run: the pass on the text.
        target: int32 (R,): the class of each row.
        value: float (R,): the score of the text.
        start: float (R,): the score of the baseline.
        relevance: float (R, P, D) for each site of text.
        others: float (R, ...) for each other site: its multipliers times its numbers.
    """

    run: Run
    target: Any
    value: Any
    start: Any
    relevance: tuple[Any, ...]
    others: tuple[Any, ...]


def propagate(cut: Cut, baselines: list[Any], targets: TargetTensors, *, counts_rows: bool) -> Compared:
    """Graph code: multipliers times what is between text and baseline.

    Args:
        cut: the model.
        baselines: for each site of text a tensor that can be broadcast to its vectors.
        targets: what is explained of each row.
        counts_rows: whether to find out, when it runs, how many rows of the baseline there are that differ.

    Raises:
        DeepLIFTRuleError: for an op without a rule, and where the mask of a recurrent layer depends on the vectors.
    """
    tf = tensorflow()
    scopes = LayerScopes(cut.model)
    with (
        recurrences(scopes, DeepLIFTRuleError) as loops,
        scopes.recorded(),
    ):
        run = cut.run()
        if any(site.masking is not None for site in cut.sites.texts):
            run = cut.run(vectors=run.vectors)  # beside the truth, of which the mask is made in both runs
        graph = _graph_of(run, scopes, loops)
        count = rows_of_baseline(cut, run, targets, graph, loops) if counts_rows else None
        other, repeats = _run_on(baselines, cut, run, count)
    targets = cut.fixed(run, targets)
    value, start = (cut.value(each, targets) for each in (run, other))
    ends = list(zip((*run.entries, *run.others), (*other.entries, *other.others), strict=True))
    found = multipliers([(value, start)], [tf.ones_like(wide(value))], ends, scopes, loops, repeats)
    whole = [tf.zeros_like(wide(end)) if m is None else m for (end, _), m in zip(ends, found, strict=True)]
    relevance = []
    for multiplier, v, v0 in zip(whole, run.vectors, other.vectors, strict=False):
        way = tf.cast(v, multiplier.dtype) - tf.cast(v0, multiplier.dtype)
        relevance.append(tf.reshape(multiplier, tf.shape(way)) * way)
    beside = [
        multiplier * tf.cast(x, multiplier.dtype)
        for multiplier, x in zip(whole[len(run.entries) :], run.others, strict=True)
    ]
    return Compared(run, cut.classes(run, targets), value, start, tuple(relevance), tuple(beside))


def _run_on(baselines: list[Any], cut: Cut, run: Run, count: Any) -> tuple[Run, dict[Any, Any]]:
    """The pass on `count` rows of the baselines, None: on all; and what of it was repeated, as for `PairedRuns`."""
    tf = tensorflow()
    like = [wide(v) if count is None else wide(v)[:count] for v in run.vectors]
    starts = [tf.zeros_like(v) + tf.cast(b, v.dtype) for v, b in zip(like, baselines, strict=True)]
    if count is None:
        return cut.run(vectors=tuple(starts)), {}
    return repeated(cut.run(tf.range(count), tuple(starts)), sizes(run.scores)[0])


def _graph_of(run: Run, scopes: LayerScopes, loops: Mapping[str, Recurrence]) -> Graph:
    """What is known of the run on the text.

    Raises:
        DeepLIFTRuleError: where a recurrent layer is masked by what the vectors are, and so would read fewer steps of
            the baseline, or more.
    """
    ops = tensorflow().compat.v1.get_default_graph().get_operations()

    def graph_from(starts: Sequence[Any]) -> Graph:
        return Graph({tensor.ref(): 0 for tensor in starts}, scopes, loops, ops, "deeplift")

    graph = graph_from([*run.entries, *run.others])
    of_vectors = graph_from(run.entries) if run.others else graph
    for loop in loops.values():
        if loop.reading.mask is not None and of_vectors.influenced(loop.reading.mask):
            raise DeepLIFTRuleError(
                f"{loop.scope} is masked by what the vectors are, so that text and baseline differ in length, which "
                "DeepLIFT cannot compare: explain with another method, or mask by the ids"
            )
    return graph
