"""Between which numbers a tensor lies, whatever the text, as far as its ops tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from textattr.graph.softmax import find_softmax
from textattr.graph.traits import is_moved, moved_from, traits
from textattr.split.family import tensorflow

Range = tuple[float, float]
ANYTHING: Range = (-math.inf, math.inf)

DEEPEST = 200  # ops behind one another: whatever lies before them counts as unknown


def bounds(tensor: Any) -> Range:
    """Between which numbers a tensor lies, whatever the text, as far as its ops tell."""
    return _Intervals().of(tensor)


class _Intervals:
    """The intervals of a tensor and of all that it is made of, each found once."""

    def __init__(self) -> None:
        self._known: dict[Any, Range] = {}
        self._depth = 0

    def of(self, tensor: Any) -> Range:
        key = tensor.ref()
        if key not in self._known:
            if self._depth == DEEPEST:
                return ANYTHING
            self._depth += 1
            self._known[key] = self._found(tensor)
            self._depth -= 1
        return self._known[key]

    def _found(self, tensor: Any) -> Range:
        op = tensor.op
        if find_softmax(op) is not None:
            return 0.0, 1.0
        if op.type == "Cast" and op.inputs[0].dtype == tensorflow().bool:
            return 0.0, 1.0
        if is_moved(tensor):
            return self.of(moved_from(tensor))
        if traits(op).is_constant:
            return _constant(tensor)
        if op.type == "SelectV2":
            return _around(map(self.of, op.inputs[1:]))
        if op.type in _JOINED:
            return _around(self.of(each) for each in op.inputs if each.dtype.is_floating)
        if op.type == "Pow":
            return _power(tensorflow().get_static_value(op.inputs[1]))
        if op.type in _COMBINED:
            return _COMBINED[op.type](*map(self.of, op.inputs))
        if op.type in _REDUCED:
            return _REDUCED[op.type](self.of(op.inputs[0]))
        return traits(op).range


def _constant(tensor: Any) -> Range:
    value = tensorflow().get_static_value(tensor)
    if not tensor.dtype.is_floating or value is None or not value.size:
        return ANYTHING
    return float(value.min()), float(value.max())


def _around(ranges: Iterable[Range]) -> Range:
    """The smallest interval around some others; around none, anything."""
    found = tuple(ranges)
    return (min(low for low, _ in found), max(high for _, high in found)) if found else ANYTHING


def _sum(*terms: Range) -> Range:
    return sum(low for low, _ in terms), sum(high for _, high in terms)


def _times(a: Range, b: Range) -> Range:
    found = [0.0 if 0 in (x, y) else x * y for x in a for y in b]
    return min(found), max(found)


def _over(a: Range, b: Range) -> Range:
    if b[0] > 0 and b[1] < math.inf:
        return _times(a, (1 / b[1], 1 / b[0]))
    if a[0] >= 0 and a[1] <= b[0] and b[0] > 0:  # as 1 / (1 + exp(-x))
        return 0.0, 1.0
    return ANYTHING


def _power(exponent: Any) -> Range:
    is_square = exponent is not None and exponent.size == 1 and exponent.item() == 2
    return (0.0, math.inf) if is_square else ANYTHING


def _clipped(data: Range, low: Range, high: Range) -> Range:
    return min(max(data[0], low[0]), high[1]), max(min(data[1], high[1]), low[0])


def _exponential(a: Range) -> Range:
    try:
        high = math.exp(a[1])
    except OverflowError:
        high = math.inf
    return 0.0, high


def _total(a: Range) -> Range:
    """Of a sum of unknown many numbers the sign is all that is known."""
    return 0.0 if a[0] >= 0 else -math.inf, 0.0 if a[1] <= 0 else math.inf


def _product(a: Range) -> Range:
    return (0.0, 1.0) if a[0] >= 0 and a[1] <= 1 else ANYTHING


_JOINED = frozenset(("ConcatV2", "Pack"))

_COMBINED: dict[str, Callable[..., Range]] = {
    "AddV2": _sum,
    "AddN": _sum,
    "Neg": lambda a: (-a[1], -a[0]),
    "Sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "Mul": _times,
    "RealDiv": _over,
    "Maximum": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "Minimum": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "ClipByValue": _clipped,
    "Exp": _exponential,
}

# What is made of several numbers of the first input.
_REDUCED: dict[str, Callable[[Range], Range]] = {
    **dict.fromkeys(("Mean", "Max", "Min", "MaxPool", "AvgPool"), lambda a: a),
    "Sum": _total,
    "Prod": _product,
}
