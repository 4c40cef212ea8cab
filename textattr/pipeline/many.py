"""Many documents with what is wanted of each, some of them held at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from textattr.pipeline.chunk import ExplainChunk, Given, Outcome
from textattr.pipeline.columns import is_column, is_missing, plain
from textattr.pipeline.several import entries_of, next_of, require_as_many

HELD = 1024  # documents that are held at once, to bring equal lengths together


def given_documents(
    docs: Iterator[Any], count: int | None, tokens: Any, targets: Any, against: Any, truth: Any
) -> Iterator[Given]:
    """Each document with its own tokens, targets, contrast and truth.

    Args:
        docs: the documents, one after the other.
        count: how many there are, or None where they do not tell.
        tokens: one list of strings per document, or None.
        targets: one for all, or a column with one entry per document.
        against: likewise.
        truth: likewise.

    Raises:
        OptionError: for a column of another length, as soon as that is known.
    """
    for_all = {"targets": targets, "against": against, "truth": truth}
    columns = {name: given for name, given in for_all.items() if is_column(given)}
    columns |= {} if tokens is None else {"tokens": tokens}
    each = {name: entries_of(given, name, count) for name, given in columns.items()}
    return _given(docs, for_all, columns, each)


def _given(
    docs: Iterator[Any], for_all: dict[str, Any], columns: dict[str, Any], each: dict[str, Iterator[Any]]
) -> Iterator[Given]:
    seen = 0
    for doc in docs:
        own = for_all | {name: _entry(next_of(entries, name, seen)) for name, entries in each.items()}
        yield Given(seen, doc, own.get("tokens"), (own["targets"], own["against"], own["truth"]))
        seen += 1
    for name, given in columns.items():
        require_as_many(given, name, seen)


def _entry(value: Any) -> Any:
    return None if is_missing(value) else plain(value)


def outcomes_of(given: Iterator[Given], chunk: ExplainChunk) -> Iterator[Outcome]:
    """The outcome of each document, in order. Where the documents break off with an error, those before come first."""
    error: Exception | None = None
    while error is None:
        held: list[Given] = []
        try:
            for each in islice(given, HELD):
                held.append(each)  # noqa: PERF402  (what came before an error is kept)
        except Exception as broken:  # noqa: BLE001  (what gives the documents raises what it likes; raised below)
            error = broken
        if not held:
            break
        yield from chunk.outcomes(held)
    if error is not None:
        raise error
