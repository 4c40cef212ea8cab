"""Where the rows of a batch are in a tensor that is affine in them: what is certain of it, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from textattr.graph.affine import keeps_rows
from textattr.split.family import tensorflow

_BY_LINE = frozenset({"MatMul", "BiasAdd", "Identity", "Neg"})  # each line of a matrix by itself


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
    goes_on = before == {RowAxis.OUTER} and op.type in _BY_LINE and keeps_rows(op, moving)
    return RowAxis.OUTER if goes_on else RowAxis.UNKNOWN


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
    return False
