"""The ids of words that stand in no document, as a tokenizer gives them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from textattr.checks import shown
from textattr.errors import TokenizerError
from textattr.tokenizers.call import encode
from textattr.tokenizers.uncut import uncut

_NEAREST = 3  # known words that an error names


@runtime_checkable
class Listing(Protocol):
    """A tokenizer that knows the tokens of its vocabulary by name."""

    def token_id(self, token: str) -> int | None:
        """The id of a token, as it stands in the vocabulary; None where it is none."""
        ...

    def known_tokens(self) -> Iterable[str]:
        """The tokens of the vocabulary."""
        ...


def ids_of(tokenizer: Any, text: str) -> npt.NDArray[np.int64]:
    """The ids of a token of the vocabulary, such as "[MASK]", or of the words of a text, int (K,).

    What the tokenizer puts around a text is left out.

    Raises:
        TokenizerError: for a text of no token, and for a word that the tokenizer does not know; the message names the
            nearest that it does.

    Example:
        >>> from textattr.tokenizers.words import Words
        >>> words = Words(["[PAD]", "[UNK]", "the", "film"], unknown=1, splitting="words")
        >>> ids_of(words, "[PAD]").tolist(), ids_of(words, "The film").tolist()
        ([0], [2, 3])
    """
    number = tokenizer.token_id(text) if isinstance(tokenizer, Listing) else None
    if number is not None:
        return np.array([number])
    encoding = encode(uncut(tokenizer), text, length=None)
    kept = [i for i, (start, end) in enumerate(encoding.offsets) if end > start]
    unknown = [encoding.tokens[i] for i in kept if encoding.ids[i] == encoding.unknown_id]
    if not kept or unknown:
        wrong = shown(unknown[0] if unknown else text)
        what = (
            f"the tokenizer does not know {wrong}" if unknown else f"the tokenizer finds no token in {wrong}"
        )
        near = _nearest(tokenizer, unknown[0] if unknown else text)
        hint = f": did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise TokenizerError(what + hint)
    return np.asarray(encoding.ids[kept])


def _nearest(tokenizer: Any, word: str) -> list[str]:
    known = list(tokenizer.known_tokens()) if isinstance(tokenizer, Listing) else []
    return get_close_matches(word, known, _NEAREST) or get_close_matches(word.lower(), known, _NEAREST)
