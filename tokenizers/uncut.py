"""Tokenizers that cut texts to a length of their own, without that length."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Cutting(Protocol):
    """A tokenizer that may have a length of its own, to which it cuts texts and fills them up."""

    def uncut(self) -> Any:
        """The same tokenizer without a length of its own."""
        ...


def uncut(tokenizer: Any) -> Any:
    """A tokenizer that reads all of a text, as far as it can be told to; it is called with `length=None`.

    Example:
        >>> from textattr.tokenizers.words import Words
        >>> words = Words(["<PAD>", "<UNK>", "so", "good"], unknown=1, length=2)
        >>> len(words("so so good")), len(uncut(words)("so so good"))
        (2, 3)
    """
    return tokenizer.uncut() if isinstance(tokenizer, Cutting) else tokenizer
