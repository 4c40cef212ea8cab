"""`UnitMap`: where the tokens of a document stand among the vectors of the split model, and which are padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.split.model import SplitModel
from textattr.split.rows import Rows

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class UnitMap:
    """The units of a group of documents, all alike.

    Args:
        places: for each site int (P, 1 or D): the unit that stands at each number.
        grids: for each text int (T, 1 or D): its units, in reading order.
        tokens: for each site int (P,): the token of its text that stands at each position.
        sites: for each text, which sites read it.
    """

    places: tuple[Array, ...]
    grids: tuple[Array, ...]
    tokens: tuple[Array, ...]
    sites: tuple[tuple[int, ...], ...]

    @classmethod
    def of_tokens(cls, split: SplitModel, rows: Rows, shapes: Sequence[tuple[int, int]]) -> UnitMap:
        """A unit per token: tables over the same ids share it.

        Args:
            split: the split model.
            rows: the rows.
            shapes: (P, D) of the vectors at each site.
        """
        tokens = _token_at(split, rows, shapes)
        sites = tuple(text.entries for text in split.known(rows.inputs).texts)
        grids, first, places = [], 0, list(tokens)
        for mine in sites:
            count = 1 + max(int(tokens[site].max()) for site in mine)
            grids.append(np.arange(first, first + count)[:, None])
            for site in mine:
                places[site] = first + tokens[site][:, None]
            first += count
        return cls(tuple(places), tuple(grids), tokens, sites)

    @classmethod
    def of_numbers(cls, split: SplitModel, rows: Rows, shapes: Sequence[tuple[int, int]]) -> UnitMap:
        """A unit per number of a vector; the vectors of several tables over the same ids stand side by side."""
        tokens = _token_at(split, rows, shapes)
        sites = tuple(text.entries for text in split.known(rows.inputs).texts)
        grids, first, places = [], 0, list(tokens)
        for mine in sites:
            count = 1 + max(int(tokens[site].max()) for site in mine)
            lefts, width = _side_by_side([shapes[s][1] for s in mine], [tokens[s] for s in mine])
            grids.append(np.arange(first, first + count * width).reshape(count, width))
            for site, left in zip(mine, lefts, strict=True):
                places[site] = grids[-1][tokens[site], left : left + shapes[site][1]]
            first += count * width
        return cls(tuple(places), tuple(grids), tokens, sites)

    @property
    def count(self) -> int:
        """How many units there are."""
        return sum(grid.size for grid in self.grids)

    def pads(self, rows: Rows, masks: Sequence[Array | None], row: int) -> tuple[Array, ...]:
        """For each text bool (T,): True where a token of that row is padding, by the model or by the user."""
        pads = tuple(np.zeros(len(grid), bool) for grid in self.grids)
        for text, mine in zip(pads, self.sites, strict=True):
            for site in mine:
                mask, padding = masks[site], rows.pads[site] if rows.pads else None
                if mask is not None:
                    text[self.tokens[site]] |= ~mask[row].astype(bool)
                if padding is not None:
                    text[self.tokens[site]] |= padding[row]
        return pads

    def at_numbers(self, values: Array, widths: Sequence[int]) -> tuple[Array, ...]:
        """What each unit got, float (R, N), shared by the numbers it stands for: (R, P, D) for each site of width D."""
        each = self._per_number(values, widths)
        return tuple(
            np.broadcast_to(each[:, place], (len(values), len(place), width))
            for place, width in zip(self.places, widths, strict=True)
        )

    def at_vectors(self, values: Array, widths: Sequence[int]) -> tuple[Array, ...]:
        """The sum of `at_numbers` over each vector: (R, P) for each site of width D."""
        each = self._per_number(values, widths)
        return tuple(
            each[:, place].sum(-1) * (width / place.shape[1])
            for place, width in zip(self.places, widths, strict=True)
        )

    def _per_number(self, values: Array, widths: Sequence[int]) -> Array:
        numbers = np.zeros(values.shape[1])
        for place, width in zip(self.places, widths, strict=True):
            np.add.at(numbers, place.ravel(), width if place.shape[1] == 1 else 1)
        each: Array = values / np.maximum(numbers, 1)
        return each

    def at_first_sites(self, values: Array) -> tuple[Array, ...]:
        """What is said of each token, float (R, N), as (R, P) for each site; a token that has several says it once."""
        said = [np.zeros((len(values), len(tokens))) for tokens in self.tokens]
        for mine, grid in zip(self.sites, self.grids, strict=True):
            open_ = np.ones(len(grid), bool)
            for site in mine:
                here = open_[self.tokens[site]]
                of_token = values[:, grid[self.tokens[site], 0]]
                said[site] = np.where(here, of_token, 0)
                open_[self.tokens[site]] = False
        return tuple(said)


def _token_at(split: SplitModel, rows: Rows, shapes: Sequence[tuple[int, int]]) -> tuple[Array, ...]:
    """For each site, which token of its text stands at each position, int (P,)."""
    tokens: list[Array] = [np.arange(0)] * len(shapes)
    for text in split.known(rows.inputs).texts:
        at = text.tokens_at([shapes[site][0] for site in text.entries], rows.inputs)
        for site, here in zip(text.entries, at, strict=True):
            tokens[site] = here
    return tuple(tokens)


def _side_by_side(widths: Sequence[int], tokens: Sequence[Array]) -> tuple[list[int], int]:
    """Where each site's vectors begin in those of its text, and how long these are."""
    lefts, taken = [], dict.fromkeys((int(at[0]) for at in tokens), 0)
    for width, at in zip(widths, tokens, strict=True):  # sites of the same part stand side by side
        lefts.append(taken[int(at[0])])
        taken[int(at[0])] += width
    return lefts, max(taken.values())
