"""What is known of each type of op, whatever walks over it: the one table, to which a new type is added in one line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class OpTraits:
    """One type of op.

    Args:
        passes: its output has the numbers of its first input, or of each input, as they are; perhaps in another dtype.
        reshapes: likewise, in another shape and the same order.
        moves: it gives the numbers of its data another place, repeats or leaves out some, and changes none.
        joins: likewise, of several inputs or with numbers of its own between, as padding has.
        relocates: what stood at one place of an axis may stand at another after it, or nowhere.
        is_elementwise: each number of the output is a function of the numbers at its place, one of each input.
        is_function: it is such a function of one input, and no linear one.
        bends: it is no linear function of one input even where all others are constants.
        adds: it adds its inputs.
        subtracts: it subtracts the second input from the first.
        scales: it multiplies its inputs, or divides them.
        compares: its output tells which inputs are equal or larger, or whether they are true, no more.
        contracts: each number of its output is a sum of products of two inputs.
        reduces: it sums numbers up over axes, or takes the mean, the largest or the product.
        by_row: a row of its output, along the first of several axes, is made of that row of its input alone.
        by_line: of a matrix, each line of its output is made of that line of its first input alone.
        is_constant: it has the same numbers whenever it runs.
        sizes: its output depends on the size of its input alone.
        picks_rows: it reads rows of a table, or makes what picks them when the table is multiplied with it.
        turns_strings: it turns each string into a number, as a table of words or a hash does.
        reads_state: it reads a variable or a table, and changes neither.
        keeps_sign: where its data are not negative, its output is not.
        chooses: each number of its output is one of several numbers of its first input.
        clips: its output is its input where that is above 0, and 0 elsewhere.
        rises: it is a function of one input, which nowhere falls where that rises.
        range: between which numbers its output lies.
    """

    passes: bool = False
    reshapes: bool = False
    moves: bool = False
    joins: bool = False
    relocates: bool = False
    is_elementwise: bool = False
    is_function: bool = False
    bends: bool = False
    adds: bool = False
    subtracts: bool = False
    scales: bool = False
    compares: bool = False
    contracts: bool = False
    reduces: bool = False
    by_row: bool = False
    by_line: bool = False
    is_constant: bool = False
    sizes: bool = False
    picks_rows: bool = False
    turns_strings: bool = False
    reads_state: bool = False
    keeps_sign: bool = False
    chooses: bool = False
    clips: bool = False
    rises: bool = False
    range: tuple[float, float] = (-math.inf, math.inf)


_UNKNOWN = OpTraits()
_PASSES = OpTraits(passes=True, is_elementwise=True, keeps_sign=True)
_RESHAPES = OpTraits(reshapes=True, keeps_sign=True)
_MOVES = OpTraits(moves=True, relocates=True, keeps_sign=True)
_JOINS = OpTraits(joins=True, relocates=True)
_FUNCTION = OpTraits(is_elementwise=True, is_function=True)
_BENDS = OpTraits(is_elementwise=True, bends=True)
_ADDS = OpTraits(is_elementwise=True, adds=True)
_SCALES = OpTraits(is_elementwise=True, scales=True)
_COMPARES = OpTraits(is_elementwise=True, compares=True, range=(0.0, 1.0))
_REDUCES = OpTraits(reduces=True)
_SIZES = OpTraits(sizes=True)


def _function(low: float, high: float) -> OpTraits:
    return OpTraits(is_elementwise=True, is_function=True, range=(low, high))


OPS: Mapping[str, OpTraits] = {
    **dict.fromkeys("IdentityN StopGradient PreventGradient CheckNumerics EnsureShape Cast".split(), _PASSES),
    "Identity": replace(_PASSES, by_line=True),
    "Const": OpTraits(is_constant=True),
    **dict.fromkeys("Reshape Squeeze ExpandDims".split(), _RESHAPES),
    **dict.fromkeys("Transpose BroadcastTo".split(), OpTraits(moves=True, keeps_sign=True)),
    **dict.fromkeys(
        "StridedSlice Slice Split SplitV Unpack Tile ReverseV2 ReverseSequence Roll".split(), _MOVES
    ),
    **dict.fromkeys("Gather GatherV2 GatherNd".split(), replace(_MOVES, picks_rows=True)),
    "RaggedTensorToTensor": _JOINS,
    **dict.fromkeys("ConcatV2 Pack Pad PadV2 MirrorPad SpaceToBatchND BatchToSpaceND".split(), _JOINS),
    **dict.fromkeys("ResourceGather ResourceGatherNd".split(), OpTraits(picks_rows=True, reads_state=True)),
    "OneHot": OpTraits(picks_rows=True),
    "ReadVariableOp": OpTraits(reads_state=True),
    **dict.fromkeys(
        "LookupTableFind LookupTableFindV2".split(), OpTraits(turns_strings=True, reads_state=True)
    ),
    **dict.fromkeys(
        """StringToHashBucket StringToHashBucketFast StringToHashBucketStrong
        StringToNumber""".split(),
        OpTraits(turns_strings=True),
    ),
    **dict.fromkeys(
        "LeakyRelu Expm1 Log Log1p Sin Sinh Tan Atan Asinh Reciprocal Inv Round Floor Ceil Rsqrt Cosh Cos".split(),
        _FUNCTION,
    ),
    **dict.fromkeys("Elu Selu".split(), replace(_FUNCTION, rises=True)),
    **dict.fromkeys("Square Abs Sqrt".split(), _function(0.0, math.inf)),
    **dict.fromkeys("Exp Softplus".split(), replace(_function(0.0, math.inf), rises=True)),
    "Relu": replace(_function(0.0, math.inf), clips=True, rises=True),
    **dict.fromkeys("Erf Sign".split(), _function(-1.0, 1.0)),
    **dict.fromkeys("Tanh Softsign".split(), replace(_function(-1.0, 1.0), rises=True)),
    "Relu6": replace(_function(0.0, 6.0), rises=True),
    "Sigmoid": replace(_function(0.0, 1.0), rises=True),
    "Erfc": _function(0.0, 2.0),
    "Softmax": OpTraits(by_row=True, range=(0.0, 1.0)),
    "LogSoftmax": OpTraits(by_row=True, range=(-math.inf, 0.0)),
    "Neg": OpTraits(is_elementwise=True, by_line=True),
    **dict.fromkeys("Maximum Minimum ClipByValue Pow".split(), _BENDS),
    "SquaredDifference": replace(_BENDS, range=(0.0, math.inf)),
    **dict.fromkeys("AddV2 Add AddN".split(), _ADDS),
    "BiasAdd": replace(_ADDS, by_line=True),
    "Sub": OpTraits(is_elementwise=True, subtracts=True),
    **dict.fromkeys("Mul RealDiv DivNoNan Div".split(), _SCALES),
    **dict.fromkeys("Select SelectV2".split(), OpTraits(is_elementwise=True)),
    **dict.fromkeys(
        "Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot".split(),
        _COMPARES,
    ),
    **dict.fromkeys(
        "BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum Conv2D Conv3D DepthwiseConv2dNative".split(),
        OpTraits(contracts=True),
    ),
    "MatMul": OpTraits(contracts=True, by_line=True),
    "Mean": OpTraits(reduces=True, keeps_sign=True),
    "Max": OpTraits(reduces=True, keeps_sign=True, chooses=True),
    "Min": OpTraits(reduces=True, chooses=True),
    **dict.fromkeys("Sum Prod".split(), _REDUCES),
    **dict.fromkeys("Any All".split(), replace(_REDUCES, range=(0.0, 1.0))),
    "MaxPool": OpTraits(keeps_sign=True, chooses=True, by_row=True),
    "AvgPool": OpTraits(keeps_sign=True),
    **dict.fromkeys("Shape Size Rank".split(), _SIZES),
    "ZerosLike": OpTraits(sizes=True, range=(0.0, 0.0)),
    "OnesLike": OpTraits(sizes=True, range=(1.0, 1.0)),
}


def traits(op: Any) -> OpTraits:
    """What is known of an op; nothing where its type is not in the table."""
    return traits_of(op.type)


def traits_of(kind: str) -> OpTraits:
    """As `traits`, of a type of op."""
    return OPS.get(kind, _UNKNOWN)


def is_moved(tensor: Any) -> bool:
    """Whether the tensor has the numbers of one other and no others, changed in nothing but place and dtype."""
    found = traits(tensor.op)
    return found.passes or found.reshapes or found.moves


def moved_from(tensor: Any) -> Any:
    """Of a tensor that is moved, the other one."""
    op = tensor.op
    if op.type == "Split":
        return op.inputs[1]
    return op.inputs[tensor.value_index if op.type == "IdentityN" else 0]


def is_same(tensor: Any) -> bool:
    """Whether the tensor has the numbers of another in the same order; perhaps in another shape or dtype."""
    found = traits(tensor.op)
    return found.passes or found.reshapes
