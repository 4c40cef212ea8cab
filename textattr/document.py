"""A document on its way into the model: what goes in, and which token stands at which position of which text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from textattr.tokenizers.encoding import Encoding

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class TextPart:
    """One text of a document, position by position.

    Args:
        tokens: one string per position, padding included.
        ids: int (T,), or None where the model was given vectors.
        encoding: where the tokens stand in the text; None where there is no text but the tokens themselves.
        between: what joins the tokens where there is no text; None: inferred from the tokens.
        find_tokenizer: tells the text's tokenizer, which other words go through, as those of a baseline.
    """

    tokens: tuple[str, ...]
    ids: Array | None = None
    encoding: Encoding | None = None
    between: str | None = None
    find_tokenizer: Callable[[], Any] | None = None

    @property
    def special_ids(self) -> dict[str, int]:
        """Ids of the "pad", "unknown" and "mask" tokens, as far as the text's own tokenizer tells."""
        if self.encoding is None:
            return {}
        encoding = self.encoding
        named = {"pad": encoding.pad_id, "unknown": encoding.unknown_id, "mask": encoding.mask_id}
        return {name: value for name, value in named.items() if value is not None}

    def at(self, positions: Array) -> TextPart:
        """The tokens at some positions, int (P,), of the same text."""
        return replace(
            self,
            tokens=tuple(self.tokens[i] for i in positions),
            ids=None if self.ids is None else self.ids[positions],
            encoding=None if self.encoding is None else self.encoding.at(positions),
        )


@dataclass(frozen=True, eq=False)
class Document:
    """One document, ready for the model.

    Args:
        inputs: what the model takes for it, without a batch axis.
        parts: the texts in it, by the name of the input; None is the name of an only one.
        warnings: what the reader of the explanation should know.
    """

    inputs: Any
    parts: Mapping[str | None, TextPart]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class WindowedDocument:
    """A document as the user gave it, and what the model reads of it at a time.

    Args:
        document: all of it.
        windows: the documents that the model reads; the document itself where that is short enough.
        text: the name of the text that the windows are cut out of.
        positions: for each window int (P,): where its tokens stand in that text, -1 for padding that only the window
            has; empty where nothing was cut.
    """

    document: Document
    windows: tuple[Document, ...]
    text: str | None = None
    positions: tuple[Array, ...] = ()

    @classmethod
    def uncut(cls, document: Document) -> WindowedDocument:
        """A document that the model reads at once."""
        return cls(document, (document,))

    @property
    def is_cut(self) -> bool:
        """Whether the model does not read the document itself."""
        return bool(self.positions)
