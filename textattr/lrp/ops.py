"""The table of ops: how relevance goes back through each type, and `rule`, which adds to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from textattr.graph.complex_numbers import COMPLEX, TRANSFORMS
from textattr.graph.registry import Back, add, added
from textattr.graph.registry import Rule as Added
from textattr.graph.routing import ROUTING
from textattr.graph.traits import traits
from textattr.lrp import arithmetic, fourier, pooling, products

if TYPE_CHECKING:
    from textattr.graph.dependence import Graph
    from textattr.graph.layer_scopes import LayerScope
    from textattr.lrp.rule import Rule
    from textattr.lrp.unattributed import Unattributed


@dataclass(frozen=True, eq=False)
class Step:
    """One op on the way back.

    Args:
        op: the TensorFlow op: `op.type`, `op.get_attr(...)`.
        inputs: the tensors that go in.
        outputs: the tensors that come out.
        carries: for each input whether it depends on the text: only these can take relevance.
        scope: the call of a layer that the op belongs to.
        rule: the rule for that layer.
        unattributed: where is noted what constants take: `step.unattributed.bias(tensor)`, shaped as the output
        graph: what is known of all ops: `step.graph.carries(tensor)`
    """

    op: Any
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    carries: tuple[bool, ...]
    scope: LayerScope
    rule: Rule
    unattributed: Unattributed
    graph: Graph


AnyBack = TypeVar("AnyBack", bound=Back)


def _routed(function: Callable[..., list[Any]]) -> Back:
    """Of routing and pooling, the op is all that counts."""
    return lambda step, *relevance: function(step.op, *relevance)


def _activation(step: Step, relevance: Any) -> list[Any]:
    return [step.rule.activation(step.inputs[0], step.outputs[0], relevance)]


OPS: dict[str, Back] = {
    **dict.fromkeys(("Neg", "Softmax", "LogSoftmax"), _activation),
    **{name: _routed(function) for name, function in ROUTING.items()},
    "Max": _routed(pooling.to_the_winners),
    "Min": _routed(pooling.to_the_winners),
    "Mean": _routed(pooling.to_the_parts),
    "Sum": _routed(pooling.to_the_parts),
    "UnsortedSegmentSum": _routed(pooling.to_the_parts_of_segments),
    "UnsortedSegmentMax": _routed(pooling.to_the_winners_of_segments),
    "UnsortedSegmentMin": _routed(pooling.to_the_winners_of_segments),
    "Cumsum": _routed(pooling.running_total),
    "MaxPool": _routed(pooling.largest_in_windows),
    "AvgPool": _routed(pooling.average_windows),
    "Add": arithmetic.add,
    "AddV2": arithmetic.add,
    "AddN": arithmetic.add,
    "BiasAdd": arithmetic.add,
    "Sub": arithmetic.subtract,
    "Maximum": arithmetic.choose,
    "Minimum": arithmetic.choose,
    "ClipByValue": arithmetic.first_of,
    "Pow": arithmetic.first_of,
    "SelectV2": arithmetic.select,
    "SquaredDifference": arithmetic.subtract,
    "FusedBatchNormV3": arithmetic.normalise,
    "Mul": products.multiply,
    "RealDiv": products.quotient,
    "DivNoNan": products.quotient,
    "MatMul": products.matrix_product,
    "BatchMatMul": products.matrix_product,
    "BatchMatMulV2": products.matrix_product,
    "BatchMatMulV3": products.matrix_product,
    "Einsum": products.matrix_product,
    **dict.fromkeys(TRANSFORMS, fourier.transform),
    "Complex": fourier.joined,
    "Real": fourier.real_part,
    "Imag": fourier.imaginary_part,
    "Cast": fourier.cast,
}


def back_through(op: Any) -> Back | None:
    """The rule for an op; None where there is none, as for most ops on complex numbers."""
    own = added(op.type, "lrp")
    if own is not None:
        return own
    is_complex = any(tensor.dtype.is_complex for tensor in (*op.inputs, *op.outputs))
    if is_complex and op.type not in COMPLEX:
        return None
    return OPS.get(op.type, _activation if traits(op).is_function else None)


def rule(op_type: str, *, method: str | Sequence[str] = "lrp") -> Callable[[AnyBack], AnyBack]:
    """Register how relevance goes back through ops of one type: a decorator for the function that says it.

    The function is called while TensorFlow traces, as `function(step, relevance)`: `step` is a [Step][] and
    `relevance` a float tensor shaped as the op's output (one argument more for each further output). It returns a
    sequence with the relevance of each of `step.inputs`, shaped as that input, or None for what gets nothing. What
    was registered last counts, for every op: also for those that textattr has rules for, or takes together with others.

    A function that sends back what it is given without asking what it is, as for an op that moves numbers, serves
    DeepLIFT's multipliers as well: `method=("lrp", "deeplift")`. [added_rule][] registers a rule for some time only.

    Args:
        op_type: TensorFlow's name of the op, as the error message gives it: "Betainc".
        method: "lrp", "deeplift", or both.

    Raises:
        OptionError: for another method.

    Example:
        >>> import textattr
        >>> @textattr.lrp.rule("Betainc")
        ... def betainc(step, relevance):
        ...     return [None, None, relevance]  # an element-wise function of its third input
    """

    def register(function: AnyBack) -> AnyBack:
        add(op_type, method, function)
        return function

    return register


def added_rule(op_type: str, function: Back, *, method: str | Sequence[str] = "lrp") -> Added:
    """As [rule][], for a function at hand; what is returned takes the rule back.

    Returns:
        a handle: `.remove()` ends it, and so does the end of a `with`.

    Example:
        >>> import textattr
        >>> with textattr.lrp.added_rule("Tanh", lambda step, relevance: [relevance]) as handle:
        ...     handle.op_type
        'Tanh'
    """
    return add(op_type, method, function)
