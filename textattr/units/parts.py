"""Units and words of a text on its way into the model, position by position."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from textattr.document import TextPart
from textattr.explanation import Token
from textattr.frozen import Array
from textattr.spans import place_tokens, placed_tokens
from textattr.units.tokens import Units, unit_of_tokens, without_blanks

_COMPOUND = re.compile(
    r"\w+(?:[-'’]\w+)+"
)  # a name such as "Baden-Baden", of which Unicode makes three words


def unit_of_positions(part: TextPart, kept: Sequence[int], units: Units, what: str) -> Array:
    """The number of the unit that each of some positions belongs to, int (len(kept),); see `unit_of_tokens`."""
    found = np.full(len(kept), -1)
    for document, at, tokens in placed_texts(part, kept):
        found[at] = found.max(initial=-1) + 1 + unit_of_tokens(document, tokens, units, what)
    return found


def words_of_positions(part: TextPart) -> list[str]:
    """For each position the word that its token begins, or ""; one with hyphens or apostrophes as a whole."""
    names = [""] * len(part.tokens)
    for document, at, tokens in placed_texts(part, range(len(part.tokens))):
        compounds = {match.start(): match[0] for match in _COMPOUND.finditer(document)}
        numbers = unit_of_tokens(document, tokens, "words").tolist()
        first: dict[int, int] = {}
        ends: dict[int, int] = {}
        for i, (number, token) in enumerate(zip(numbers, tokens, strict=True)):
            first.setdefault(number, i)
            ends[number] = max(ends.get(number, 0), token.end)
        for number, i in first.items():
            start, end = without_blanks(document, tokens[i].start, ends[number])
            compound = compounds.get(start, "")
            is_part = len(compound) > end - start and compound[end - start] in "-'’"
            names[at[i]] = compound if is_part else document[start:end]
    return names


def placed_texts(part: TextPart, kept: Sequence[int]) -> Iterator[tuple[str, list[int], tuple[Token, ...]]]:
    """The texts in a part, which are several where they are packed into one input; and what belongs to none of them.

    For each its characters, which of `kept` belong to it, as positions in `kept`, and their tokens.
    """
    encoding = part.encoding
    if encoding is None or encoding.texts is None:
        document, tokens = place_tokens(part, kept)
        yield document, list(range(len(kept))), tokens
        return
    text_of = encoding.text_of or ()
    for name in (*encoding.texts, None):
        at = [i for i, position in enumerate(kept) if text_of[position] == name]
        tokens = placed_tokens(encoding, [kept[i] for i in at])
        if name is None:  # their offsets mean nothing
            tokens = tuple(Token(token.text, 0, 0, is_special=True) for token in tokens)
        yield "" if name is None else encoding.texts[name], at, tokens
