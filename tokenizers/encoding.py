"""`Encoding`: a text as the model reads it, with the way back to the characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from textattr.errors import TokenizerError


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
        original: the text as it was given, where `text` is another: what a model of strings is asked about; None
            where they are the same.

    Raises:
        TokenizerError: when `tokens`, `offsets`, `special` or `text_of` are not as long as `ids`.

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

    def __post_init__(self) -> None:
        ids = np.array(self.ids, dtype=np.int64)
        ids.flags.writeable = False
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "tokens", tuple(self.tokens))
        object.__setattr__(self, "offsets", tuple((int(a), int(b)) for a, b in self.offsets))
        special = (False,) * len(ids) if self.special is None else tuple(bool(s) for s in self.special)
        object.__setattr__(self, "special", special)
        text_of = (None,) * len(ids) if self.text_of is None else tuple(self.text_of)
        object.__setattr__(self, "text_of", text_of)
        for name in ("tokens", "offsets", "special", "text_of"):
            if len(getattr(self, name)) != len(ids):
                raise TokenizerError(
                    f"an Encoding needs one entry of {name} per id: got {len(ids)} ids and "
                    f"{len(getattr(self, name))} {name}"
                )

    def __len__(self) -> int:
        return len(self.ids)

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
