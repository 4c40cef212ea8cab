"""How far the tokens are that a position behind convolutions reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textattr.graph.traits import traits
from textattr.split.family import tensorflow


@dataclass(frozen=True)
class Reach:
    """Position p reads the tokens from p + `first` to p + `last`, of those that there are."""

    first: int = 0
    last: int = 0

    @property
    def width(self) -> int:
        """How many tokens that is."""
        return self.last - self.first + 1


def reach_of(piece: Any, moves: Callable[[Any], bool]) -> tuple[Any, Reach] | None:
    """The vectors (R, P, D) that a tensor (R, T, F) is made of by convolutions over their positions, and its reach.

    Args:
        piece: an affine function of some vectors.
        moves: whether a tensor depends on these.

    Returns:
        None where something else was done to them, or where that is not seen: what is added or multiplied must be the
        same for all rows and positions.
    """
    tensor, axis, reach = piece, 1, Reach()
    if tensor.shape.rank != 3:
        return None
    while True:
        moving = [at for at, each in enumerate(tensor.op.inputs) if moves(each)]
        if not moving:
            return (tensor, reach) if tensor.shape.rank == 3 and axis == 1 else None
        step = (
            _step(tensor.op, axis) if moving == [0] or len(moving) == 1 and traits(tensor.op).adds else None
        )
        if step is None:
            return None
        axis, own = step
        reach = Reach(reach.first + own.first, reach.last + own.last)
        tensor = tensor.op.inputs[moving[0]]


def _step(op: Any, axis: int) -> tuple[int, Reach] | None:
    """Where the axis of positions was before an op, and how far it reaches along it."""
    known = traits(op)
    if op.type == "Conv2D":
        return _window(op, axis)
    if op.type == "ExpandDims":
        added = tensorflow().get_static_value(op.inputs[1])
        return None if added is None else _without(axis, int(added) % op.outputs[0].shape.rank)
    if op.type == "Squeeze":
        gone = [int(each) % op.inputs[0].shape.rank for each in op.get_attr("squeeze_dims")]
        return (axis + (gone[0] <= axis), Reach()) if len(gone) == 1 else None
    keeps_places = op.type == "BiasAdd" or known.passes and known.is_elementwise
    if keeps_places or known.adds and _is_the_same_everywhere(op):
        return axis, Reach()
    return None


def _without(axis: int, added: int) -> tuple[int, Reach] | None:
    return None if added == axis else (axis - (added < axis), Reach())


def _is_the_same_everywhere(op: Any) -> bool:
    """Whether all inputs but one of a sum have at most a number for each channel."""
    rank = op.outputs[0].shape.rank
    sums = [
        each.shape for each in op.inputs if each.shape.rank is None or each.shape[:-1].num_elements() != 1
    ]
    return len(sums) == 1 and sums[0].rank == rank


def _window(op: Any, axis: int) -> tuple[int, Reach] | None:
    """Of a convolution that goes on by one position at a time, over the positions alone or beside an axis of 1."""
    is_plain = op.get_attr("data_format") == b"NHWC" and set(op.get_attr("strides")) == {1}
    size = op.inputs[1].shape[axis - 1] if axis in (1, 2) else None
    if not is_plain or size is None or op.inputs[0].shape[3 - axis] != 1:
        return None
    span = (size - 1) * op.get_attr("dilations")[axis]
    before = {b"VALID": 0, b"SAME": span // 2}.get(op.get_attr("padding"))
    return None if before is None else (axis, Reach(-before, span - before))
