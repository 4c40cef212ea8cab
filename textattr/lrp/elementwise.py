"""Functions of one number at a time: activations, however they are put together, and between which numbers they lie."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textattr.lrp.softmax import find_softmax
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.lrp.graph import Graph

# Functions of one number: relevance passes through them.
UNARY = frozenset(
    """Relu Relu6 Elu Selu LeakyRelu Tanh Sigmoid Softplus Softsign Erf Erfc Exp Expm1 Log Log1p Sqrt Rsqrt Square
    Abs Sin Cos Sinh Cosh Tan Atan Asinh Reciprocal Inv Softmax LogSoftmax Neg Round Sign Floor Ceil""".split()
)
# Of these, what gives one number for several is no function of one number at a time.
_NOT_ONE_AT_A_TIME = frozenset(("Softmax", "LogSoftmax"))
_BINARY = frozenset(
    """Mul AddV2 Add Sub RealDiv DivNoNan Maximum Minimum Pow SquaredDifference SelectV2 ClipByValue IdentityN
    Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr LogicalNot""".split()
)
_SAME = frozenset(("Identity", "StopGradient", "Cast", "CheckNumerics", "EnsureShape"))
_LINEAR = frozenset("Identity StopGradient Cast CheckNumerics EnsureShape Neg IdentityN".split())
_SUMS = frozenset(("AddV2", "Add", "Sub"))
MOVED = frozenset(
    """Identity StopGradient Cast Reshape Squeeze ExpandDims Transpose StridedSlice Slice Split SplitV Unpack Tile
    BroadcastTo GatherV2 IdentityN EnsureShape CheckNumerics ReverseV2""".split()
)


def activation_source(op: Any, graph: Graph) -> Any:
    """The one tensor of which the op's output is a function, number by number; None where it is more than that.

    A function is what one layer puts together from element-wise ops of which one at least is not linear: GELU, SiLU,
    PReLU and what users write. An added vector is a bias, and ends it; an added number is part of the function.
    """
    if op.type not in UNARY | _BINARY | _SAME or op.type in _NOT_ONE_AT_A_TIME:
        return None
    if not _adds_numbers_only(op, graph):
        return None
    place = graph.place(op)
    leaves: dict[Any, Any] = {}
    seen: set[str] = set()
    curved = False
    todo = [op]
    while todo:
        here = todo.pop()
        if here.name in seen:
            continue
        seen.add(here.name)
        dependent = [t for t in here.inputs if graph.influenced(t)]
        curved = (
            curved or here.type not in _LINEAR and (len(dependent) > 1 or here.type in UNARY or _bends(here))
        )
        for tensor in dependent:
            if _goes_on(tensor, graph, place):
                todo.append(tensor.op)
            else:
                leaves[tensor.ref()] = tensor
        if len(leaves) > 1:
            return None
    (source,) = leaves.values()
    return source if curved and source.dtype.is_floating and _is_as_large(source, op.outputs[0]) else None


def _bends(op: Any) -> bool:
    return op.type in ("Maximum", "Minimum", "ClipByValue", "Pow", "SquaredDifference")


def _goes_on(tensor: Any, graph: Graph, place: Any) -> bool:
    op = tensor.op
    if graph.is_start(tensor) or op.type in _NOT_ONE_AT_A_TIME or graph.place(op) is not place:
        return False
    return op.type in UNARY | _BINARY | _SAME and _adds_numbers_only(op, graph)


def _adds_numbers_only(op: Any, graph: Graph) -> bool:
    """Whether what a sum adds beside the text is one number: a vector would be a bias."""
    return op.type not in _SUMS or all(t.shape.rank == 0 for t in op.inputs if not graph.influenced(t))


def _is_as_large(a: Any, b: Any) -> bool:
    """Whether nothing was repeated on the way, as far as can be told."""
    return a.shape.rank == b.shape.rank and all(
        x == y for x, y in zip(a.shape.as_list()[1:], b.shape.as_list()[1:], strict=True)
    )


_RANGES = {
    "Sigmoid": (0.0, 1.0),
    "Softmax": (0.0, 1.0),
    "Tanh": (-1.0, 1.0),
    "Softsign": (-1.0, 1.0),
    "Erf": (-1.0, 1.0),
    "Erfc": (0.0, 2.0),
    "Relu6": (0.0, 6.0),
    "Relu": (0.0, math.inf),
    "Exp": (0.0, math.inf),
    "Softplus": (0.0, math.inf),
    "Square": (0.0, math.inf),
    "Abs": (0.0, math.inf),
    "ZerosLike": (0.0, 0.0),
    "OnesLike": (1.0, 1.0),
}
Range = tuple[float, float]
ANYTHING: Range = (-math.inf, math.inf)


def bounds(tensor: Any) -> Range:
    """Between which numbers a tensor lies, whatever the text, as far as its ops tell."""
    op = tensor.op
    if find_softmax(op) is not None:
        return 0.0, 1.0
    if op.type in _RANGES:
        return _RANGES[op.type]
    if op.type == "Cast" and op.inputs[0].dtype == tensorflow().bool:
        return 0.0, 1.0
    if op.type in MOVED and len(op.inputs):
        return bounds(moved_from(tensor))
    if op.type == "Neg":
        low, high = bounds(op.inputs[0])
        return -high, -low
    if op.type == "Const":
        value = tensorflow().get_static_value(tensor)
        return (
            (float(value.min()), float(value.max())) if value.size and value.dtype.kind == "f" else ANYTHING
        )
    if op.type == "ClipByValue":
        return _clipped(op)
    if op.type == "SelectV2":
        (low, high), (other_low, other_high) = map(bounds, op.inputs[1:])
        return min(low, other_low), max(high, other_high)
    if op.type in _COMBINED:
        return _COMBINED[op.type](bounds(op.inputs[0]), bounds(op.inputs[1]))
    return ANYTHING


def moved_from(tensor: Any) -> Any:
    """What a move took to give the tensor."""
    op = tensor.op
    if op.type == "Split":
        return op.inputs[1]
    return op.inputs[tensor.value_index if op.type == "IdentityN" else 0]


def _clipped(op: Any) -> Range:
    (low, high), (floor, _), (_, ceiling) = map(bounds, op.inputs)
    return max(low, floor), min(high, ceiling)


def _times(a: Range, b: Range) -> Range:
    found = [0.0 if 0 in (x, y) else x * y for x in a for y in b]
    return min(found), max(found)


def _over(a: Range, b: Range) -> Range:
    return _times(a, (1 / b[1], 1 / b[0])) if b[0] > 0 and b[1] < math.inf else ANYTHING


_COMBINED: dict[str, Callable[[Range, Range], Range]] = {
    "AddV2": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "Sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "Mul": _times,
    "RealDiv": _over,
    "Maximum": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "Minimum": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
}
