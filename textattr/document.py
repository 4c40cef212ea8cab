"""A document on its way into the model: what goes in, and which token stands at which position of which text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    """

    tokens: tuple[str, ...]
    ids: Array | None = None
    encoding: Encoding | None = None
    between: str | None = None

    @property
    def special_ids(self) -> dict[str, int]:
        """Ids of the "pad", "unknown" and "mask" tokens, as far as the text's own tokenizer tells."""
        if self.encoding is None:
            return {}
        encoding = self.encoding
        named = {"pad": encoding.pad_id, "unknown": encoding.unknown_id, "mask": encoding.mask_id}
        return {name: value for name, value in named.items() if value is not None}


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
