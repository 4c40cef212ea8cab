"""How far two answers of a model may differ: by rounding, and no further."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.comparison import Comparison
from textattr.split.rounding import ROUNDINGS

Array = npt.NDArray[Any]


def compared(name: str, expected: Array, got: Array, epsilon: float) -> Comparison:
    """The document whose answers, float (R, C), differ most in relation to what rounding explains."""
    if expected is got or np.array_equal(expected, got):  # as they mostly are
        return Comparison(name, 0.0, float(_bounds(expected[:1].reshape(1, -1), epsilon)[0]))
    a, b = (each.reshape(len(each), -1).astype(np.float64, copy=False) for each in (expected, got))
    same = (a == b) | np.isnan(a) & np.isnan(b)  # both NaN, or the same infinity
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(a - b))
    most = np.where(np.isnan(differences), np.inf, differences).max(1, initial=0.0)
    bounds = _bounds(a, epsilon)
    worst = np.argmax(most / bounds)
    return Comparison(name, float(most[worst]), float(bounds[worst]))


def _bounds(answers: Array, epsilon: float) -> Array:
    """What rounding explains of each row of answers, float64 (R,)."""
    sizes = np.abs(answers, dtype=np.float64)
    largest = sizes.max(1, initial=1.0)
    if not isfinite(largest.max()):
        largest = sizes.max(1, initial=1.0, where=sizes < np.inf)
    found: Array = ROUNDINGS * epsilon * largest
    return found
