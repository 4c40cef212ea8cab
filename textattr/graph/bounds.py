"""Between which numbers a tensor lies, whatever the text, as far as its ops tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from textattr.graph.softmax import find_softmax
from textattr.graph.traits import is_moved, moved_from, traits
from textattr.split.family import tensorflow

Range = tuple[float, float]
ANYTHING: Range = (-math.inf, math.inf)


def bounds(tensor: Any) -> Range:
    """Between which numbers a tensor lies, whatever the text, as far as its ops tell."""
    op = tensor.op
    if find_softmax(op) is not None:
        return 0.0, 1.0
    if op.type == "Cast" and op.inputs[0].dtype == tensorflow().bool:
        return 0.0, 1.0
    if is_moved(tensor):
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
    return traits(op).range


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
