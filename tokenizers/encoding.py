"""`Encoding`: a text as the model reads it, with the way back to the characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from textattr.checks import shown
from textattr.errors import TokenizerError
from textattr.tokenizers.checks import require_count, require_id
from textattr.tokenizers.parts import checked_parts, checked_stretches, checked_texts, require_places


@dataclass(frozen=True, eq=False)
class Encoding:
    """One text, encoded: what the model takes, and where each token stands in the text.

    Args:
        text: the text itself; the offsets index it.
        ids: one id per position, int, shape (T,), padding included.
        tokens: one string per position, as long as `ids`.
        offsets: half-open character positions (start, end) in `text`, one pair per position; (0, 0) where a
            position stands for no characters (padding, special tokens).
        special: one bool per position: True for tokens that the tokenizer added (start, end, padding).
        pad_id: the id that fills up a shorter text, or None where there is none.
        inputs: everything the model takes for this text, without a batch axis: None when that is `ids` alone.
        untruncated_length: how many tokens the text had before it was cut to a fixed length; None: not cut.
        texts: the texts by name, where several are packed into one input, as in "[CLS] premise [SEP] hypothesis [SEP]".
        text_of: for each position the name of the text that its offsets index; None where it belongs to none.
        words: for each position the number of the word that its token is a piece of, None where that is not known.
        unread: stretches (start, end) that were cut off, by the text's name (None where there is one alone).
        original: the text as it was given, where `text` is another: what a model of strings is asked about; None
            where they are the same.
        warnings: what the reader of an explanation should know of how the text was read.

    Raises:
        TokenizerError: when `tokens`, `offsets`, `special`, `text_of` or `words` are not as long as `ids`, or something
            is of another kind; for offsets outside the text, or out of its order. They may overlap.

    Example:
        >>> Encoding(text="so good", ids=[4, 7], tokens=("so", "good"), offsets=((0, 2), (3, 7)))
        Encoding('so good', 2 tokens)
    """

    text: str
    ids: npt.NDArray[np.int64]
    tokens: Sequence[str]
    offsets: Sequence[tuple[int, int]]
    special: Sequence[bool] | None = None
    pad_id: int | None = None
    unknown_id: int | None = None
    mask_id: int | None = None
    inputs: Mapping[str, Any] | None = None
    untruncated_length: int | None = None
    texts: Mapping[str, str] | None = None
    text_of: Sequence[str | None] | None = None
    original: str | None = None
    words: Sequence[int | None] | None = None
    unread: Mapping[str | None, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parts = checked_parts(self.ids, self.tokens, self.offsets, self.special, self.text_of, self.words)
        for name, value in parts.items():
            object.__setattr__(self, name, value)
        for name in ("pad_id", "unknown_id", "mask_id"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, require_id(getattr(self, name), f"{name}="))
        object.__setattr__(
            self, "untruncated_length", require_count(self.untruncated_length, "untruncated_length=")
        )
        texts = checked_texts(self.text, self.original, self.texts)
        require_places(self.offsets, self.text_of or (), texts)
        object.__setattr__(self, "unread", checked_stretches(self.unread, texts))
        if not isinstance(self.warnings, tuple | list) or not all(isinstance(w, str) for w in self.warnings):
            raise TokenizerError(f"warnings= of an Encoding are strings, got {shown(self.warnings)}")
        object.__setattr__(self, "warnings", tuple(self.warnings))
        if self.inputs is not None and not (isinstance(self.inputs, Mapping) and self.inputs):
            raise TokenizerError(
                f"inputs= of an Encoding is a dict of what the model takes, by the names of its inputs, got "
                f"{shown(self.inputs)}"
            )

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, positions: Sequence[int] | npt.NDArray[Any]) -> Encoding:
        """The tokens at some positions alone, in that order; the offsets index the same text.

        Inputs with one entry per position are cut likewise, others stay.

        Example:
            >>> Encoding("so good", ids=[4, 7], tokens=("so", "good"), offsets=((0, 2), (3, 7))).at([1]).tokens
            ('good',)
        """
        at = np.asarray(positions, np.int64)
        cut: dict[str, Any] = {
            name: tuple(entries[i] for i in at)
            for name in ("tokens", "offsets", "special", "text_of", "words")
            if (entries := getattr(self, name)) is not None
        }
        if self.inputs is not None:
            cut["inputs"] = {
                name: np.asarray(value)[at] if np.shape(value)[:1] == (len(self),) else value
                for name, value in self.inputs.items()
            }
        return replace(self, ids=self.ids[at], untruncated_length=None, unread={}, **cut)

    def __repr__(self) -> str:
        return f"Encoding({self.text!r}, {len(self)} tokens)"


@runtime_checkable
class Tokenizer(Protocol):
    """Turns a text into an [Encoding][]. That is all: one call, no state.

    `length` is the number of positions that the model's input has, or None where any length will do; a
    tokenizer that knows its own length ignores it.
    """

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text."""
        ...


@runtime_checkable
class Packer(Tokenizer, Protocol):
    """A tokenizer that also packs several texts into one sequence, as in "[CLS] premise [SEP] hypothesis [SEP]"."""

    def pack(self, texts: Mapping[str, str], *, length: int | None = None) -> Encoding:
        """Encode texts by their names, in their order, as one sequence; `texts` and `text_of` tell them apart."""
        ...
