"""What a factor is to a product: a signal, a gate that lets it through, or a scale by which it is normalised."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from textattr.graph.bounds import bounds
from textattr.graph.traits import is_moved, moved_from

SIGNAL, GATE, SCALE = "signal", "gate", "scale"

_SCALED = frozenset(("Mul", "Minimum", "Maximum", "Neg"))
_ENDS = frozenset(("Rsqrt", "Erf", "Erfc"))


def factor(tensor: Any, carries: Callable[[Any], bool]) -> str:
    """Which of the three a tensor is.

    A gate is bounded and never negative, as a sigmoid or a softmax. A scale is one over a deviation, whatever
    constants it was multiplied with, or the erf inside a GELU. Everything else is a signal.

    Args:
        tensor: the factor.
        carries: whether a tensor can carry relevance; others are constants here.
    """
    low, high = bounds(tensor)
    if low >= 0 and high < math.inf:
        return GATE
    while tensor.op.type not in _ENDS:
        op = tensor.op
        if op.type in ("RealDiv", "DivNoNan") and not carries(op.inputs[0]):
            return SCALE
        dependent = [t for t in op.inputs if carries(t)]
        if len(dependent) != 1 or not (is_moved(tensor) or op.type in _SCALED):
            return SIGNAL
        tensor = moved_from(tensor) if is_moved(tensor) else dependent[0]
    return SCALE
