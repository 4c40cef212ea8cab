"""One baseline for all rows: where only the vectors tell them apart, one row of it is run, and stands for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from textattr.graph.dependence import Graph
from textattr.graph.recurrent import Recurrence
from textattr.graph.row_axis import RowAxis, row_axis_of
from textattr.graph.traits import traits
from textattr.split.cut import Cut, Run
from textattr.split.family import tensorflow
from textattr.split.sites import LOOKUP
from textattr.split.sizes import sizes
from textattr.split.states import is_stateful
from textattr.targets.target import TargetTensors


def rows_of_baseline(
    cut: Cut, run: Run, targets: TargetTensors, graph: Graph, loops: Mapping[str, Recurrence]
) -> Any:
    """How many rows of the baseline are to be run, an int tensor: one, where they are all the same, else all.

    That is known when the masks and the other inputs are. What the model reads beside the vectors is compared row by
    row. In the walk back one row then stands beside all of them, by broadcasting: every op has to keep the rows on the
    first axis, wherever a rule asks for the numbers of both runs.

    Args:
        cut: the model.
        run: the pass on the text.
        targets: what is explained of each row.
        graph: what is known of this run.
        loops: its recurrent layers.

    Returns:
        None where the graph does not show all that: then as many rows as there are of the text.
    """
    tf = tensorflow()
    leaves = tf.nest.flatten(cut.inputs)
    if targets.selector.reads_every_output or not _is_plain(cut, leaves):
        return None
    lasts = {t.ref(): t for t in (run.scores, run.logits, run.probabilities)}
    ops = _reached(list(lasts.values()), graph, loops)
    axes = {tensor.ref(): RowAxis.FIRST for tensor in (*run.entries, *run.others)}
    for site, entry in zip(cut.sites.texts, run.entries, strict=True):
        if cut.is_folded(site, entry):
            axes[entry.ref()] = RowAxis.OUTER
    for op in ops:
        axis = _axis(op, graph, loops, axes)
        if axis is RowAxis.UNKNOWN:
            return None
        axes.update((output.ref(), axis) for output in op.outputs)
    if any(axes.get(key) is not RowAxis.FIRST for key in lasts):
        return None
    beside = {tensor.ref(): tensor for tensor in run.others}
    seen: set[Any] = set()
    for op in ops:
        for tensor in _read(op, loops):
            if not graph.influenced(tensor):
                beside.update((t.ref(), t) for t in _by_row(tensor, {leaf.ref() for leaf in leaves}, seen))
    alike = [tf.reduce_all(tf.equal(tensor, tensor[:1])) for tensor in beside.values()]
    return tf.where(tf.reduce_all(alike) if alike else True, 1, sizes(leaves[0])[0])


def repeated(run: Run, rows: Any) -> tuple[Run, dict[Any, Any]]:
    """The run with its scores repeated for each of the rows, and by their references the scores as they were."""
    tf = tensorflow()
    found: dict[Any, Any] = {}
    before: dict[Any, Any] = {}
    for tensor in (run.scores, run.logits, run.probabilities):
        if tensor.ref() not in found:
            found[tensor.ref()] = tf.broadcast_to(tensor, tf.stack([rows, *sizes(tensor)[1:]]))
            before[found[tensor.ref()].ref()] = tensor
    scores, logits, probabilities = (found[t.ref()] for t in (run.scores, run.logits, run.probabilities))
    return replace(run, scores=scores, logits=logits, probabilities=probabilities), before


def _is_plain(cut: Cut, leaves: list[Any]) -> bool:
    """Whether the inputs are tensors of any number of rows, which no layer remembers, and each id gets its vector."""
    tf = tensorflow()
    if not all(isinstance(leaf, tf.Tensor) and leaf.shape.rank and leaf.shape[0] is None for leaf in leaves):
        return False
    is_folded = any(site.kind == LOOKUP and leaves[site.source].shape.rank > 2 for site in cut.sites.texts)
    has_masks = any(site.masking is not None for site in cut.sites.texts)
    return not (is_folded or has_masks or any(map(is_stateful, cut.layers)))


def _read(op: Any, loops: Mapping[str, Recurrence]) -> list[Any]:
    """What an op reads; the last one of a recurrent layer stands for all of it."""
    if op.name not in loops:
        return list(op.inputs)
    loop = loops[op.name]
    return [*loop.inputs, *([] if loop.reading.mask is None else [loop.reading.mask])]


def _reached(lasts: list[Any], graph: Graph, loops: Mapping[str, Recurrence]) -> list[Any]:
    """The ops that lead from the vectors to the last tensors, in order."""
    found: set[str] = set()
    todo = list(lasts)
    while todo:
        tensor = todo.pop()
        if graph.is_start(tensor) or not graph.influenced(tensor) or tensor.op.name in found:
            continue
        found.add(tensor.op.name)
        todo += _read(tensor.op, loops)
    return [op for op in graph.dependent if op.name in found]


def _axis(op: Any, graph: Graph, loops: Mapping[str, Recurrence], axes: Mapping[Any, RowAxis]) -> RowAxis:
    """Where the rows are in what an op makes."""
    if graph.has_own_rule(op):
        return RowAxis.UNKNOWN
    moving = [at for at, tensor in enumerate(_read(op, loops)) if graph.influenced(tensor)]
    if op.name not in loops:
        return row_axis_of(op, moving, axes)
    loop = loops[op.name]
    is_first = all(axes[loop.inputs[at].ref()] is RowAxis.FIRST for at in moving)
    return RowAxis.FIRST if is_first and _is_of_keras(loop.scope.layer) else RowAxis.UNKNOWN


def _is_of_keras(layer: Any) -> bool:
    """Whether the cell and its functions are those of Keras, which compute each row by itself."""
    cell = layer.cell
    functions = (getattr(cell, name, None) for name in ("activation", "recurrent_activation"))
    parts = (type(cell), *(each for each in functions if each is not None))
    is_known = all(getattr(p, "__module__", "").split(".")[0] in ("keras", "tf_keras") for p in parts)
    return is_known and not hasattr(cell, "cells") and not getattr(layer, "time_major", False)


def _by_row(tensor: Any, leaves: set[Any], seen: set[Any]) -> Iterator[Any]:
    """What a tensor is made of that may differ from row to row, the rows on the first axis: an input, or its mask."""
    if tensor.ref() in leaves:
        yield tensor
        return
    op = tensor.op
    if op.name in seen or traits(op).sizes:
        return
    seen.add(op.name)
    if traits(op).compares and _compares_with_numbers(op, leaves):
        yield tensor
        return
    for each in op.inputs:
        yield from _by_row(each, leaves, seen)


def _compares_with_numbers(op: Any, leaves: set[Any]) -> bool:
    """Whether an input is compared with single numbers, as where a mask is made of ids."""
    return all(t.ref() in leaves or traits(t.op).is_constant and t.shape.rank == 0 for t in op.inputs)
