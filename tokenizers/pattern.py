"""The pattern by which a text of any script is cut into words and marks."""

from __future__ import annotations

from unicodedata import category


def _marks() -> str:
    """Every combining mark of this Python's Unicode, as the inside of a character class."""
    planes = (range(0x300, 0x1F000), range(0xE0100, 0xE01F0))  # asking about the others slows the import
    runs: list[list[int]] = []
    for point in (p for plane in planes for p in plane if category(chr(p)) in ("Mn", "Mc", "Me")):
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


_LETTER = r"[^\W_]"
_MARK = _marks()
_IN_WORD = rf"(?:{_LETTER}|[{_MARK}\u200c\u200d])"  # Persian and Indic words hold (non-)joiners
_WORD = rf"{_LETTER}{_IN_WORD}*(?:['’]{_LETTER}{_IN_WORD}*)*"

# An emoji may carry marks, skin tones and tags, and be joined to the next one. What cannot be seen is no token.
_CARRIED = rf"[{_MARK}\u200c\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_INVISIBLE = r"\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_SYMBOL = rf"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[^\s{_INVISIBLE}])"
_SYMBOLS = rf"{_SYMBOL}{_CARRIED}(?:\u200d(?!{_LETTER}){_SYMBOL}{_CARRIED})*\u200d?"

WORDS_AND_MARKS = rf"{_WORD}|{_SYMBOLS}"
"""Words (letters and digits of any script, with apostrophes inside) and single punctuation marks or emoji."""
