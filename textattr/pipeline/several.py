"""Several documents, and lists with one entry for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from textattr.checks import shown
from textattr.errors import DocumentError, OptionError
from textattr.pipeline.columns import is_table, length_of, names_of
from textattr.tokenizers.encoding import Encoding

_MOST_NAMES = 10  # of columns, in a message


def one_by_one(docs: Any, caller: str) -> tuple[Iterator[Any], int | None]:
    """The documents one after the other, and how many there are, as far as they tell.

    Raises:
        DocumentError: for a single document, or what holds none.
    """
    if is_table(docs):  # iterating over a data frame gives the names of its columns
        raise DocumentError(
            f"{caller} takes documents, got a {type(docs).__name__}: pass the column that holds the texts, as "
            f'df["text"]; it has {", ".join(map(repr, names_of(docs)[:_MOST_NAMES]))}'
        )
    entries = None if isinstance(docs, str | bytes | Mapping | Encoding) else _iterated(docs)
    if entries is None:
        got = "one string" if isinstance(docs, str) else f"one {type(docs).__name__}"
        raise DocumentError(f"{caller} takes several documents, got {got}: pass [document]")
    return entries, length_of(docs)


def entries_of(given: Any, name: str, count: int | None) -> Iterator[Any]:
    """What an argument gives for each document, one after the other; `count` is how many documents there are.

    Raises:
        OptionError: for what is no list, or too long or short a one.
    """
    entries = None if isinstance(given, str | bytes | Mapping | Set) else _iterated(given)
    if entries is None or is_table(given):
        raise OptionError(f"expected {name}= as a list with one entry per document, got {shown(given)}")
    if count is not None:
        require_as_many(given, name, count)
    return entries


def require_as_many(given: Any, name: str, count: int) -> None:
    """Refuse a list of more or fewer entries than there are documents.

    Raises:
        OptionError: which says how many of each there are.
    """
    length = length_of(given)
    if length is not None and length != count:
        raise OptionError(f"expected one entry of {name}= per document: got {length} for {count} documents")


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
