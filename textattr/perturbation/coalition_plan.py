"""`Plan`: which coalitions to try, and what follows from their scores."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class PlanResult:
    """What a plan came to.

    Args:
        weights: float (n,): what each player counts.
        diagnostics: what is said of the document as a whole.
        per_player: what is said of each player: float (n,) by name.
        warnings: what the reader should know.
    """

    weights: Array
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    per_player: Mapping[str, Array] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


Plan = Generator[Array, Array, PlanResult]
"""Yields coalitions, bool (M, n), gets their scores, float64 (M,), and returns its result."""

_ENTRIES = 4_000_000  # in one question: bounds the memory that coalitions take


MOST_ENTRIES = 2**28  # of the coalitions that one permutation makes: 256 MB


def pieces(count: int, players: int) -> Iterator[slice]:
    """`count` coalitions in pieces of which each fits into memory."""
    size = max(1, _ENTRIES // max(players, 1))
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def all_stay(players: int) -> Array:
    """The coalition of all: bool (1, n)."""
    return np.ones((1, players), bool)
