"""Tokenizers that cut texts to a length of their own, without that length."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Cutting(Protocol):
    """A tokenizer that may cut texts to a length which is not its field `length`."""

    def uncut(self) -> Any:
        """The same tokenizer, which reads all of a text and fills up none."""
        ...


def uncut(tokenizer: Any) -> Any:
    """A tokenizer that reads all of a text, as far as it can be told to; it is called with `length=None`.

    Example:
        >>> from textattr.tokenizers.words import Words
        >>> words = Words(["<PAD>", "<UNK>", "so", "good"], unknown=1, splitting="words", length=2)
        >>> len(words("so so good")), len(uncut(words)("so so good"))
        (2, 3)
    """
    if isinstance(tokenizer, Cutting):
        return tokenizer.uncut()
    has_length = is_dataclass(tokenizer) and getattr(tokenizer, "length", None) is not None
    return replace(tokenizer, length=None) if has_length and not isinstance(tokenizer, type) else tokenizer
