"""Points on the path from 0 to 1 that are kept when more are wanted, and how results at them go together.

The midpoint rule with three times the points, M(k) of 3^k points, keeps those of M(k - 1), and none of them is an end,
where a model may have no gradient. Its error falls with the square of the distance of the points, so that
(9 M(k) - M(k - 1)) / 8 is free of its largest term (Richardson 1911); all weights of it are positive. That holds where
the gradient is smooth. Where it jumps, as at every ReLU that opens on the way, either may be nearer to the integral.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.methods.convergence import adds_up, sizes_of
from textattr.methods.path_results import put, some_rows

Array = npt.NDArray[Any]
Result = dict[str, Any]

FIRST = 2  # M(2) and M(1), which it holds, are taken together: 9 points


def points(level: int) -> Array:
    """The points of M(level), float64 (3^level,).

    Example:
        >>> points(1).round(3)
        array([0.167, 0.5  , 0.833])
    """
    count = 3**level
    return np.asarray((np.arange(count) + 0.5) / count)


def new_points(level: int) -> Array:
    """Those of them that M(level - 1) does not have: two of three.

    Example:
        >>> new_points(1).round(3)
        array([0.167, 0.833])
    """
    return np.asarray(points(level)[np.arange(3**level) % 3 != 1])


def first_weights() -> Array:
    """Those of M(2) and of M(1) at the points of M(2), float (2, 9).

    Example:
        >>> first_weights().sum(1)
        array([1., 1.])
    """
    is_new = np.isin(np.arange(3**FIRST) % 3, (0, 2))
    return np.stack([np.full(3**FIRST, 1 / 3**FIRST), np.where(is_new, 0.0, 1 / 3 ** (FIRST - 1))])


def mixed(first: Result, second: Result, share: float) -> Result:
    """The sum share * first + (1 - share) * second of what is linear in the gradients; all else as in the first."""

    def mix(a: Array, b: Array) -> Array:
        with np.errstate(
            invalid="ignore"
        ):  # what is not finite is found, and refused, by whoever asked for it
            return np.asarray(share * a + (1 - share) * b)

    arrays = {
        name: tuple(mix(a, b) for a, b in zip(first[name], second[name], strict=True))
        for name in ("relevance", "others", "numbers")
    }
    error = mix(*(each["diagnostics"]["completeness_error"] for each in (first, second)))
    return {**first, **arrays, "diagnostics": {**first["diagnostics"], "completeness_error": error}}


def refined(coarse: Result, new: Result) -> Result:
    """M(k), from M(k - 1) and the mean over the points that are new."""
    return mixed(coarse, new, 1 / 3)


def extrapolated(fine: Result, coarse: Result) -> Result:
    """(9 M(k) - M(k - 1)) / 8."""
    return mixed(fine, coarse, 9 / 8)


def estimate(fine: Result, coarse: Result, tolerance: float) -> Result:
    """What is extrapolated; for the rows where M(k) adds up and that does not, M(k) itself."""
    found = extrapolated(fine, coarse)
    itself = np.flatnonzero(adds_up(fine, tolerance) & ~adds_up(found, tolerance))
    put(found, itself, some_rows(fine, itself))
    return found


def doubt(fine: Result, coarse: Result) -> Array:
    """What the extrapolation moved, sum of |R| for each row, float (R,): an estimate of the error of M(k)."""
    with np.errstate(invalid="ignore"):
        texts = [
            np.abs(a - b).sum(tuple(range(1, a.ndim)))
            for a, b in zip(fine["relevance"], coarse["relevance"], strict=True)
        ]
        others = [np.abs(a - b) for a, b in zip(fine["others"], coarse["others"], strict=True)]
    return np.asarray(sum([*texts, *others], np.zeros(len(texts[0]))) / 8)


def is_settled(result: Result, fine: Result, coarse: Result, tolerance: float) -> Array:
    """Which rows of a result need no more points, bool (R,): they add up, and extrapolating moves them little."""
    return np.asarray(adds_up(result, tolerance) & ~(doubt(fine, coarse) > tolerance * sizes_of(result)))
