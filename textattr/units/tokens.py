"""Which tokens make a unit: a word, a sentence, or stretches of the text that a user names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import OptionError
from textattr.explanation import Token
from textattr.frozen import Array
from textattr.units.boundaries import (
    cut_at,
    grapheme_cuts,
    is_unspaced,
    sentence_cuts,
    word_cuts,
)

Units = str | Callable[[str], Iterable[tuple[int, int]]] | Sequence[tuple[int, int]]
"""`"words"`, `"sentences"`, stretches (start, end) of the text, or a function of the text that gives such stretches."""

Belong = Callable[[int, int], bool]  # whether two tokens that follow each other in the text make one unit

NAMES = {"words": "word", "sentences": "sentence"}
GROUP = "group"  # what a unit of a user's own is called


def require_units(units: Any, what: str) -> Units:
    """Pass a rule for units through; `what` says in the error where it was given.

    Raises:
        OptionError: for anything that is none.
    """
    is_known = isinstance(units, str) and units in NAMES
    if is_known or callable(units) or is_stretches(units):
        return units  # type: ignore[no-any-return]
    raise OptionError(
        f"{what}: expected 'words', 'sentences', stretches of the text as [(start, end), ...], or a function of the "
        f"text that gives such stretches, got {shown(units)}"
    )


def is_stretches(units: Any) -> bool:
    """Whether it is a list of pairs of whole numbers, each a tuple."""
    return (
        isinstance(units, list | tuple)
        and len(units) > 0
        and all(isinstance(each, tuple) and len(each) == 2 for each in units)
        and all(_is_whole(number) for each in units for number in each)
    )


def unit_of_tokens(document: str, tokens: Sequence[Token], units: Units, what: str = "merge") -> Array:
    """The number of the unit that each token belongs to, int (T,), counted in the order of their first tokens.

    Tokens of one word are those to which the tokenizer gives one number of a word, else those that lie in one word of
    Unicode; in scripts without spaces, which tokenizers take for one long word, both. A token that lies in several
    words or sentences makes one of them. Tokens that share a character, as its bytes do, are never told apart. Special
    tokens and those without characters are units of their own, and so are those that lie in no stretch.

    Args:
        document: the text.
        tokens: where they stand in it.
        units: the rule.
        what: where it was given, for the error.

    Raises:
        OptionError: for stretches that overlap, lie outside the text, or cut a token, and a function that gives none.

    Example:
        >>> tokens = [Token("un", 0, 2), Token("do", 2, 4), Token("it", 5, 7)]
        >>> unit_of_tokens("undo it", tokens, "words").tolist()
        [0, 0, 1]
    """
    order = _in_text(tokens)
    places = [_Place(tokens[i], *without_blanks(document, tokens[i].start, tokens[i].end)) for i in order]
    return (
        _joined(document, tokens, order, _rule(document, places, units, what)) if places else _alone(tokens)
    )


def unit_of_groups(document: str, tokens: Sequence[Token], groups: Array) -> Array:
    """The same of groups, int (T,): tokens of one number that follow each other are one unit, those of -1 none."""
    order = _in_text(tokens)
    numbers = groups[order].tolist()
    return _joined(document, tokens, order, lambda a, b: numbers[a] == numbers[b] != -1)


def _in_text(tokens: Sequence[Token]) -> list[int]:
    """The tokens that stand for characters, in the order of these."""
    placed = (i for i, token in enumerate(tokens) if token.end > token.start and not token.is_special)
    return sorted(placed, key=lambda i: (tokens[i].start, tokens[i].end))


def _alone(tokens: Sequence[Token]) -> Array:
    return np.arange(len(tokens))


def _joined(document: str, tokens: Sequence[Token], order: Sequence[int], belong: Belong) -> Array:
    """Units of the tokens in `order`: those belong together that share a character, or of which a rule says so."""
    cuts = grapheme_cuts(document)
    found = np.full(len(tokens), -1)
    end, unit = 0, -1  # where the characters of the unit end
    for k, i in enumerate(order):
        shares = k > 0 and (tokens[i].start < end or _ceiling(cuts, end) > tokens[i].start)
        unit += not (k and (shares or belong(k - 1, k)))
        end = max(end, tokens[i].end)
        found[i] = unit
    return _counted(found)


def without_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch of the text without the blanks at its ends; one of blanks alone as it is.

    Example:
        >>> without_blanks("so good", 2, 7), without_blanks("so good", 2, 3)
        ((3, 7), (2, 3))
    """
    piece = text[start:end]
    if not piece.strip():
        return start, end
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def whole_characters(cuts: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """A stretch, widened to characters as readers see them."""
    return cuts[bisect_right(cuts, start) - 1], _ceiling(cuts, end)


@dataclass(frozen=True, slots=True)
class _Place:
    """A token and its characters, blanks left out."""

    token: Token
    start: int
    end: int


def _rule(document: str, places: Sequence[_Place], units: Units, what: str) -> Belong:
    if isinstance(units, str):
        return _by_word(document, places) if units == "words" else _by_cuts(sentence_cuts(document), places)
    number = _stretch_of_tokens(document, places, stretches_of(document, units, what), what)
    return lambda a, b: number[a] is not None and number[a] == number[b]


def _by_cuts(cuts: list[int], places: Sequence[_Place]) -> Belong:
    """Those that have a stretch between two cuts in common."""
    return lambda a, b: cut_at(cuts, places[a].end - 1) >= cut_at(cuts, places[b].start)


def _by_word(document: str, places: Sequence[_Place]) -> Belong:
    of_unicode = _by_cuts(word_cuts(document), places)

    def belong(a: int, b: int) -> bool:
        one, other = places[a], places[b]
        if one.token.word is None or other.token.word is None:
            return of_unicode(a, b)
        if one.token.word != other.token.word:
            return False
        unspaced = is_unspaced(document[one.end - 1]) and is_unspaced(document[other.start])
        return not unspaced or of_unicode(a, b)

    return belong


def stretches_of(document: str, units: Any, what: str) -> list[tuple[int, int]]:
    """The stretches that a user means, in order, checked.

    Raises:
        OptionError: for what are none, and for those that overlap or lie outside the text.
    """
    given = units
    if callable(units):
        try:
            given = units(document)
            given = (
                list(given) if hasattr(given, "__iter__") and not isinstance(given, str | bytes) else given
            )
        except Exception as error:  # a user's function raises what it likes
            raise OptionError(
                f"{what}: expected a function of the text that gives stretches [(start, end), ...], but {shown(units)} "
                f"raised {type(error).__name__}: {shown(str(error))}"
            ) from error
    is_list = isinstance(given, list | tuple) and all(isinstance(each, list | tuple) for each in given)
    if not is_list or not all(len(each) == 2 and all(map(_is_whole, each)) for each in given):
        raise OptionError(
            f"{what}: expected stretches of the text as [(start, end), ...] of whole numbers, got {shown(given)}"
        )
    stretches = sorted((int(start), int(end)) for start, end in given)
    last = (0, 0)
    for start, end in stretches:
        if not 0 <= start < end <= len(document):
            raise OptionError(
                f"{what}: expected stretches inside the text, which has {len(document)} characters, got {(start, end)}"
            )
        if start < last[1]:
            raise OptionError(
                f"{what}: expected stretches that do not overlap, got {last} and {(start, end)}"
            )
        last = (start, end)
    return stretches


def _stretch_of_tokens(
    document: str, places: Sequence[_Place], stretches: Sequence[tuple[int, int]], what: str
) -> list[int | None]:
    """The number of the stretch that each token lies in; None where it lies in none."""
    starts = [start for start, _ in stretches]
    numbers: list[int | None] = []
    for place in places:
        number = bisect_right(starts, place.end - 1) - 1
        if number < 0 or stretches[number][1] <= place.start:
            numbers.append(None)
            continue
        start, end = stretches[number]
        if place.start < start or end < place.end:
            raise OptionError(
                f"{what}: expected stretches of whole tokens, but ({start}, {end}) cuts the token "
                f"{shown(document[place.start : place.end])} at ({place.start}, {place.end})"
            )
        numbers.append(number)
    return numbers


def _counted(found: Array) -> Array:
    """Numbers in the order of first tokens; -1, a token without characters, gets one of its own."""
    names: dict[Any, int] = {}
    return np.array(
        [
            names.setdefault(("alone", i) if number < 0 else number, len(names))
            for i, number in enumerate(found.tolist())
        ],
        dtype=int,
    )


def _ceiling(cuts: Sequence[int], position: int) -> int:
    return cuts[bisect_right(cuts, position - 1)] if position else 0


def _is_whole(number: Any) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)
