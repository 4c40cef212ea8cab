"""`PerturbedDocument`: what a perturbation method knows of one document before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.document import TextPart
from textattr.errors import OptionError
from textattr.perturbation.hierarchy import Hierarchy, hierarchy_of
from textattr.perturbation.players import Players
from textattr.units.groups import KEPT, go_with_several_texts, group_of_positions
from textattr.units.parts import placed_texts, unit_of_positions
from textattr.units.tokens import is_stretches

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class PerturbedText:
    """One text of the document.

    Args:
        part: its tokens and where they stand; None where the caller gave ids alone.
        playing: int (t,): the tokens that are no padding.
        ids: int (T,), or None where there are none.
        is_beside: it holds no text, but numbers beside one whose columns have names.
    """

    part: TextPart | None
    playing: Array
    ids: Array | None = None
    is_beside: bool = False


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
        """The players of this document joined as the user wants it, each alone where that is None: see `Occlusion`."""
        if groups is None:
            return self.players
        if len(self.texts) > 1 and not go_with_several_texts(groups):
            raise OptionError(
                "groups= as a list goes with a single text; for several choose 'words', 'sentences' or a function"
            )
        numbers, above = [], 0
        for text in self.texts:
            found = group_of_positions(_part(text, groups), text.playing.tolist(), groups)
            numbers.append(np.where(found == KEPT, KEPT, above + found))
            above = 1 + max(numbers[-1], default=above)
        return self.players.joined(np.concatenate(numbers))

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
        found = []
        for text in self.texts:
            part, playing = _named(text, "hierarchy=True"), text.playing.tolist()
            words, sentences = (unit_of_positions(part, playing, units, "hierarchy") for units in _LEVELS)
            found.append((words, _inherited(sentences, _are_placed(part, playing))))
        return hierarchy_of(found)


_LEVELS = ("words", "sentences")


def _named(text: PerturbedText, option: str) -> TextPart:
    if text.part is None:
        raise OptionError(
            f"{option} needs to know the tokens: call explain_prediction with a text or tokens="
        )
    return text.part


def _part(text: PerturbedText, groups: Any) -> TextPart:
    """The tokens; where only their number is known, groups by position will do with that."""
    if text.part is not None or go_with_several_texts(groups) or is_stretches(groups):
        return _named(text, f"groups={groups!r}" if isinstance(groups, str) else "groups=")
    return TextPart(("",) * (1 + max(text.playing.tolist(), default=-1)))


def _are_placed(part: TextPart, playing: Sequence[int]) -> list[bool]:
    """Which tokens stand for characters."""
    found = [False] * len(playing)
    for _, at, tokens in placed_texts(part, playing):
        for i, token in zip(at, tokens, strict=True):
            found[i] = token.end > token.start and not token.is_special
    return found


def _inherited(numbers: Array, has_characters: Sequence[bool]) -> Array:
    """A token without characters belongs where the one before it does; at the beginning, to the first."""
    known = next((number for number, known in zip(numbers, has_characters, strict=True) if known), 0)
    out = []
    for number, known_here in zip(numbers.tolist(), has_characters, strict=True):
        known = number if known_here else known
        out.append(known)
    return np.array(out)
