"""Functions of one number at a time: activations, however they are put together, and between which numbers they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textattr.graph.dependence import Graph

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
