"""Where a text may be cut without tearing apart what readers see as one character."""

from __future__ import annotations

import regex


def boundaries(text: str) -> list[int]:
    """The positions where the text may be cut, its start and its end included: Unicode's grapheme clusters (UAX 29).

    Marks stay with their letter, skin tones and joiners with their emoji, two regional indicators make a flag; the
    consonants of a conjunct of India, the jamo of a Hangul syllable, and CR LF stay together.

    Example:
        >>> boundaries("e\u0301!")
        [0, 2, 3]
    """
    if text.isascii() and "\r" not in text:
        return list(range(len(text) + 1))
    return [0, *(cluster.end() for cluster in regex.finditer(r"\X", text))]
