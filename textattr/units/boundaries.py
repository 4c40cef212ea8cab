"""Where a text may be cut: between what readers see as one character, between words, between sentences.

Words are those of Unicode (UAX 29), as the package `regex` finds them. Chinese, Japanese, Thai, Lao, Khmer and Burmese
are written without spaces: their words stand in the dictionaries of ICU, which the extra `words` brings. Without it,
each of their characters is a word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any

# Scripts without spaces between words. Katakana is none of them to Unicode's rule: a run of it is one word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff"
    "\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\U00020000-\U0003ffff"
)
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_RUN = re.compile(f"[{_UNSPACED}]{{2}}")

NO_DICTIONARY = (
    "each character of a script without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) counts as a word: "
    "pip install 'textattr[words]' brings the dictionaries that find their words"
)

# A mark that may end a sentence, with the quotes and brackets that close behind it; or the end of a line.
_END = re.compile(
    r"(?<![.!?…‼⁇⁈⁉])(?P<mark>[.!?…‼⁇⁈⁉]++)(?P<close>[\"'”’»)\]]*)(?=\s)|[。！？｡।॥؟۔]+[”’」』）\"]*|[\r\n]\s*"
)
_BLANKS = re.compile(r"\s+")
_BEFORE = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr rev hon gen col sgt capt lt cmdr gov sen rep pres messrs mme mlle vs cf eg ie viz "
    "approx al e.g i.e fig figs eq pp ed eds inc ltd co corp bros dept univ assn est jan feb mar apr jun jul aug sep "
    "sept oct nov dec mt ft ave blvd rd hr hrs min bzw z.b d.h usw ca nr bspw ggf evtl".split()
)


def grapheme_cuts(text: str) -> list[int]:
    r"""The positions where the text may be cut between characters as readers see them, its start and its end included.

    Example:
        >>> grapheme_cuts("e\u0301!"), grapheme_cuts("")
        ([0, 2, 3], [0])
    """
    if text.isascii() and "\r" not in text:
        return list(range(len(text) + 1))
    return [0, *(match.end() for match in _regex().finditer(r"\X", text))]


def word_cuts(text: str) -> list[int]:
    """The positions where a word begins or ends, the start and the end of the text included; blanks are cut off, too.

    Example:
        >>> text = "don't panic, 3.14"
        >>> cuts = word_cuts(text)
        >>> [text[a:b] for a, b in zip(cuts, cuts[1:])]
        ["don't", ' ', 'panic', ',', ' ', '3.14']
    """
    icu = _icu() if is_unspaced(text) else None
    if icu is None:
        cuts = [match.start() for match in _regex().finditer(r"(?V1w)\b", text)]
    else:
        cuts = _of_icu(icu.WordBreaker, text, "en")
    return _whole([0, *cuts, len(text)], text)


def sentence_cuts(text: str) -> list[int]:
    """The positions where a sentence ends, and 0; the blanks behind a sentence belong to it.

    A sentence ends behind ".", "!", "?" or "…" before a blank, behind their forms in other scripts, and with the line;
    but not behind a title, an abbreviation or an initial ("Mr. T", "e.g. this"), behind dots that a small letter
    follows ("well… no"), and in front of what follows a quotation ('"What?" he said'). With the extra `words`, ICU
    finds the ends, except where a text has no capitals, and these rules leave some of them out.

    Example:
        >>> text = "Mr. Smith waited… and waited. Then he left!"
        >>> cuts = sentence_cuts(text)
        >>> [text[a:b] for a, b in zip(cuts, cuts[1:])]
        ['Mr. Smith waited… and waited. ', 'Then he left!']
    """
    icu = None if text == text.lower() != text.upper() else _icu()
    if icu is None:
        ends = (match.end() for match in _END.finditer(text) if _ends(text, match))
    else:
        cuts = _of_icu(icu.SentenceBreaker, text, "en@ss=standard")
        ends = (cut for cut in cuts if _may_end(text, cut))
    found = [0]
    for end in ends:
        if end > found[-1]:
            found.append(_behind_blanks(text, end))
    return _whole([*found, len(text)], text)


def is_unspaced(text: str) -> bool:
    """Whether a text has characters of a script that is written without spaces between words."""
    return _IS_UNSPACED.search(text) is not None


def lacks_dictionary(text: str) -> bool:
    """Whether the words of a text can only be told by a dictionary that is not there."""
    return _RUN.search(text) is not None and _icu() is None


def _may_end(text: str, cut: int) -> bool:
    """Whether the rules for the end of a sentence have nothing against one that ICU found."""
    near = text[max(0, cut - 40) : cut]
    end = cut - len(near) + len(near.rstrip())
    if "\n" in text[end:cut] or "\r" in text[end:cut]:
        return True
    before = [match for match in _END.finditer(text, max(0, end - 20), end + 1) if match.end() == end]
    return all(_ends(text, match) for match in before)


def _ends(text: str, match: re.Match[str]) -> bool:
    mark = match["mark"]
    if mark is None:
        return True
    at = _behind_blanks(text, match.end())
    after = text[at : at + 1]
    if match["close"].strip(")]") and after.islower():
        return False
    if mark == ".":
        before = _BEFORE.search(text, max(0, match.start() - 20), match.start())
        return before is None or not _is_abbreviated(before[0], after)
    return not (set(mark) <= {".", "…"} and after.islower())


def _is_abbreviated(word: str, after: str) -> bool:
    if word.lower() in ("no", "nos"):
        return after.isdigit()
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    return (
        is_initial
        or word.lower() in _ABBREVIATIONS
        or re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", word) is not None
    )


def _behind_blanks(text: str, end: int) -> int:
    found = _BLANKS.match(text, end)
    return end if found is None else found.end()


def _whole(cuts: Iterable[int], text: str) -> list[int]:
    """Cuts in order, each once, without those that would tear a character apart."""
    return sorted(set(cuts).intersection(grapheme_cuts(text)))


def _of_icu(breaker: Callable[..., Iterable[str]], text: str, locale: str) -> list[int]:
    """Where ICU cuts a text; it is given as pieces, for ICU's own positions are those of UTF-16."""
    cuts, end = [], 0
    for piece in breaker("".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text), locale):
        end += len(piece)
        cuts.append(end)
    return cuts


def _regex() -> Any:
    import regex  # takes longer to import than all of textattr

    return regex


def _icu() -> Any:
    if find_spec("icu4py") is None:
        return None
    import icu4py.breakers

    return icu4py.breakers


def cut_at(cuts: list[int], position: int) -> int:
    """The number of the stretch between two cuts that a character stands in.

    Example:
        >>> cut_at([0, 3, 5], 3)
        1
    """
    return bisect_left(cuts, position + 1) - 1
