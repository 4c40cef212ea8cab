"""The WordPiece tokenizer of keras-hub, done again with the place of each piece."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, cast

from textattr._optional import require
from textattr.tokenizers.aligned import Aligned, aligned
from textattr.tokenizers.fitting import Piece

_LONGEST = 100  # bytes: a longer word is unknown to WordPiece as keras-hub reads it
_SPACE = r"[ \t\n\r\f]|\p{Cc}|\p{Cf}"
_MARK = r"[!-/]|[:-@]|[\[-`]|[{-~]|\p{P}"
_CHINESE = (
    r"[\u4E00-\u9FFF]|[\u3400-\u4DBF]|[\U00020000-\U0002A6DF]|[\U0002A700-\U0002B73F]|[\U0002B740-\U0002B81F]"
    r"|[\U0002B820-\U0002CEAF]|[\uF900-\uFAFF]|[\U0002F800-\U0002FA1F]"
)


def words_of(tokenizer: Any) -> dict[str, int]:
    """The vocabulary of a tokenizer, which lists its words or their ids; empty where it has none."""
    vocabulary = getattr(tokenizer, "vocabulary", None) or {}
    if isinstance(vocabulary, Mapping):
        return dict(vocabulary)
    return {word: number for number, word in enumerate(vocabulary)}


@dataclass(frozen=True, eq=False)
class WordPieces:
    """The pieces of texts.

    Args:
        tokenizer: the tokenizer, with a vocabulary.
    """

    tokenizer: Any

    @cached_property
    def _words(self) -> dict[str, int]:
        return words_of(self.tokenizer)

    def of(self, texts: list[str]) -> list[list[Piece]]:
        """The pieces of each text, each with the number of its word; none where they cannot be placed."""
        cut: dict[str, list[tuple[int, int, int]]] = {}
        return [self._of(text, cut) for text in texts]

    def _of(self, text: str, cut: dict[str, list[tuple[int, int, int]]]) -> list[Piece]:
        """The pieces of each word; `cut` keeps what words were cut into."""
        tokenizer = self.tokenizer
        pieces = []
        try:
            read = _without_accents(aligned(text)) if tokenizer.strip_accents else aligned(text)
            for word, (start, end) in enumerate(self._between(read.text)):
                one = Aligned(read.text[start:end], read.starts[start:end], read.ends[start:end])
                if tokenizer.lowercase and one.text not in self._never_split:
                    one = folded(one)
                if one.text not in cut:
                    cut[one.text] = self._cut(one.text)
                for number, first, last in cut[one.text]:
                    at = one.offsets(first, last)
                    pieces.append(Piece(number, text[slice(*at)], at, word=word))
        except ValueError:
            return []
        return pieces

    def _cut(self, word: str) -> list[tuple[int, int, int]]:
        """The longest pieces that the vocabulary holds, from the left: id, start and end of each."""
        if not word:
            return []
        whole = [(self._words[self.tokenizer.oov_token], 0, len(word))]
        if len(word.encode()) > _LONGEST:
            return whole
        found = []
        start = 0
        while start < len(word):
            prefix = self.tokenizer.suffix_indicator if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self._words), None)
            if end is None:
                return whole
            found.append((self._words[prefix + word[start:end]], start, end))
            start = end
        return found

    def _between(self, text: str) -> list[tuple[int, int]]:
        """Words and marks, as the tokenizer tells them apart before it cuts them into pieces."""
        if not self.tokenizer.split:
            return [(0, len(text))]
        found = []
        position = 0
        delimiter, kept = self._delimiters
        for match in delimiter.finditer(text):
            if match.start() > position:
                found.append((position, match.start()))
            if kept.fullmatch(match.group()):
                found.append(match.span())
            position = match.end()
        return [*found, (position, len(text))] if position < len(text) else found

    @cached_property
    def _never_split(self) -> tuple[str, ...]:
        """Special tokens that are read as such where they stand in a text."""
        tokenizer = self.tokenizer
        if not (tokenizer.split and getattr(tokenizer, "special_tokens_in_strings", False)):
            return ()
        return (*tokenizer.special_tokens, *(getattr(tokenizer, "_init_special_tokens", None) or ()))

    @cached_property
    def _delimiters(self) -> tuple[Any, Any]:
        """What ends a word, and what of it is a word of its own."""
        regex = require("regex", extra="keras-hub")
        special = "|".join(map(regex.escape, self._never_split))
        kept = [each for each in (special, _MARK, _CHINESE if self.tokenizer.split_on_cjk else "") if each]
        ends = [special, _SPACE, _MARK, _CHINESE] if self.tokenizer.split_on_cjk else [special, _SPACE, _MARK]
        return regex.compile("|".join(filter(None, ends))), regex.compile("|".join(kept))


def _without_accents(text: Aligned) -> Aligned:
    """Decomposed, and without the marks that leaves."""
    apart = text.map(partial(unicodedata.normalize, "NFD"))
    return apart.map(lambda part: "".join(c for c in part if unicodedata.category(c) != "Mn"))


def folded(text: Aligned) -> Aligned:
    """Without case, as keras-hub has it, which also replaces some characters and drops some that are not seen."""
    fold = cast(
        "Callable[[str], str]", require("keras_hub.src.utils.tensor_utils", extra="keras-hub").casefold_utf8
    )
    return text.map(fold)
