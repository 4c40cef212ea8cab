"""`PerturbedDocument`: what a perturbation method knows of one document before it starts."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import finite_array, shown
from textattr.document import TextPart
from textattr.errors import OptionError
from textattr.perturbation.hierarchy import Hierarchy, hierarchy_of, sentence_of_tokens, word_of_tokens
from textattr.perturbation.players import KEPT, Players

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class PerturbedText:
    """One text of the document.

    Args:
        part: its tokens and where they stand; None where the caller gave ids alone.
        playing: int (t,): the tokens that are no padding.
        ids: int (T,), or None where there are none.
    """

    part: TextPart | None
    playing: Array
    ids: Array | None = None


@dataclass(frozen=True, eq=False)
class PerturbedDocument:
    """One document.

    Args:
        players: each unit that is no padding, alone.
        texts: its texts.
    """

    players: Players
    texts: tuple[PerturbedText, ...]

    def in_groups(self, groups: Any) -> Players:
        """The players of this document joined as the user wants it: see `Occlusion`."""
        if isinstance(groups, str):
            of_token = word_of_tokens if groups == "words" else sentence_of_tokens
            numbers, above = [], 0
            for text in self.texts:
                numbers.append(above + of_token(_part(text, f"groups={groups!r}"))[text.playing])
                above = 1 + max(numbers[-1], default=above)
            return self.players.joined(np.concatenate(numbers))
        if len(self.texts) > 1:
            raise OptionError(
                "groups= as a list goes with a single text; for several choose 'words' or 'sentences'"
            )
        [text] = self.texts
        total = len(text.part.tokens) if text.part is not None else 1 + max(text.playing, default=0)
        return self.players.joined(_group_of_token(groups, total)[text.playing])

    def by_token(self) -> Players:
        """Players that are the same token joined to one."""
        names: list[Any] = []
        for number, text in enumerate(self.texts):
            if text.ids is None and text.part is None:
                raise OptionError("bag_of_words=True needs token ids or a text: the model was given vectors")
            of = text.ids if text.ids is not None else [t.lower() for t in text.part.tokens]  # type: ignore[union-attr]
            names += [(number, of[i]) for i in text.playing.tolist()]
        first = {name: i for i, name in reversed(list(enumerate(names)))}
        return self.players.joined(np.array([first[name] for name in names], int))

    def hierarchy(self) -> Hierarchy:
        """Players in words, words in sentences, sentences in texts."""
        parts = [(_part(text, "hierarchy=True"), text.playing) for text in self.texts]
        return hierarchy_of(
            [(word_of_tokens(p)[playing], sentence_of_tokens(p)[playing]) for p, playing in parts]
        )


def _part(text: PerturbedText, option: str) -> TextPart:
    if text.part is None:
        raise OptionError(
            f"{option} needs to know the tokens: call explain_prediction with a text or tokens="
        )
    return text.part


_GROUPS = (
    "expected groups= as 'words', 'sentences', one number per token, or disjoint lists of positions, got "
)


def require_groups(groups: Any) -> None:
    """Refuse what makes no groups in any document.

    Raises:
        OptionError: for another word, and for what is neither one number per token nor lists of positions.
    """
    if isinstance(groups, str):
        if groups not in ("words", "sentences"):
            raise OptionError(
                f"unknown groups {shown(groups)}: choose 'words' or 'sentences', or give a list"
            )
        return
    is_scalar = isinstance(groups, np.ndarray) and groups.ndim == 0
    if not isinstance(groups, list | tuple | range | np.ndarray) or is_scalar or not len(groups):
        raise OptionError(f"{_GROUPS}{shown(groups)}")
    for group in _whole_numbers(groups):
        if group.ndim > 1 or not group.size or (group < KEPT).any() or (group > sys.maxsize).any():
            raise OptionError(f"{_GROUPS}the group {shown(group.tolist())}")


def _whole_numbers(groups: Any) -> list[Array]:
    """Each group's positions, or each token's number, as an array."""
    arrays = [finite_array("each of groups", group) for group in groups]
    for array in arrays:
        if array.dtype.kind not in "iu":
            raise OptionError(f"{_GROUPS}the group {shown(array.tolist())}")
    return arrays


def _group_of_token(groups: Any, count: int) -> Array:
    """The number of each token's group, int (T,): from one number per token, or from lists of positions."""
    arrays = _whole_numbers(groups)
    if all(array.ndim == 0 for array in arrays):
        if len(arrays) != count:
            raise OptionError(f"{_GROUPS}{len(arrays)} entries for {count} tokens")
        return np.array(arrays, np.int64)
    of_token = np.full(count, KEPT)
    for number, group in enumerate(arrays):
        positions = np.atleast_1d(group)
        if positions.min() < 0 or positions.max() >= count:
            raise OptionError(f"{_GROUPS}the group {shown(group.tolist())} for tokens 0 to {count - 1}")
        if len(set(positions.tolist())) < len(positions) or (of_token[positions] != KEPT).any():
            raise OptionError(f"{_GROUPS}a token that is in two of {shown(groups)}")
        of_token[positions] = number
    return of_token
