"""What each unit of a layer sees of the text: kernels, strides, paddings and dilations, followed from the lookup on."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Seen = Any  # scipy.sparse.csr_matrix of bool, (units, positions)
Lengths = tuple[int, ...]


class Field(ABC):
    """How the units of a layer lie over the positions of the sites; made while tracing, when no length is known."""

    @abstractmethod
    def seen(self, lengths: Lengths) -> tuple[Seen, ...]:
        """For each site, which unit sees which position: bool (units, positions).

        Args:
            lengths: the number of positions of each site.
        """


@dataclass(frozen=True, eq=False)
class Entry(Field):
    """The vectors of a site themselves: one unit per position."""

    site: int

    def seen(self, lengths: Lengths) -> tuple[Seen, ...]:
        """Each unit sees its own position."""
        units = lengths[self.site]
        return tuple(
            _sparse().eye(units, format="csr", dtype=bool) if i == self.site else _nothing(units, length)
            for i, length in enumerate(lengths)
        )


@dataclass(frozen=True, eq=False)
class Window(Field):
    """A window that slides over other units: convolution or pooling.

    Args:
        of: the units it slides over.
        size: how many of them it covers.
        stride: how far it moves.
        dilation: how far apart they lie.
        padding: "valid", "same" or "causal".
    """

    of: Field
    size: int
    stride: int = 1
    dilation: int = 1
    padding: str = "valid"

    def seen(self, lengths: Lengths) -> tuple[Seen, ...]:
        """All that the units in the window see."""
        below = self.of.seen(lengths)
        taps = self.taps(below[0].shape[0])
        return tuple((taps @ matrix).astype(bool) for matrix in below)

    def taps(self, units: int) -> Seen:
        """Which of `units` units each window covers, (windows, units)."""
        extent = self.dilation * (self.size - 1) + 1
        if self.padding == "same":
            windows = -(-units // self.stride)
            before = max((windows - 1) * self.stride + extent - units, 0) // 2
        else:
            before = extent - 1 if self.padding == "causal" else 0
            windows = max((units + before - extent) // self.stride + 1, 0)
        starts = np.arange(windows) * self.stride - before
        columns = starts[:, None] + self.dilation * np.arange(self.size)
        rows = np.broadcast_to(np.arange(windows)[:, None], columns.shape)
        inside = (columns >= 0) & (columns < units)
        ones = np.ones(int(inside.sum()), np.int32)
        return _sparse().csr_matrix((ones, (rows[inside], columns[inside])), (windows, units))


@dataclass(frozen=True, eq=False)
class Trimmed(Field):
    """Units with some left away (negative) or empty ones added (positive) at either end."""

    of: Field
    before: int
    after: int

    def seen(self, lengths: Lengths) -> tuple[Seen, ...]:
        """What is left."""
        return tuple(self._cut(matrix) for matrix in self.of.seen(lengths))

    def _cut(self, matrix: Seen) -> Seen:
        kept = matrix[max(-self.before, 0) : matrix.shape[0] - max(-self.after, 0)]
        ends = [_nothing(max(n, 0), matrix.shape[1]) for n in (self.before, self.after)]
        return _sparse().vstack([ends[0], kept, ends[1]], format="csr")


@dataclass(frozen=True, eq=False)
class Repeated(Field):
    """Each unit several times."""

    of: Field
    times: int

    def seen(self, lengths: Lengths) -> tuple[Seen, ...]:
        """The same, several times."""
        return tuple(m[np.repeat(np.arange(m.shape[0]), self.times)] for m in self.of.seen(lengths))


@dataclass(frozen=True, eq=False)
class Union(Field):
    """Branches of equal length that were put together: a unit sees what any of them sees."""

    of: tuple[Field, ...]

    def seen(self, lengths: Lengths) -> tuple[Seen, ...]:
        """What any branch sees; of branches of different length none could be placed."""
        branches = [branch.seen(lengths) for branch in self.of]
        longest = max(branch[0].shape[0] for branch in branches)
        fitting = [branch for branch in branches if branch[0].shape[0] == longest]
        return tuple(sum(matrices[1:], matrices[0]).astype(bool) for matrices in zip(*fitting, strict=True))


@dataclass(frozen=True, eq=False)
class Sequel(Field):
    """Branches one after the other on the time axis."""

    of: tuple[Field, ...]

    def seen(self, lengths: Lengths) -> tuple[Seen, ...]:
        """First what the first sees."""
        branches = [branch.seen(lengths) for branch in self.of]
        return tuple(_sparse().vstack(matrices, format="csr") for matrices in zip(*branches, strict=True))


_KEPT = 16  # lengths of which the answer is remembered
_REMEMBERING = threading.RLock()  # fields are shared by threads, and made of one another


@dataclass(frozen=True, eq=False)
class Remembered(Field):
    """A field whose answer for the last few lengths is kept."""

    of: Field
    answers: dict[Lengths, tuple[Seen, ...]] = field(default_factory=dict)

    def seen(self, lengths: Lengths) -> tuple[Seen, ...]:
        """As computed before, if it was."""
        with _REMEMBERING:
            found = self.answers.get(lengths)
            if found is None:
                found = self.answers[lengths] = self.of.seen(lengths)
                while len(self.answers) > _KEPT:
                    self.answers.pop(next(iter(self.answers)))
            return found


def union(fields: Sequence[Field]) -> Field:
    """One field for branches that are put together element by element."""
    different = tuple(dict.fromkeys(fields))
    return different[0] if len(different) == 1 else Union(different)


def average_of_seers(seen: Seen, units: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Each position gets the average of the units that see it; 0 where none does.

    Args:
        seen: (units, positions).
        units: float (R, units).

    Returns:
        float (R, positions).
    """
    seers = np.asarray(seen.sum(0), np.float64).reshape(-1)
    total = np.asarray(units.astype(np.float64) @ seen.astype(np.float64))
    average: npt.NDArray[np.float64] = total / np.maximum(seers, 1)
    return average


def sparse_matrix(seen: npt.NDArray[np.bool_]) -> Seen:
    """A dense matrix (units, positions) as `Field.seen` gives them."""
    return _sparse().csr_matrix(seen)


def _sparse() -> Any:
    """`scipy.sparse`, imported when it is first used: half a second that no other method should cost."""
    from scipy import sparse

    return sparse


def _nothing(units: int, positions: int) -> Seen:
    shape: Any = (units, positions)
    return _sparse().csr_matrix(shape, dtype=bool)
