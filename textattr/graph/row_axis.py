"""Where the rows of a batch are in a tensor that is made of them: what is certain of it, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from textattr.graph.affine import is_affine, keeps_rows, spares_the_first
from textattr.graph.traits import traits
from textattr.split.family import tensorflow


class RowAxis(Enum):
    """FIRST: row r is at r of the first axis. OUTER: the numbers of a row stand together, those of row 0 in front."""

    FIRST = "first"
    OUTER = "outer"
    UNKNOWN = "unknown"


Axes = Mapping[Any, RowAxis]  # by the reference of a tensor


def row_axis_after(op: Any, moving: Sequence[int], axes: Axes) -> RowAxis:
    """Of the outputs of an op, which is affine in its inputs `moving`."""
    before = {axes[op.inputs[at].ref()] for at in moving}
    if before == {RowAxis.FIRST} and keeps_rows(op, moving):
        return RowAxis.FIRST
    if RowAxis.UNKNOWN in before:
        return RowAxis.UNKNOWN
    if op.type == "Reshape":  # keeps the order of the numbers
        return RowAxis.FIRST if _begins_with_rows(op.inputs[1], axes) else RowAxis.OUTER
    goes_on = before == {RowAxis.OUTER} and traits(op).by_line and keeps_rows(op, moving)
    return RowAxis.OUTER if goes_on else RowAxis.UNKNOWN


def row_axis_of(op: Any, moving: Sequence[int], axes: Axes) -> RowAxis:
    """As `row_axis_after`, of any op: one that is not affine must find the rows on the first axis, and leave them."""
    if is_affine(op.type, list(op.inputs), moving):
        return row_axis_after(op, moving, axes)
    are_first = all(axes[op.inputs[at].ref()] is RowAxis.FIRST for at in moving)
    return RowAxis.FIRST if are_first and _leaves_rows(op, moving) else RowAxis.UNKNOWN


def _leaves_rows(op: Any, moving: Sequence[int]) -> bool:
    """Whether row r of what an op makes is made of the rows r of the inputs `moving`, each on its first axis."""
    ranks = {op.inputs[at].shape.rank for at in moving}
    if None in ranks or 0 in ranks:
        return False
    if traits(op).is_elementwise:
        return all(output.shape.rank in ranks and len(ranks) == 1 for output in op.outputs)
    if traits(op).reduces:
        return list(moving) == [0] and spares_the_first(
            tensorflow().get_static_value(op.inputs[1]), op.inputs[0].shape.rank
        )
    if traits(op).by_row:
        return 1 not in ranks
    return traits(op).contracts and keeps_rows(op, moving)


def _begins_with_rows(shape: Any, axes: Axes) -> bool:
    """Whether the first number of a shape is the number of rows: that of a tensor whose first axis has them."""
    op = shape.op
    if op.type in ("Shape", "ShapeN"):
        return axes.get(op.inputs[shape.value_index].ref()) is RowAxis.FIRST
    if op.type in ("ConcatV2", "Pack", "Identity", "Cast"):
        return _begins_with_rows(op.inputs[0], axes)
    if op.type == "GatherV2":
        places = tensorflow().get_static_value(op.inputs[1])
        return (
            places is not None
            and places.reshape(-1)[:1].tolist() == [0]
            and _begins_with_rows(op.inputs[0], axes)
        )
    if op.type == "StridedSlice":
        start = tensorflow().get_static_value(op.inputs[1])
        return start is not None and start.tolist() == [0] and _begins_with_rows(op.inputs[0], axes)
    if op.type == "Unpack":
        return shape.value_index == 0 and _begins_with_rows(op.inputs[0], axes)
    return False
