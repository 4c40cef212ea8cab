"""The table of ops: how multipliers go back through each type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textattr.deeplift import fourier, linear, normalisation, products, slopes, softmax, sorting, winners
from textattr.graph.complex_numbers import TRANSFORMS
from textattr.graph.linear import LINEAR
from textattr.graph.routing import ROUTING

# (step, the multipliers of each output) -> the multipliers of each input, None where there are none.
Back = Callable[..., Sequence[Any]]


def _routed(function: Callable[..., list[Any]]) -> Back:
    return lambda step, *multipliers: function(step.op, *multipliers)


OPS: dict[str, Back] = {
    **{name: _routed(function) for name, function in ROUTING.items() if name != "TopKV2"},
    **dict.fromkeys(LINEAR, products.matrix_product),
    **slopes.EXACT,
    "Neg": linear.negate,
    "Add": linear.add,
    "AddV2": linear.add,
    "AddN": linear.add,
    "BiasAdd": linear.add_bias,
    "Sub": linear.subtract,
    "Sum": linear.total,
    "Mean": linear.mean,
    "UnsortedSegmentSum": linear.total_of_segments,
    "Cumsum": linear.running_total,
    "AvgPool": linear.average_windows,
    "Select": linear.select,
    "SelectV2": linear.select,
    "Mul": products.multiply,
    "RealDiv": products.quotient,
    "DivNoNan": products.quotient,
    "SquaredDifference": slopes.squared_difference,
    **dict.fromkeys(
        """Maximum Minimum Pow Atan2 Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr""".split(),
        slopes.of_two,
    ),
    "Max": winners.over_axes,
    "Min": winners.over_axes,
    "Any": winners.over_axes,
    "All": winners.over_axes,
    "UnsortedSegmentMax": winners.over_segments,
    "UnsortedSegmentMin": winners.over_segments,
    "MaxPool": winners.in_windows,
    "TopKV2": sorting.largest,
    "Softmax": softmax.softmax,
    "LogSoftmax": softmax.log_softmax,
    "FusedBatchNormV3": normalisation.normalise,
    **dict.fromkeys((*TRANSFORMS, "Complex", "Real", "Imag"), fourier.by_gradient),
    "Cast": fourier.cast,
}
