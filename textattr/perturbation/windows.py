"""Occlusion: windows that slide over a text, or groups, each left out once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.perturbation.coalition_plan import Plan, PlanResult, pieces

Array = npt.NDArray[Any]


def windows(grid: Array, window: tuple[int, int], stride: tuple[int, int]) -> list[Array]:
    """The players in each window over a text, int (t, d): the last window of a row or column is moved back to fit in.

    Example:
        >>> [w.tolist() for w in windows(np.arange(5)[:, None], (2, 1), (2, 1))]
        [[0, 1], [2, 3], [3, 4]]
    """
    if not grid.size:
        return []
    sizes = [min(wanted, there) for wanted, there in zip(window, grid.shape, strict=True)]
    tops, lefts = (
        _starts(there, size, step) for there, size, step in zip(grid.shape, sizes, stride, strict=True)
    )
    return [grid[t : t + sizes[0], left : left + sizes[1]].ravel() for t in tops for left in lefts]


def _starts(length: int, size: int, step: int) -> list[int]:
    last = length - size
    return [*range(0, last, step), last]


def occlude(parts: Sequence[Array], players: int, sizes: Array, limit: int | None) -> Plan:
    """Leave out each part once: R_i = sum of the effects of i's parts / sum of their sizes, times i's own size.

    Args:
        parts: the players of each part.
        players: how many there are.
        sizes: int (n,): how many units each player has.
        limit: the most coalitions to ask for, the whole document included; None: any number.
    """
    tried = len(parts) if limit is None else min(len(parts), limit - 1)
    left_out = [np.zeros(0, int), *parts[:tried]]  # nothing, to begin with
    effects, units = np.zeros(players), np.zeros(players)
    whole = 0.0
    for piece in pieces(len(left_out), players):
        chosen = left_out[piece]
        counts, which = [len(part) for part in chosen], np.concatenate(chosen)
        of = np.repeat(np.arange(len(chosen)), counts)
        coalitions = np.ones((len(chosen), players), bool)
        coalitions[of, which] = False
        scores = yield coalitions
        whole = scores[0] if piece.start == 0 else whole
        np.add.at(effects, which, (whole - scores)[of])
        np.add.at(units, which, np.bincount(of, sizes[which], len(chosen))[of])
    warning = (
        f"occlusion stopped at max_evaluations={limit}: {tried} of {len(parts)} windows were left out in turn, and "
        f"{int((units == 0).sum())} of {players} parts of the document, which were in none of them, got 0"
    )
    weights = effects / np.maximum(units, 1) * sizes
    return PlanResult(weights, warnings=(warning,) if tried < len(parts) else ())
