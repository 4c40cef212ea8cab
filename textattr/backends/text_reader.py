"""Texts on their way to a black box: which of their characters are tokens."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from textattr.document import Document, TextPart
from textattr.errors import DocumentError, TextAttrError, TokensError
from textattr.tokenizers.call import encode, encode_all
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.pattern import WORDS_AND_MARKS
from textattr.units.boundaries import NO_DICTIONARY, is_unspaced, lacks_dictionary, word_cuts


@dataclass(frozen=True, eq=False)
class TextReader:
    """Reads the documents of a black box, which are texts.

    Args:
        tokenizer: tells where tokens stand; None: words and punctuation marks.
    """

    tokenizer: Any = None

    def read(self, doc: Any, tokens: Any) -> Document:
        """Understand one document.

        Raises:
            DocumentError: for what is no text, or has no token in it.
            TokensError: for `tokens`, which belong to ids.
        """
        if tokens is not None:
            raise TokensError(
                "tokens= belong to ids: this model takes texts; tokenizer= says what a token is"
            )
        if not isinstance(doc, str | Encoding):
            raise DocumentError(f"this model takes texts: expected a string, got {type(doc).__name__}")
        encoding = doc if isinstance(doc, Encoding) else self._encode(doc)
        if encoding.original is not None:
            raise DocumentError(
                "expected a tokenizer that says where its tokens stand in the text, got one that knows no positions: "
                "leave tokenizer= out, or pass one with offsets"
            )
        kept = [
            i
            for i, (start, end) in enumerate(encoding.offsets)
            if end > start and not (encoding.special or ())[i]
        ]
        if not kept:
            raise DocumentError(f"expected a text with at least one word, got {encoding.text!r}")
        cut = (
            f"the tokenizer read {len(encoding)} tokens of {encoding.untruncated_length}: the rest stays in the text "
            "and gets no weight"
        )
        warnings = (*encoding.warnings, *([] if encoding.untruncated_length is None else [cut]))
        if self.tokenizer is None and not isinstance(doc, Encoding) and lacks_dictionary(doc):
            warnings = (*warnings, NO_DICTIONARY)
        ids = encoding.ids[kept]
        names, offsets = [encoding.tokens[i] for i in kept], [encoding.offsets[i] for i in kept]
        shown = Encoding(encoding.text, ids, names, offsets)
        return Document(encoding.text, {None: TextPart(tuple(names), ids, shown)}, warnings=warnings)

    def read_all(self, docs: Sequence[Any], tokens: Sequence[Any]) -> list[Document]:
        """Understand several documents, each with its `tokens`; a tokenizer that takes many texts is called once.

        Raises:
            TextAttrError: as `read` does, for the first document that it refuses.
        """
        texts = {i: doc for i, doc in enumerate(docs) if isinstance(doc, str) and tokens[i] is None}
        try:
            found = (
                []
                if self.tokenizer is None
                else encode_all(self.tokenizer, list(texts.values()), length=None, needs_ids=False)
            )
        except TextAttrError:  # which text it is shows when they are read one by one
            found = []
        encoded = dict(zip(texts, found, strict=False))
        return [self.read(encoded.get(i, doc), tokens[i]) for i, doc in enumerate(docs)]

    def _encode(self, text: str) -> Encoding:
        if self.tokenizer is None:
            return words_and_marks(text)
        return encode(self.tokenizer, text, length=None, needs_ids=False)


def words_and_marks(text: str) -> Encoding:
    """A text as words and punctuation marks; words that differ in case alone have one id.

    In scripts without spaces between words, a word is what a dictionary has, or where there is none, a character.

    Example:
        >>> words_and_marks("So good, so far!").ids.tolist()
        [0, 1, 2, 0, 3, 4]
    """
    places = [match.span() for match in re.finditer(WORDS_AND_MARKS, text)]
    if is_unspaced(text):
        cuts = word_cuts(text)
        places = [each for place in places for each in _cut(text, *place, cuts)]
    words = [text[start:end] for start, end in places]
    ids: dict[str, int] = {}
    numbers = [ids.setdefault(word.lower(), len(ids)) for word in words]
    return Encoding(text, np.array(numbers, np.int64), words, places)


def _cut(text: str, start: int, end: int, cuts: list[int]) -> list[tuple[int, int]]:
    """A stretch, in words where it is written without spaces."""
    if not is_unspaced(text[start:end]):
        return [(start, end)]
    inside = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
    return list(pairwise([start, *inside, end]))
