"""How far two answers of a model may differ: by rounding, and no further."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.comparison import Comparison
from textattr.split.rounding import ROUNDINGS

Array = npt.NDArray[Any]


def bound(epsilon: float, scores: Array) -> float:
    """How far the scores of one document, float (C,), may lie from those of another run."""
    finite = scores[np.isfinite(scores)]
    return float(ROUNDINGS * epsilon * max(1.0, np.abs(finite).max(initial=0.0)))


def compared(name: str, expected: Array, got: Array, epsilon: float) -> Comparison:
    """The document whose answers, float (R, C), differ most in relation to what rounding explains."""
    checks = []
    for one, other in zip(expected.reshape(len(expected), -1), got.reshape(len(got), -1), strict=True):
        checks.append(Comparison(name, _difference(one, other), bound(epsilon, one)))
    return max(checks, key=lambda check: check.difference / check.bound)


def _difference(a: Array, b: Array) -> float:
    """The largest difference of two rows; none where both are NaN, or the same infinity."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    same = (a == b) | np.isnan(a) & np.isnan(b)
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(a - b))
    return float(np.nan_to_num(differences, nan=np.inf).max(initial=0.0))
