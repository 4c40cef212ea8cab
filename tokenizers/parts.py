"""What an `Encoding` is made of, checked: as many of everything as there are ids, and offsets that index the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import index
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import TokenizerError
from textattr.tokenizers.checks import are_whole


def checked_parts(
    ids: Any, tokens: Any, offsets: Any, special: Any, text_of: Any, words: Any
) -> dict[str, Any]:
    """The parts of an `Encoding` that have one entry per position, as it holds them.

    Raises:
        TokenizerError: for parts of different length, or entries of another kind.
    """
    numbers = _ids(ids)
    count = len(numbers)
    parts: dict[str, Any] = {"ids": numbers}
    given = {"tokens": tokens, "offsets": offsets, "special": special, "text_of": text_of, "words": words}
    for name, kind in _KINDS.items():
        if given[name] is None and name in _DEFAULTS:
            parts[name] = (_DEFAULTS[name],) * count
            continue
        entries = _entries(given[name], name)
        if len(entries) != count:
            raise TokenizerError(
                f"an Encoding needs one entry of {name} per id: got {count} ids and {len(entries)} {name}"
            )
        parts[name] = tuple(entries) if _are_plain(entries, name) else tuple(map(kind, entries))
    return parts


def checked_texts(text: Any, original: Any, texts: Any) -> dict[str | None, str]:
    """The texts that offsets may index, by name; None is the name of the text of an `Encoding` itself.

    Raises:
        TokenizerError: for what is no string.
    """
    if not isinstance(text, str) or not isinstance(original, str | None):
        wrong = original if isinstance(text, str) else text
        raise TokenizerError(
            f"the text of an Encoding is a string, got {shown(wrong)} ({type(wrong).__name__})"
        )
    if texts is None:
        return {None: text}
    if not isinstance(texts, Mapping) or not all(isinstance(t, str) for both in texts.items() for t in both):
        raise TokenizerError(f"texts= of an Encoding is a dict of strings by name, got {shown(texts)}")
    return {None: text, **texts}


def require_places(
    offsets: Sequence[tuple[int, int]], names: Sequence[str | None], texts: Mapping[str | None, str]
) -> None:
    """Refuse offsets that index no characters of their text, or come in another order than its characters.

    Args:
        offsets: (start, end) of each token; those of no characters, as (0, 0), may stand anywhere.
        names: of the text that the offsets of each token index.
        texts: the texts by name.

    Raises:
        TokenizerError: for the first of them.
    """
    last: dict[str | None, tuple[int, int]] = {}
    for position, ((start, end), name) in enumerate(zip(offsets, names, strict=True)):
        if name not in texts:
            raise TokenizerError(f"text_of= of an Encoding names the text {name!r}, which is none of texts=")
        if not 0 <= start <= end <= len(texts[name]):
            raise TokenizerError(
                f"offsets are (start, end) with 0 <= start <= end <= {len(texts[name])}, the length of the text; got "
                f"({start}, {end}) at position {position}"
            )
        before = last.get(name, (0, 0))
        if start < end and (start < before[0] or end < before[1]):
            raise TokenizerError(
                f"offsets follow the order of the text, got ({start}, {end}) at position {position} behind {before}: "
                "where the model reads the words in another order, let text be the tokens joined in that order"
            )
        last[name] = (start, end) if start < end else before


def checked_stretches(
    given: Any, texts: Mapping[str | None, str]
) -> dict[str | None, tuple[tuple[int, int], ...]]:
    """Stretches (start, end) of each text, by its name.

    Raises:
        TokenizerError: for anything else, and for what lies outside its text.
    """
    if not isinstance(given, Mapping):
        raise TokenizerError(
            f"unread= of an Encoding is a dict of stretches (start, end) by text, got {shown(given)}"
        )
    stretches = {
        name: tuple(_offset(each) for each in _entries(of_text, "unread")) for name, of_text in given.items()
    }
    for name, found in stretches.items():
        if name not in texts or not all(0 <= start <= end <= len(texts[name]) for start, end in found):
            raise TokenizerError(f"unread= of an Encoding lies within its texts, got {found} for {name!r}")
    return stretches


def _ids(given: Any) -> Any:
    try:
        array = np.asarray(given)
    except Exception as error:  # arrays of other libraries raise what they like
        raise TokenizerError(f"the ids of an Encoding are whole numbers, got {shown(given)}") from error
    whole = array.dtype.kind in "iu" or array.size == 0 or array.dtype.kind == "f" and are_whole(array)
    if array.ndim != 1 or not whole:
        raise TokenizerError(
            f"the ids of an Encoding are whole numbers of shape (T,), got {shown(given)} of shape {array.shape}"
        )
    if array.size and array.max() >= 2**63:
        raise TokenizerError(f"the ids of an Encoding fit into int64, got {array.max()}")
    ids = np.array(array, dtype=np.int64)
    ids.flags.writeable = False
    return ids


def _are_plain(entries: list[Any], name: str) -> bool:
    """Whether all entries are of the very type that the `Encoding` holds: checked one by one they take long."""
    if name == "offsets":
        pairs = set(map(type, entries)) <= {tuple} and set(map(len, entries)) <= {2}
        return pairs and set(map(type, chain.from_iterable(entries))) <= {int}
    is_plain = set(map(type, entries)) <= _PLAIN[name]
    return is_plain and (name != "words" or min(filter(None, entries), default=0) >= 0)


def _entries(given: Any, name: str) -> list[Any]:
    if isinstance(given, str | bytes):
        raise TokenizerError(f"{name} of an Encoding is a list with one entry per id, got {shown(given)}")
    try:
        return list(given)
    except TypeError as error:
        raise TokenizerError(
            f"{name} of an Encoding is a list with one entry per id, got {shown(given)}"
        ) from error


def _token(given: Any) -> str:
    if not isinstance(given, str):
        raise TokenizerError(
            f"the tokens of an Encoding are strings, got {shown(given)} ({type(given).__name__})"
        )
    return given


def _offset(given: Any) -> tuple[int, int]:
    try:
        start, end = given
        return index(start), index(end)
    except (TypeError, ValueError) as error:
        raise TokenizerError(
            f"the offsets of an Encoding are pairs of whole numbers (start, end), got {shown(given)}"
        ) from error


def _flag(given: Any) -> bool:
    if not isinstance(given, bool | np.bool_ | int | np.integer):
        raise TokenizerError(f"special of an Encoding is True or False for each id, got {shown(given)}")
    return bool(given)


def _name(given: Any) -> str | None:
    if not isinstance(given, str | None):
        raise TokenizerError(f"text_of of an Encoding is the name of a text or None, got {shown(given)}")
    return given


def _word(given: Any) -> int | None:
    try:
        number = None if given is None else index(given)
    except TypeError:
        number = -1
    if number is not None and number < 0:
        raise TokenizerError(
            f"words of an Encoding are numbers from 0 up, or None for each id, got {shown(given)}"
        )
    return number


_KINDS = {"tokens": _token, "offsets": _offset, "special": _flag, "text_of": _name, "words": _word}
_PLAIN: dict[str, set[type]] = {
    "tokens": {str},
    "special": {bool},
    "text_of": {str, type(None)},
    "words": {int, type(None)},
}
_DEFAULTS = {"special": False, "text_of": None, "words": None}
