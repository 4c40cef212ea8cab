"""Which ops are affine, and in which of their inputs: what goes in as a straight line comes out as one.

One joins with an entry in `AFFINE`. What is not there, or not certain, counts as bent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.split.family import tensorflow


@dataclass(frozen=True)
class Affine:
    """One type of op.

    Args:
        data: by the number of its inputs, which of them it is affine in, the others being constant.
        together: whether it is so in all of these at once, as a sum is; else in one alone, as a product is.
        keeps_rows: (op, at) -> whether row r of the first axis of each output is made of row r of the input `at`,
            whatever the number of rows.
    """

    data: Callable[[int], Collection[int]]
    together: bool
    keeps_rows: Callable[[Any, int], bool]


def is_affine(kind: str, inputs: Sequence[Any], moving: Sequence[int]) -> bool:
    """Whether an op of a type is affine in the inputs `moving`, given by their positions."""
    known = AFFINE.get(kind)
    if known is None or not set(moving) <= set(known.data(len(inputs))):
        return False
    return known.together or len(moving) == 1


def keeps_rows(op: Any, moving: Sequence[int]) -> bool:
    """Whether row r of its outputs is made of row r of the inputs `moving`, in which it is affine."""
    return all(AFFINE[op.type].keeps_rows(op, at) for at in moving)


def _first(_: int) -> Collection[int]:
    return (0,)


def _second(_: int) -> Collection[int]:
    return (1,)


def _each(count: int) -> Collection[int]:
    return range(count)


def _all_but_the_first(count: int) -> Collection[int]:
    return range(1, count)


def _all_but_the_last(count: int) -> Collection[int]:
    return range(count - 1)


def _always(*_: Any) -> bool:
    return True


def _never(*_: Any) -> bool:
    return False


def _of_its_rank(op: Any, at: int) -> bool:
    """Number by number, where nothing else has more axes, so that the first stays the first."""
    return op.inputs[at].shape.rank is not None and op.inputs[at].shape.rank == op.outputs[0].shape.rank


def _along_other_axes(position: int) -> Callable[[Any, int], bool]:
    """The input at `position` names the axes along which it works."""

    def keeps(op: Any, at: int) -> bool:
        return spares_the_first(tensorflow().get_static_value(op.inputs[position]), op.inputs[at].shape.rank)

    return keeps


def spares_the_first(axes: Any, rank: int | None) -> bool:
    """Whether axes, one or several, are known and the first is none of them."""
    if axes is None or rank is None:
        return False
    return all(axis % rank != 0 for axis in np.ravel(axes).tolist())


def _matmul(op: Any, at: int) -> bool:
    return at == 0 and not op.get_attr("transpose_a")


def _batch_matmul(op: Any, at: int) -> bool:
    rank = op.inputs[at].shape.rank
    return rank is not None and rank > 2 and rank == op.outputs[0].shape.rank


def _einsum(op: Any, at: int) -> bool:
    """Where the letter of its first axis is that of the result."""
    inputs, out = op.get_attr("equation").decode().replace(" ", "").split("->")
    mine = inputs.split(",")[at]
    return bool(mine[:1].isalpha() and mine[0] == out[:1] and mine.count(mine[0]) == 1)


def _reshape(op: Any, _: int) -> bool:
    before, after = (_numbers_per_row(tensor) for tensor in (op.inputs[0], op.outputs[0]))
    return before is not None and before == after


def _numbers_per_row(tensor: Any) -> int | None:
    if not tensor.shape.rank:
        return None
    found: int | None = tensor.shape[1:].num_elements()
    return found


def _squeeze(op: Any, _: int) -> bool:
    axes = op.get_attr("squeeze_dims")
    return bool(axes) and spares_the_first(axes, op.inputs[0].shape.rank)


def _expand_dims(op: Any, _: int) -> bool:
    return spares_the_first(tensorflow().get_static_value(op.inputs[1]), op.outputs[0].shape.rank)


def _transpose(op: Any, _: int) -> bool:
    order = tensorflow().get_static_value(op.inputs[1])
    return order is not None and int(order[0]) == 0


def _pad(op: Any, _: int) -> bool:
    amounts = tensorflow().get_static_value(op.inputs[1])
    return amounts is not None and not amounts[0].any()


def _concat(op: Any, at: int) -> bool:
    return spares_the_first(tensorflow().get_static_value(op.inputs[-1]), op.inputs[at].shape.rank)


def _pack(op: Any, _: int) -> bool:
    return spares_the_first(op.get_attr("axis"), op.outputs[0].shape.rank)


def _unpack(op: Any, _: int) -> bool:
    return spares_the_first(op.get_attr("axis"), op.inputs[0].shape.rank)


def _strided_slice(op: Any, _: int) -> bool:
    """Where it begins with a plain colon."""
    strides = tensorflow().get_static_value(op.inputs[3])
    whole = all(op.get_attr(name) & 1 for name in ("begin_mask", "end_mask"))
    other = any(op.get_attr(f"{name}_mask") & 1 for name in ("ellipsis", "new_axis", "shrink_axis"))
    return strides is not None and int(strides[0]) == 1 and whole and not other


def _slice(op: Any, _: int) -> bool:
    begin, size = (tensorflow().get_static_value(each) for each in op.inputs[1:])
    return begin is not None and size is not None and int(begin[0]) == 0 and int(size[0]) == -1


def _tile(op: Any, _: int) -> bool:
    times = tensorflow().get_static_value(op.inputs[1])
    return times is not None and int(times[0]) == 1


_PASSES = Affine(_first, True, _of_its_rank)
_SUMS = Affine(_each, True, _of_its_rank)
_QUOTIENT = Affine(_first, False, _of_its_rank)
_BATCHES = Affine(_each, False, _batch_matmul)
_WINDOWS = Affine(_first, False, _always)
_PADS = Affine(_first, True, _pad)
_REDUCES = Affine(_first, True, _along_other_axes(1))

AFFINE: Mapping[str, Affine] = {
    # a custom gradient makes IdentityN, and a cast may round: neither is here
    **dict.fromkeys(("Identity", "StopGradient", "CheckNumerics", "EnsureShape", "Neg"), _PASSES),
    **dict.fromkeys(("AddV2", "Add", "AddN", "Sub"), _SUMS),
    "BiasAdd": _PASSES,
    "Mul": Affine(_each, False, _of_its_rank),
    **dict.fromkeys(("RealDiv", "Div", "DivNoNan"), _QUOTIENT),
    **dict.fromkeys(("Select", "SelectV2"), Affine(_all_but_the_first, True, _of_its_rank)),
    "MatMul": Affine(_each, False, _matmul),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _BATCHES),
    "Einsum": Affine(_each, False, _einsum),
    **dict.fromkeys(("Conv2D", "Conv3D", "DepthwiseConv2dNative", "AvgPool"), _WINDOWS),
    **dict.fromkeys(("SpaceToBatchND", "BatchToSpaceND"), Affine(_first, True, _never)),
    **dict.fromkeys(("Mean", "Sum", "ReverseV2", "Cumsum"), _REDUCES),
    "Reshape": Affine(_first, True, _reshape),
    "Squeeze": Affine(_first, True, _squeeze),
    "ExpandDims": Affine(_first, True, _expand_dims),
    "Transpose": Affine(_first, True, _transpose),
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _PADS),
    "ConcatV2": Affine(_all_but_the_last, True, _concat),
    "Pack": Affine(_each, True, _pack),
    "Unpack": Affine(_first, True, _unpack),
    "Split": Affine(_second, True, _along_other_axes(0)),
    "SplitV": Affine(_first, True, _along_other_axes(2)),
    "StridedSlice": Affine(_first, True, _strided_slice),
    "Slice": Affine(_first, True, _slice),
    "Tile": Affine(_first, True, _tile),
    "GatherV2": Affine(_first, True, _along_other_axes(2)),
}
