"""What a user passes as `tokens=`: one string per position of a document that is no text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set, Sized
from itertools import islice
from typing import Any

import numpy.typing as npt

from textattr.checks import shown
from textattr.errors import TokensError


def names_of(
    tokens: Any, count: int, ids: npt.NDArray[Any] | None, sentences: int | None = None
) -> tuple[str, ...]:
    """One name per position.

    Args:
        tokens: strings in the order of the positions, in any iterable; with `sentences`, one of these for each. None:
            the ids themselves, or the positions where there are none.
        count: how many positions there are.
        ids: int (T,), or None where the model was given vectors.
        sentences: how many sentences the ids are made of, as far as they are.

    Raises:
        TokensError: for anything else, or another number of tokens.
    """
    if tokens is None:
        return tuple(str(i) for i in (range(count) if ids is None else ids))
    found = listed(tokens, count)
    if found and _is_list(found[0]):
        if len(found) != sentences:
            wanted = "one list of strings" if sentences is None else f"{sentences} lists of strings"
            raise TokensError(f"expected tokens= as {wanted}, got {len(found)} lists: {shown(found)}")
        found = [token for sentence in found for token in _items(sentence, count)]
    if len(found) != count:
        is_cut = len(found) > count and not isinstance(tokens, Sized)
        got = f"more than {count}" if is_cut else len(found)
        raise TokensError(f"expected one token per id: got {got} tokens and {count} ids")
    for token in found:
        if not isinstance(token, str):
            raise TokensError(f"expected tokens as strings, got {shown(token)} ({type(token).__name__})")
    return tuple(str(token) for token in found)


def names_by_input(tokens: Any, names: Collection[str], lengths: Mapping[str, int]) -> dict[str, Any]:
    """The tokens of each input of a model that has several.

    Args:
        tokens: a dict by input, or one list for all inputs of that length.
        names: the inputs.
        lengths: how many positions each input has that is no text.

    Raises:
        TokensError: for a name that is none, or tokens that fit no input.
    """
    if tokens is None:
        return {}
    if isinstance(tokens, Mapping):
        unknown = [str(name) for name in tokens if name not in names]
        if unknown:
            raise TokensError(f"tokens= names {', '.join(unknown)}, but the inputs are {', '.join(names)}")
        return dict(tokens)
    found = listed(tokens, max(lengths.values(), default=0))
    fitting = [name for name, length in lengths.items() if length == len(found)]
    if not fitting:
        raise TokensError(
            f"got {len(found)} tokens, but no input of that length: the inputs are "
            + (", ".join(f"{name} ({length})" for name, length in lengths.items()) or "all texts")
        )
    return dict.fromkeys(fitting, found)


def listed(tokens: Any, most: int) -> list[Any]:
    """The tokens as a list, without a batch axis of 1; of an iterator, one more than `most` at the most.

    Raises:
        TokensError: for what is no list of tokens, or has no order.
    """
    found = _items(tokens, most)
    return _items(found[0], most) if len(found) == 1 and _is_list(found[0]) else found


def _items(tokens: Any, most: int) -> list[Any]:
    if isinstance(tokens, str | bytes):
        raise TokensError(
            f"expected tokens= as a list of strings, got one string: {shown(tokens)}; write list(...)?"
        )
    if isinstance(tokens, Mapping | Set):
        raise TokensError(
            f"expected tokens= as a list of strings in the order of the ids, got {type(tokens).__name__}: "
            f"{shown(tokens)}"
        )
    try:
        items = iter(tokens)
    except TypeError as error:
        raise TokensError(f"expected tokens= as a list of strings, got {shown(tokens)}") from error
    return list(items if isinstance(tokens, Sized) else islice(items, most + 1))


def _is_list(token: Any) -> bool:
    return (
        isinstance(token, Iterable) and not isinstance(token, str | bytes) and getattr(token, "ndim", 1) > 0
    )
