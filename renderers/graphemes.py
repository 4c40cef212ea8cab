"""Where a text may be cut without tearing apart what readers see as one character."""

from __future__ import annotations

import unicodedata

_ZERO_WIDTH_JOINER = "\u200d"
_MARKS = ("Mn", "Mc", "Me")


def boundaries(text: str) -> list[int]:
    """The positions where the text may be cut, its start and its end included.

    A short form of Unicode's rules for grapheme clusters (UAX 29): marks stay with their letter, skin tones and
    joiners with their emoji, two regional indicators make a flag, the jamo of a Hangul syllable and CR LF stay
    together.

    Example:
        >>> boundaries("e\u0301!")
        [0, 2, 3]
    """
    cuts = [0]
    indicators = 0  # regional indicators right before this position
    for i in range(1, len(text)):
        left, right = text[i - 1], text[i]
        indicators = indicators + 1 if _is_indicator(left) else 0
        half_a_flag = indicators % 2 == 1 and _is_indicator(right)
        if not (half_a_flag or _belong_together(left, right)):
            cuts.append(i)
    return [*cuts, len(text)] if text else cuts


def _belong_together(left: str, right: str) -> bool:
    if left in "\r\n":
        return left + right == "\r\n"
    if left == _ZERO_WIDTH_JOINER:
        return unicodedata.category(right) == "So"
    return (
        unicodedata.category(right) in _MARKS
        or right in "\u200c\u200d"
        or "\U0001f3fb" <= right <= "\U0001f3ff"
        or "\U000e0020" <= right <= "\U000e007f"
        or (_is_hangul(left) and "\u1160" <= right <= "\u11ff")
    )


def _is_indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_hangul(character: str) -> bool:
    return "\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3"
