"""What the offsets of a library's tokenizer become before they are shown: on characters, in order, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

Offsets = tuple[int, int]


def are_in_order(offsets: Sequence[Offsets], text: str) -> bool:
    """Whether places lie in the text and follow it, as an `Encoding` has them."""
    last = (0, 0)
    for start, end in offsets:
        if not 0 <= start <= end <= len(text):
            return False
        if start < end:
            if start < last[0] or end < last[1]:
                return False
            last = (start, end)
    return True


def outside(offsets: Sequence[Offsets], text: str) -> tuple[Offsets, ...]:
    """What of a text lies before its first token and behind its last one, where that is more than white space.

    Example:
        >>> outside([(3, 6), (7, 10)], "so far and yet")
        ((0, 3), (10, 14))
    """
    first = min((start for start, end in offsets if start < end), default=len(text))
    last = max((end for start, end in offsets if start < end), default=len(text))
    return tuple((start, end) for start, end in ((0, first), (last, len(text))) if text[start:end].strip())


def without_space(offsets: Sequence[Offsets], text: str) -> list[Offsets]:
    """Places without the white space at their ends, where there is more than that in them.

    Example:
        >>> without_space([(0, 2), (2, 6), (6, 7)], "so far ")
        [(0, 2), (3, 6), (6, 7)]
    """
    found = []
    for start, end in offsets:
        content = text[start:end].strip()
        first = text.index(content, start, end) if content else start
        found.append((first, first + len(content) if content else end))
    return found


def with_neighbours(offsets: Sequence[Offsets], special: Sequence[bool]) -> list[Offsets]:
    """Tokens of no characters stand where the next one does, that is none of the special ones, or the last.

    Example:
        >>> with_neighbours([(0, 0), (0, 2), (0, 0)], [False, False, True])
        [(0, 2), (0, 2), (0, 0)]
    """
    found = list(offsets)
    for positions in (range(len(found) - 1, -1, -1), range(len(found))):
        beside: Offsets | None = None
        for i in positions:
            if special[i]:
                continue
            if found[i][0] < found[i][1]:
                beside = found[i]
            elif beside is not None:
                found[i] = beside
    return found


def words_between_spaces(offsets: Sequence[Offsets], special: Sequence[bool], text: str) -> list[int | None]:
    """The number of the word that each token lies in, where words are what stands between white space.

    Example:
        >>> words_between_spaces([(0, 2), (3, 5), (5, 6)], [False] * 3, "so good")
        [0, 1, 1]
    """
    starts = [match.start() for match in re.finditer(r"\S+", text)]
    numbers: list[int | None] = []
    word = 0
    for (start, end), is_special in zip(offsets, special, strict=True):
        if is_special or start == end:
            numbers.append(None)
            continue
        while word + 1 < len(starts) and starts[word + 1] <= start:
            word += 1
        numbers.append(word)
    return numbers


def are_words(words: Sequence[int | None], offsets: Sequence[Offsets], text: str) -> bool:
    """Whether numbers of words tell words apart: none has white space between two of its tokens or inside one."""
    reach: dict[int, Offsets] = {}
    for word, (start, end) in zip(words, offsets, strict=True):
        if word is not None and start < end:
            first, last = reach.get(word, (start, end))
            reach[word] = (min(first, start), max(last, end))
    return not any(len(text[start:end].split()) > 1 for start, end in reach.values())
