"""In which order tokens go, and which tokens stay at each step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def most_relevant_first(weights: Array, seed: int) -> Array:
    """The positions of weights, int (n,), the largest first; equal ones in an order that the seed draws.

    So a map of equal weights is as good as chance, whichever tokens stand first.

    Example:
        >>> most_relevant_first(np.array([0.5, -1.0, 2.0]), seed=0)
        array([2, 0, 1])
    """
    drawn = np.random.default_rng(seed).permutation(len(weights))
    order: Array = drawn[np.argsort(-weights[drawn], kind="stable")]
    return order


def without_first(order: Array, count: int, counts: Array) -> Array:
    """Which of `count` tokens stay without the first `counts[m]` of an order: bool (M, count).

    Example:
        >>> without_first(np.array([2, 0]), 3, np.array([1, 2])).astype(int)
        array([[1, 1, 0],
               [0, 1, 0]])
    """
    place = np.full(count, len(order))  # what is in no order goes never
    place[order] = np.arange(len(order))
    return np.asarray(place[None, :] >= counts[:, None])
