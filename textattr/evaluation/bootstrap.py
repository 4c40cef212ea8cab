"""How sure a mean over documents is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[Any]

RESAMPLES = 4000
LEVEL = 0.95


def interval(values: Array, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of the mean of values, float (n,), from resampled documents; NaN for fewer than two.

    The percentiles lie as far out as those of a t distribution would, so that it also covers the truth for few
    documents (the expanded percentile interval of Hesterberg 2015, https://doi.org/10.1080/00031305.2015.1089789).

    Example:
        >>> low, high = interval(np.array([1.0, 2.0, 3.0, 4.0]))
        >>> low < 2.5 < high
        True
    """
    count = len(values)
    if count < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))
    means = np.asarray(values, float)[drawn].mean(1)
    outside = stats.norm.cdf(np.sqrt(count / (count - 1)) * stats.t.ppf((1 - LEVEL) / 2, count - 1))
    low, high = np.quantile(means, [outside, 1 - outside])
    return float(low), float(high)
