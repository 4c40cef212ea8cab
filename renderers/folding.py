"""Text that a terminal breaks into lines between words and between visible characters, never inside one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import regex
from rich.cells import cell_len
from rich.console import Console
from rich.containers import Lines
from rich.text import Text

from textattr.units.boundaries import grapheme_cuts

_WORD = regex.compile(r"[\S\u00a0\u2007\u202f]+|\s+?")  # these three spaces keep words together


class Folded(Text):
    """A `Text` that breaks lines at blanks, and a word longer than a line between its visible characters."""

    def wrap(self, console: Console, width: int, *, tab_size: int = 8, **_: Any) -> Lines:  # noqa: ARG002  (rich passes it)
        """Its lines, each at most `width` columns wide; blanks that reach beyond are dropped."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            line.expand_tabs(tab_size)
            for part in line.divide(_breaks(line.plain, width)):
                part.rstrip_end(width)
                lines.append(part)
        return lines


def _breaks(line: str, width: int) -> Iterator[int]:
    """Where a line is broken."""
    filled = 0
    for word in _WORD.finditer(line):
        columns = cell_len(word[0])
        if word[0].isspace():
            filled += columns
            continue
        if filled and filled + columns > width:
            yield word.start()
            filled = 0
        if columns <= width:
            filled += columns
            continue
        for start, end in pairwise(grapheme_cuts(word[0])):
            columns = cell_len(word[0][start:end])
            if filled and filled + columns > width:
                yield word.start() + start
                filled = 0
            filled += columns
