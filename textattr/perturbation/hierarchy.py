"""Which tokens make a word, and which a sentence."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.document import TextPart
from textattr.perturbation.permutations import Tree
from textattr.spans import place_tokens
from textattr.tokenizers.pattern import WORDS_AND_MARKS

Array = npt.NDArray[Any]

# Behind its mark, with the quotes and brackets that close there; a line of its own is a sentence.
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[”’」』）]*|\n\s*")


def sentence_of_tokens(part: TextPart) -> Array:
    """The number of the sentence that each token stands in, int (T,).

    A sentence ends behind ".", "!", "?" or "…" before white space, behind their East Asian forms, and with the line.
    """
    text, tokens = place_tokens(part, range(len(part.tokens)))
    ends = [match.end() for match in _END.finditer(text)]
    numbers = np.array([bisect_right(ends, token.start) for token in tokens])
    return _inherited(numbers, [token.end > token.start for token in tokens])


def word_of_tokens(part: TextPart) -> Array:
    """The number of the word that each token stands in, int (T,); punctuation marks are words of their own.

    Where there is no text but the tokens, each is a word, except that "##ing" belongs to the one before it.
    """
    if part.encoding is None:
        return np.cumsum([not token.startswith("##") for token in part.tokens])
    starts = [match.start() for match in re.finditer(WORDS_AND_MARKS, part.encoding.text)]
    words: list[Any] = []
    for i, (start, end) in enumerate(part.encoding.offsets):
        words.append(("word", bisect_right(starts, start)) if end > start else ("none", i))
    _, numbers = np.unique([f"{kind} {number}" for kind, number in words], return_inverse=True)
    return np.asarray(numbers)


@dataclass(frozen=True)
class Hierarchy:
    """Who belongs together in a document.

    Args:
        sentences: the players of each sentence, in words.
        texts: the sentences, by their positions, in texts.
    """

    sentences: tuple[Tree, ...]
    texts: Tree

    @property
    def tree(self) -> Tree:
        """Players in words, words in sentences, sentences in texts."""
        return _planted(self.texts, self.sentences)


def hierarchy_of(texts: Sequence[tuple[Array, Array]]) -> Hierarchy:
    """The hierarchy of a document.

    Args:
        texts: for each text the word and the sentence of its players, int (t,) each, in their order.
    """
    sentences: list[Tree] = []
    above: list[Tree] = []
    first = 0
    for word_of, sentence_of in texts:
        players = np.arange(first, first + len(word_of))
        first += len(word_of)
        numbers = dict.fromkeys(sentence_of.tolist())
        above.append(_union(range(len(sentences), len(sentences) + len(numbers))))
        for number in numbers:
            here = sentence_of == number
            sentences.append(_union(_by_word(players[here], word_of[here])))
    return Hierarchy(tuple(sentences), _union(above))


def _planted(tree: Tree, members: Sequence[Tree]) -> Tree:
    """A tree with members in the place of their positions."""
    return members[tree] if isinstance(tree, int) else tuple(_planted(each, members) for each in tree)


def _by_word(players: Array, words: Array) -> list[Tree]:
    return [_union(players[words == number].tolist()) for number in dict.fromkeys(words.tolist())]


def _union(members: Sequence[Tree]) -> Tree:
    """What belongs together; a union of one is that one."""
    return members[0] if len(members) == 1 else tuple(members)


def _inherited(numbers: Array, has_characters: Sequence[bool]) -> Array:
    """A token without characters belongs where the one before it does; at the beginning, to the first."""
    known = 0
    out = []
    for number, known_here in zip(numbers.tolist(), has_characters, strict=True):
        known = number if known_here else known
        out.append(known)
    return np.array(out)
