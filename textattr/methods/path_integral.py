"""The integral of the gradient along a straight path, as graph code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textattr.followed import followed_run, score_of
from textattr.graph.frontier import FrontierError
from textattr.methods.chunks import Chunk, Copies, Tensors
from textattr.methods.gradient import outcome, sum_per_row
from textattr.methods.path import Path, Place, paths
from textattr.proof.copies import numbers
from textattr.split.cut import Cut, Run, wide
from textattr.split.family import tensorflow
from textattr.targets.target import TargetTensors

SUMS = 2  # of the same gradients, as a refinement begins with two; always as many, for one graph in all cases


def path_integral(
    cut: Cut, targets: TargetTensors, given: dict[str, Any], is_followed: bool, narrows: bool
) -> dict[str, Any]:
    """Graph code: what the gradients from one baseline to the text sum to, by each of K = `SUMS` columns of weights.

    Args:
        cut: the model.
        targets: what is explained of each row.
        given: `baseline_0` and so on, float (1, P or 1, D or 1) for each site of text; `nodes`, float (S,): where on
            the path gradients are taken, of which the first is at the baseline and the last at the text, without
            weight; `weights`, float (S, K); `batch_size`, how many are taken at once.
        is_followed: whether the steps begin where the model bends the path, not at the vectors; not where a gradient at
            either end counts.
        narrows: as for `paths`; XLA must know beforehand how many lines there are.

    Returns:
        the fields of an `Attribution`, with an axis of K behind that of the rows where they are sums; and, of the text
        as it is shown and of the end of the path, what `proof.copies.require_untouched` compares.
    """
    tf = tensorflow()
    run, epsilon, frontier = followed_run(cut, is_followed)
    targets = cut.fixed(run, targets)
    value = score_of(cut, run, targets, frontier)
    shown = numbers(run, targets, value)
    baselines = tuple(given[f"baseline_{i}"] for i in range(len(run.vectors)))
    ways = [wide(v) - tf.cast(b, wide(v).dtype) for v, b in zip(run.vectors, baselines, strict=True)]
    shares = tf.ensure_shape(given["weights"], [None, SUMS])
    for path in paths(cut, run, baselines, frontier, narrows=narrows):
        copies = Copies(shares, path.at_once(given["batch_size"]))
        try:
            found = _stepped(path, run, targets, given["nodes"], copies, shown, value)
            break
        except FrontierError:
            continue  # past what was seen of it: the last path needs none
    # where the text is the baseline nothing counts, whatever the gradient there
    relevance = [
        tf.stack([tf.math.multiply_no_nan(sums, way) for sums in columns], 1)
        for columns, way in zip(found.at_vectors, ways, strict=True)
    ]
    summed = tf.add_n([tf.reduce_sum(each, [2, 3]) for each in relevance])
    error = summed - tf.cast(value - found.start, summed.dtype)[:, None]
    return {
        **outcome(cut, run, relevance, found.beside, cut.classes(run, targets), value),
        "diagnostics": {"completeness_error": error, "baseline_score": found.start},
        "shown": shown,
        "again": found.end,
        "epsilon": epsilon,
        "pieces": found.pieces,
    }


@dataclass(frozen=True, eq=False)
class _Stepped:
    """What a path gave.

    Args:
        end: float64 (R, N): `proof.copies.numbers` at its end.
        start: float (R,): the score at its start.
        at_vectors: K of float (R, P, D) for each site of text: the gradients, weighed and summed.
        beside: float (R, K) for each other site: likewise, times its numbers.
        pieces: at how many tensors behind the vectors the steps began; 0: at the vectors.
    """

    end: Any
    start: Any
    at_vectors: tuple[Tensors, ...]
    beside: Tensors
    pieces: int


def _stepped(
    path: Path, run: Run, targets: TargetTensors, nodes: Any, copies: Copies, shown: Any, value: Any
) -> _Stepped:
    tf = tensorflow()
    last = tf.size(nodes) - 1

    def contribution(chunk: Chunk) -> tuple[Tensors, Tensors]:
        here, step = targets.at(chunk.row), chunk.copy
        found = path.gradient(here, Place(chunk, tf.gather(nodes, chunk.copies), chunk.copies == last))
        reported = numbers(found.run, here, found.value)
        at_end = tf.where((step == last)[:, None], reported, tf.zeros_like(reported))
        at_start = tf.where(step == 0, found.value, tf.zeros_like(found.value))
        beside = (sum_per_row(wide(g) * wide(x)) for g, x in zip(found.others, found.run.others, strict=True))
        return (at_end, at_start), (*map(wide, found.vectors), *beside)

    per_row = [tf.zeros_like(sum_per_row(wide(x))) for x in run.others]
    weighed = (*(line.end for line in path.lines), *per_row)
    (end, start), sums = copies.sums(contribution, (shown, value), weighed)
    count = len(path.lines)
    columns = [
        path.back(column) for column in zip(*(tf.unstack(s, axis=1) for s in sums[:count]), strict=True)
    ]
    return _Stepped(end, start, tuple(zip(*columns, strict=True)), sums[count:], path.pieces)
