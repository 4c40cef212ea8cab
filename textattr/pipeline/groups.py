"""An explanation of groups of tokens, where a method was told `groups=`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textattr.backends.backend import AttributedText
from textattr.errors import OptionError
from textattr.explanation import AnyExplanation
from textattr.frozen import Array
from textattr.methods.method import Method
from textattr.methods.perturbation import PerturbationMethod
from textattr.units.boundaries import NO_DICTIONARY, lacks_dictionary
from textattr.units.groups import KEPT, go_with_several_texts, group_of_positions
from textattr.units.merge import Joined, merged_by, texts_of
from textattr.units.tokens import GROUP, NAMES, unit_of_groups


def grouped(explanation: AnyExplanation, texts: Sequence[AttributedText], method: Method) -> AnyExplanation:
    """The explanation of the groups that the method was told, or as it is where it was told none.

    Args:
        explanation: that of the tokens.
        texts: the texts, for one target.
        method: what ran.

    Raises:
        OptionError: for groups that do not fit the text.
    """
    groups = getattr(method, "groups", None)
    if groups is None:
        return explanation
    if len(texts) > 1 and not go_with_several_texts(groups):
        raise OptionError(
            "groups= as a list goes with a single text; for several choose 'words', 'sentences' or a function"
        )
    noun = NAMES.get(groups, GROUP) if isinstance(groups, str) else GROUP
    joined: dict[str | None, Joined] = {}
    warnings: list[str] = []
    for text in texts:
        kept = np.flatnonzero(~text.pads)
        numbers = group_of_positions(text.part, kept.tolist(), groups)
        for name, at in _named(text, kept):
            own = texts_of(explanation)[name]
            if own.layout != "text":
                warnings.append("features of a group stand alone, and share its weight equally")
                continue
            units = unit_of_groups(own.document, own.tokens, numbers[at])
            joined[name] = Joined(units, noun, are_players=isinstance(method, PerturbationMethod))
            warnings += _doubts(numbers[at], joined[name])
            if isinstance(groups, str) and groups == "words" and lacks_dictionary(own.document):
                warnings.append(NO_DICTIONARY)
    if all(len(each.members) == len(each.of_token) for each in joined.values()):
        shown = f"{groups!r} " if isinstance(groups, str) else ""
        warnings.append(f"groups={shown}changed nothing: each token is a group of its own")
    return merged_by(explanation, joined, warnings)


def _named(text: AttributedText, kept: Array) -> list[tuple[str | None, Any]]:
    """The texts in an input by their names, and where their tokens stand among those that are kept."""
    encoding = text.part.encoding
    if encoding is None or encoding.texts is None:
        return [(text.name, slice(None))]
    text_of = np.array([(encoding.text_of or ())[i] for i in kept], object)
    return [(name, np.flatnonzero(text_of == name)) for name in encoding.texts]


def _doubts(numbers: Array, joined: Joined) -> list[str]:
    """A warning where a group has several parts in the text."""
    parts: dict[int, int] = {}
    for members in joined.members:
        for number in {int(numbers[i]) for i in members} - {KEPT}:
            parts[number] = parts.get(number, 0) + 1
    apart = sum(count > 1 for count in parts.values())
    warning = (
        f"{apart} of the groups do not stand together in the text: each of their parts is shown alone, with its share "
        "of the weight"
    )
    return [warning] * bool(apart)
