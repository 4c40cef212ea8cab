"""A chunk of documents, from what the user gave to explanations, in order, each as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textattr.document import WindowedDocument
from textattr.errors import DocumentError, TextAttrError
from textattr.explanation import AnyExplanation
from textattr.pipeline.columns import is_missing, plain
from textattr.pipeline.explain import ExplainBatch, Wanted
from textattr.pipeline.failed_explanation import FailedExplanation

Outcome = AnyExplanation | FailedExplanation

_TOGETHER = 256  # documents that are explained at once, and come out together


@dataclass(frozen=True)
class Given:
    """One document of many, as the user gave it.

    Args:
        index: its position among all of them.
        doc: the document.
        tokens: its tokens, or None.
        wanted: targets, contrast and truth.
    """

    index: int
    doc: Any
    tokens: Any
    wanted: Wanted


@dataclass(frozen=True, eq=False)
class ExplainChunk:
    """What explains some documents side by side.

    Args:
        read_all: documents and their tokens, understood.
        together: the positions of those that can share a batch.
        batch: these, ready to be explained.
    """

    read_all: Callable[[Sequence[Any], Sequence[Any]], list[WindowedDocument]]
    together: Callable[[list[WindowedDocument]], list[list[int]]]
    batch: Callable[[list[WindowedDocument]], ExplainBatch]

    def outcomes(self, given: Sequence[Given]) -> Iterator[Outcome]:
        """An explanation for each document, or why there is none; in order, as soon as all before it are there."""
        done: dict[int, Outcome] = {}
        read: dict[int, WindowedDocument] = {}
        for i, document in enumerate(self._read(given)):
            if isinstance(document, FailedExplanation):
                done[i] = document
            else:
                read[i] = document
        at, following = list(read), 0
        for members in self._groups(list(read.values())):
            chosen = [at[i] for i in members]
            done.update(zip(chosen, self._explain([given[i] for i in chosen], read, chosen), strict=True))
            while following in done:
                yield done.pop(following)
                following += 1
        while following in done:
            yield done.pop(following)
            following += 1

    def _groups(self, documents: list[WindowedDocument]) -> list[list[int]]:
        """Positions that can share a batch, not too many of them, those first whose first document comes first."""
        parts = [
            members[i : i + _TOGETHER]
            for members in (self.together(documents) if documents else [])
            for i in range(0, len(members), _TOGETHER)
        ]
        return sorted(parts, key=lambda members: members[0])

    def _read(self, given: Sequence[Given]) -> list[WindowedDocument | FailedExplanation]:
        """Each document, understood; where one of them cannot be, they are read one by one."""
        try:
            docs = [_document(each.doc) for each in given]
            return list(self.read_all(docs, [each.tokens for each in given]))
        except Exception as error:  # noqa: BLE001  (a tokenizer of the user's raises what it likes; it is handed on)
            if len(given) == 1:
                return [FailedExplanation(given[0].index, given[0].doc, error)]
            half = len(given) // 2
            return self._read(given[:half]) + self._read(given[half:])

    def _explain(
        self, given: Sequence[Given], read: dict[int, WindowedDocument], at: Sequence[int]
    ) -> list[Outcome]:
        """The outcome of each; where one of them fails, halves of them are explained, and halves of these."""
        try:
            batch = self.batch([read[i] for i in at])
            return list(batch.explain([each.wanted for each in given], progress=False))
        except Exception as error:  # noqa: BLE001  (the user's model raises what it likes; it is handed on)
            if len(given) == 1:
                return [FailedExplanation(given[0].index, given[0].doc, error)]
            half = len(given) // 2
            return self._explain(given[:half], read, at[:half]) + self._explain(given[half:], read, at[half:])


def with_position(failed: FailedExplanation) -> Exception:
    """The error to raise, which says at which document it happened: in its message, and as `error.index`."""
    error, where = failed.error, f"document {failed.index}"
    if isinstance(error, TextAttrError):
        told = type(error)(f"{where}: {error}")
        told.__cause__ = error
        error = told
    else:
        error.add_note(f"while explaining {where}")
    error.index = failed.index  # type: ignore[attr-defined]
    return error


def _document(doc: Any) -> Any:
    """A document without the library that it came from."""
    if is_missing(doc):
        raise DocumentError(f"expected a document, got {doc!r}: the value is missing; leave such rows out")
    return plain(doc)
