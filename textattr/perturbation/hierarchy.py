"""`Hierarchy`: players in words, words in sentences, sentences in texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.perturbation.permutations import Tree

Array = npt.NDArray[Any]


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
