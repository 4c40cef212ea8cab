"""`Players`: what of one document can be left out, and stays or goes as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.units.groups import KEPT

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Players:
    """Who plays in one document.

    Args:
        of_unit: int (N,): the player that each unit (a token, or a number of a vector) belongs to, or `KEPT`.
        grids: for each text int (t, d): its players in reading order; d is 1 where the units are tokens.
    """

    of_unit: Array
    grids: tuple[Array, ...]

    @classmethod
    def each_alone(cls, count: int, grids: Sequence[Array]) -> Players:
        """Every unit in `grids`, int (t, d) for each text, is a player of its own; all others of `count` stay."""
        of_unit = np.full(count, KEPT)
        named, first = [], 0
        for grid in grids:
            players = np.arange(first, first + grid.size).reshape(grid.shape)
            of_unit[grid] = players
            named.append(players)
            first += grid.size
        return cls(of_unit, tuple(named))

    def joined(self, groups: Array) -> Players:
        """Players that stay and go together: `groups`, int (n,), has the same number for them, or `KEPT`."""
        numbers = np.unique(groups[groups != KEPT])
        renamed = np.where(groups == KEPT, KEPT, np.searchsorted(numbers, groups))
        of_unit = np.where(self.of_unit == KEPT, KEPT, np.append(renamed, KEPT)[self.of_unit])
        grids = [np.array(list(dict.fromkeys(renamed[g.ravel()]))) for g in self.grids]
        return Players(of_unit, tuple(g[g != KEPT][:, None] for g in grids))

    @property
    def count(self) -> int:
        """How many players there are."""
        return int(self.of_unit.max(initial=KEPT)) + 1

    @property
    def sizes(self) -> Array:
        """How many units each player has: int (n,)."""
        return np.bincount(self.of_unit[self.of_unit != KEPT], minlength=self.count)

    def units(self, coalitions: Array) -> Array:
        """Which units stay: from bool (M, n) to bool (M, N)."""
        always = np.ones((len(coalitions), 1), bool)
        return np.concatenate([coalitions, always], axis=1)[:, self.of_unit]

    def spread(self, weights: Array) -> Array:
        """What each unit gets of its player's weight: from float (n,) to float (N,), equal shares."""
        shares = np.append(weights / np.maximum(self.sizes, 1), 0.0)
        return np.asarray(shares[self.of_unit])
