"""`Aligned`: what became of a text on the way to its tokens, with the place of each character in the text as given."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Offsets = tuple[int, int]


@dataclass(frozen=True)
class Aligned:
    """A text that was changed, character by character or a few at a time.

    Args:
        text: what became of it.
        starts: for each of its characters, where what it was made from starts in the text as given.
        ends: and where that ends.

    Example:
        >>> changed = aligned("Straße").map(str.upper)
        >>> changed.text, changed.offsets(4, 6)
        ('STRASSE', (4, 5))
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def offsets(self, start: int, end: int) -> Offsets:
        """The place in the text as given of the characters `start` to `end`, at least one."""
        return min(self.starts[start:end]), max(self.ends[start:end])

    def map(self, change: Callable[[str], str]) -> Aligned:
        """What `change` makes of the text.

        A character is made from that which it replaces; where the change looks at several, as a composition of
        letter and accent does, from all of them. A mark that is left out stays with the letter before it.

        Raises:
            ValueError: when it cannot be told which characters are made from which.
        """
        changed = change(self.text)
        if changed == self.text or self.text.isascii() and len(changed) == len(self.text):
            return Aligned(changed, self.starts, self.ends)
        one_by_one = [change(character) for character in self.text]
        if _are_alike("".join(one_by_one), changed):
            parts = [(i, i + 1, len(each)) for i, each in enumerate(one_by_one)]
        else:
            parts = _parts(self.text, change)
        if sum(length for _, _, length in parts) != len(changed):
            raise ValueError("the change cannot be followed")
        starts: list[int] = []
        ends: list[int] = []
        for first, last, length in parts:
            start, end = self.offsets(first, last)
            starts += [start] * length
            ends += [end] * length
            if not length and ends and ends[-1] == start and unicodedata.category(self.text[first])[0] == "M":
                ends[-1] = end  # a mark that is dropped still belongs to its letter
        return Aligned(changed, starts, ends)


def aligned(text: str) -> Aligned:
    """A text as it was given."""
    return Aligned(text, range(len(text)), range(1, len(text) + 1))


def _are_alike(joined: str, changed: str) -> bool:
    """Whether two texts are the same, but for the one letter that lower case writes by its place in the word."""
    return joined == changed or joined.replace("ς", "σ") == changed.replace("ς", "σ")


def _parts(text: str, change: Callable[[str], str]) -> list[tuple[int, int, int]]:
    """The text in parts that are changed on their own: (start, end, length of what becomes of it)."""
    parts: list[tuple[int, int, int]] = []
    start = 0
    made = ""
    for first, end in _with_their_marks(text):
        alone, joined = change(text[first:end]), change(text[start:end])
        if first > start and joined == made + alone:
            parts.append((start, first, len(made)))
            start, made = first, alone
        else:
            made = joined
    return [*parts, (start, len(text), len(made))]


def _with_their_marks(text: str) -> list[Offsets]:
    """Each character with the marks that follow it and that a normalisation may put into another order."""
    starts = [0, *(i for i in range(1, len(text)) if not unicodedata.combining(text[i])), len(text)]
    return [(start, end) for start, end in pairwise(starts) if end > start]
