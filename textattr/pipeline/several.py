"""Several documents, and lists with one entry for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set, Sized
from typing import Any

from textattr.checks import shown
from textattr.errors import DocumentError, OptionError
from textattr.tokenizers.encoding import Encoding


def one_by_one(docs: Any, caller: str) -> tuple[Iterator[Any], int | None]:
    """The documents one after the other, and how many there are, as far as they tell.

    Raises:
        DocumentError: for a single document, or what holds none.
    """
    if hasattr(docs, "columns"):  # iterating over a data frame gives the names of its columns
        raise DocumentError(f"{caller} takes documents, got a {type(docs).__name__}: pass one of its columns")
    entries = None if isinstance(docs, str | bytes | Mapping | Encoding) else _iterated(docs)
    if entries is None:
        got = "one string" if isinstance(docs, str) else f"one {type(docs).__name__}"
        raise DocumentError(f"{caller} takes several documents, got {got}: pass [document]")
    return entries, len(docs) if isinstance(docs, Sized) else None


def entries_of(given: Any, name: str, count: int | None) -> Iterator[Any]:
    """What an argument gives for each document, one after the other; `count` is how many documents there are.

    Raises:
        OptionError: for what is no list, or too long or short a one.
    """
    entries = None if isinstance(given, str | bytes | Mapping | Set) else _iterated(given)
    if entries is None:
        raise OptionError(f"expected {name}= as a list with one entry per document, got {shown(given)}")
    if count is not None:
        require_as_many(given, name, count)
    return entries


def require_as_many(given: Any, name: str, count: int) -> None:
    """Refuse a list of more or fewer entries than there are documents.

    Raises:
        OptionError: which says how many of each there are.
    """
    if isinstance(given, Sized) and len(given) != count:
        raise OptionError(
            f"expected one entry of {name}= per document: got {len(given)} for {count} documents"
        )


def next_of(entries: Iterator[Any], name: str, seen: int) -> Any:
    """The entry of the next document, after `seen` of them.

    Raises:
        OptionError: when there is none.
    """
    for entry in entries:
        return entry
    raise OptionError(
        f"expected one entry of {name}= per document: got {seen} for {seen + 1} documents or more"
    )


def _iterated(given: Any) -> Iterator[Any] | None:
    """What an iterable gives; None for what is none, as an array without axes."""
    try:
        entries: Iterator[Any] = iter(given)
    except TypeError:
        return None
    return entries
