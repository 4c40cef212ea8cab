"""Offsets for a tokenizer that gives tokens only: found by running it again on parts of the text."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

Offsets = tuple[int, int]
Read = Callable[[Sequence[str]], list[list[bytes]]]

_LETTER = re.compile(r"\w")
_OTHER = ("q", "x")  # letters that stand for others
_SHORT = 64  # characters: in a stretch up to this long, every place is tried as a cut
_TRIES = 32  # places to cut that are tried in a longer one


def place(text: str, tokens: Sequence[bytes], read: Read, *, may_share: bool) -> tuple[str, list[Offsets]]:
    """The document, which is `text` where that can be, and where each token stands in it.

    Args:
        text: the text that was read.
        tokens: what was read in it.
        read: reads other texts in the same way.
        may_share: the tokens of a word that cannot be cut may all stand at that word; else all tokens are joined.
    """
    written = [token.decode(errors="replace") for token in tokens]
    places = _align(text, written)
    if places is None and may_share:  # tokens that may not share a place would share those that are found so
        places = _probe(text, tokens, read)
    if places is not None and (may_share or len(set(places)) == len(places)):
        return text, places
    return joined(written)


def place_in_part(text: str, tokens: Sequence[bytes], read: Read) -> list[Offsets] | None:
    """Where each token stands in a text of which only the beginning, or the end, is read; None where that is not so.

    What lies beyond the tokens is changed, and has to be read as the same tokens.

    Args:
        text: the text that was read.
        tokens: what was read in it.
        read: reads other texts in the same way.
    """
    wanted = [token.decode(errors="replace").translate(_FOLDED) for token in tokens]
    folded = text.translate(_FOLDED)
    in_front = _found(folded, wanted)
    behind = _found(folded[::-1], [token[::-1] for token in wanted[::-1]])
    at_end = behind and [(len(text) - end, len(text) - start) for start, end in behind[::-1]]
    for places, is_front in ((in_front, True), (at_end, False)):
        if not places:
            continue
        start, end = (0, places[-1][1]) if is_front else (places[0][0], len(text))
        others = [_OTHER[0].join(_LETTER.split(part)) for part in (text[:start], text[end:])]
        more = [_OTHER[1].join(_LETTER.split(part)) for part in (text[:start], text[end:])]
        changed = [before + text[start:end] + after for before, after in (others, more)]
        shifted = [(a - start, b - start) for a, b in places]
        same = all([token for token in row if token] == list(tokens) for row in read(changed))
        if same and _leaves_out_marks(text[start:end], shifted):
            return places
    return None


def joined(written: Sequence[str]) -> tuple[str, list[Offsets]]:
    """A document of tokens alone, one after the other, and where each of them stands in it."""
    between = " | " if any(character.isspace() for token in written for character in token) else " "
    ends = np.cumsum([len(token) + len(between) for token in written]) - len(between)
    return between.join(written), [
        (int(end) - len(t), int(end)) for end, t in zip(ends, written, strict=True)
    ]


def _align(text: str, tokens: Sequence[str]) -> list[Offsets] | None:
    """Find tokens in order, in any case, where they leave out nothing but white space and ASCII punctuation.

    As every letter of the text then belongs to a token, there is only one way to do so.
    """
    folded, wanted = text.translate(_FOLDED), [token.translate(_FOLDED) for token in tokens]
    places = _found(folded, wanted)
    if places is None or not _leaves_out_marks(text, places):
        kept = [i for i, character in enumerate(text) if character not in _MARKS]
        within = _found(folded.translate(_NO_MARKS), wanted)
        places = None if within is None else [(kept[start], kept[end - 1] + 1) for start, end in within]
    return places if places is not None and _leaves_out_marks(text, places) else None


def _found(text: str, tokens: Sequence[str]) -> list[Offsets] | None:
    """The first place of each token behind that of the one before; None where one is not there."""
    places = []
    end = 0
    for token in tokens:
        start = text.find(token, end)
        if start < 0:
            return None
        end = start + len(token)
        places.append((start, end))
    return places


def _leaves_out_marks(text: str, places: Sequence[Offsets]) -> bool:
    """Whether nothing but white space and ASCII punctuation stands between the places."""
    edges = [(0, 0), *places, (len(text), len(text))]
    left_out = set("".join(text[end:start] for (_, end), (start, _) in pairwise(edges)))
    return all(character.isspace() or character in _MARKS for character in left_out)


class _Folded(dict[int, int]):
    """Lower case, one character for each, by code point: "İ", which would become two, stays."""

    def __missing__(self, code: int) -> int:
        lower = chr(code).lower()
        self[code] = ord(lower) if len(lower) == 1 else code
        return self[code]


_MARKS = frozenset(string.punctuation)
_FOLDED = _Folded()
_NO_MARKS = str.maketrans("", "", string.punctuation)


def _probe(text: str, tokens: Sequence[bytes], read: Read) -> list[Offsets] | None:
    """Ask the layer which stretch of the text each token comes from; None where it cannot tell tokens apart."""
    stretches = sorted(_stretches(text, read))
    read_alone = _read_nonempty(text, stretches, read)
    if [token for row in read_alone for token in row] != tokens:
        return None
    places: list[Offsets] = []
    for (start, end), row in zip(stretches, read_alone, strict=True):
        stretch = text[start:end]
        one = len(row) == 1 or len(stretch) == 1 or not any(character.isspace() for character in stretch)
        within = _align(stretch, [token.decode(errors="replace") for token in row])
        if row and within is not None:
            places += [(start + a, start + b) for a, b in within]
        elif row and not (stretch and one):
            return None
        else:
            places += [(start, end)] * len(row)
    return places


def _stretches(text: str, read: Read) -> list[Offsets]:
    """Cut the text wherever the layer reads the two sides, each alone, as it reads them together."""
    done: list[Offsets] = []
    todo = [(0, len(text))]
    while todo:
        trials = [(start, cut, end) for start, end in todo for cut in _cuts(text, start, end)]
        whole = dict(zip(todo, _read_nonempty(text, todo, read), strict=True))
        left = _read_nonempty(text, [(start, cut) for start, cut, _ in trials], read)
        right = _read_nonempty(text, [(cut, end) for _, cut, end in trials], read)
        cuts: dict[Offsets, list[int]] = {stretch: [] for stretch in todo}
        for (start, cut, end), before, behind in zip(trials, left, right, strict=True):
            if before + behind == whole[start, end]:
                cuts[start, end].append(cut)
        todo = []
        for (start, end), places in cuts.items():
            goes_on = places and end - start > _SHORT
            (todo if goes_on else done).extend(pairwise([start, *places, end]))
    return done


def _cuts(text: str, start: int, end: int) -> Sequence[int]:
    """Where to try a cut: everywhere in a short stretch, near the middle of a long one, if possible before a space."""
    everywhere = range(start + 1, end)
    if end - start <= _SHORT:
        return everywhere
    spaces = [start + match.start() for match in re.finditer(r"(?<=\S)\s", text[start:end])]
    middle = (start + end) / 2
    return sorted(sorted(spaces or everywhere, key=lambda place: abs(place - middle))[:_TRIES])


def _read_nonempty(text: str, stretches: Sequence[Offsets], read: Read) -> list[list[bytes]]:
    """The tokens of each stretch, without the empty ones that rows of different length are filled up with."""
    return [[token for token in row if token] for row in read([text[start:end] for start, end in stretches])]
