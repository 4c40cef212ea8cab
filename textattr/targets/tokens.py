"""From what a user typed about tokens, where each has scores of its own, to targets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import shown
from textattr.errors import TargetError
from textattr.targets.head import Head
from textattr.targets.labels import class_index, contrast
from textattr.targets.target import Class, Selector, Target
from textattr.targets.token_class import TokenClass, TokenClasses

Array = npt.NDArray[Any]

OUTSIDE = "O"  # the label of what is no entity, in the BIO scheme and those made after it
_SCHEME = re.compile(
    r"([BIELSU])[-_](.+)"
)  # BIO, BILOU, IOBES: a letter for the place in the entity, and its kind
_BEGINS, _ENDS = frozenset("BSU"), frozenset("ELSU")

HOW_TO_NAME = (
    "textattr.TokenClass(position or word, class), (position, class), (position, None) for what is predicted "
    'there, or "entities"'
)


@dataclass(frozen=True)
class Entities:
    """Every token that is predicted as something else than background, neighbours of one kind together.

    Neighbours are one entity where their labels are equal, or where BIO, BILOU or IOBES prefixes say so. What is
    explained is the sum of the scores of its tokens, each for the label that is predicted there.

    Args:
        background: the labels or classes of what is no entity.

    Example:
        >>> Entities(background=("O", "PUNCT")).background
        ('O', 'PUNCT')
    """

    background: tuple[int | str, ...] = (OUTSIDE,)


@dataclass(frozen=True, eq=False)
class OutputTokens:
    """The tokens of a document that an output has scores for, one at each of its positions.

    Args:
        text: the name of their text; None where there is only one.
        tokens: one string per position, padding included.
        pads: bool (T,): which are padding.
        special: bool (T,): which the tokenizer added.
        words: for each position the word of the text that the token is the beginning of; "" where it is none.
    """

    text: str | None
    tokens: Sequence[str]
    pads: Array
    special: Array
    words: Sequence[str]

    @property
    def kept(self) -> list[int]:
        """The positions that are no padding."""
        return [int(i) for i in np.flatnonzero(~self.pads)]


@dataclass(frozen=True)
class TokenRequest:
    """What a user wants to know of the tokens of one output; None: its entities, where background is known."""

    wanted: tuple[TokenClass | Entities, ...] | None
    against: int | None = None

    def targets(
        self, head: Head, labels: Sequence[str], document: OutputTokens, probabilities: Array
    ) -> tuple[Target, ...]:
        """The targets.

        Args:
            head: what the output means.
            labels: the names of the classes.
            document: the tokens.
            probabilities: float (T, C), which tell the predicted classes.

        Raises:
            TargetError: for a position or word that is not in the document or is padding, a word that stands there
                several times, an unknown label, and where nothing is predicted that could be explained.
        """
        if self.wanted is None and OUTSIDE not in labels:
            where = "" if head.output is None else f", as {{{head.output!r}: ...}}"
            raise TargetError(
                f"the model has scores for each token: say in targets= which are to be explained{where}: {HOW_TO_NAME}"
            )
        selectors: list[Selector] = []
        for each in self.wanted or (Entities(),):
            if isinstance(each, Entities):
                selectors += _entities(each, head, labels, document, probabilities)
            else:
                selectors.append(_placed(each, document))
        against = None if self.against is None else Class(self.against)
        return tuple(Target(selector, against, head.output) for selector in dict.fromkeys(selectors))


def token_request(targets: Any, against: Any, labels: Sequence[str]) -> TokenRequest:
    """What a user's `targets` and `against` mean for an output that has scores for each token.

    Raises:
        TargetError: for what names no token, and for an unknown label.
    """
    other = contrast(against, None, labels)
    if targets is None:
        return TokenRequest(None, other)
    several = isinstance(targets, list) or isinstance(targets, tuple) and not _is_pair(targets)
    if several and not targets:
        raise TargetError(f"expected at least one target, got an empty list: {HOW_TO_NAME}")
    wanted = tuple(_wanted(each, labels) for each in (targets if several else [targets]))
    named = tuple(
        each.index for each in wanted if isinstance(each, TokenClass) and isinstance(each.index, int)
    )
    return TokenRequest(wanted, contrast(against, named, labels))


def _wanted(given: Any, labels: Sequence[str]) -> TokenClass | Entities:
    if isinstance(given, Entities):
        return given
    if isinstance(given, str) and given == "entities":
        return Entities()
    if _is_pair(given):
        given = TokenClass(*given)
    if not isinstance(given, TokenClass):
        raise TargetError(
            f"the model has scores for each token: expected a token and its class in targets=, got {shown(given)}: "
            f"write {HOW_TO_NAME}"
        )
    if not isinstance(given.position, str | int | np.integer) or isinstance(given.position, bool):
        raise TargetError(f"expected a position or a word, got {shown(given.position)}")
    return replace(given, index=None if given.index is None else class_index(given.index, labels))


def _is_pair(given: Any) -> bool:
    """Whether it is a position or word, and a class."""
    return isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], int | np.integer | str)


def _placed(given: TokenClass, document: OutputTokens) -> TokenClass:
    """The same at a position from 0."""
    if isinstance(given.position, str):
        return replace(given, position=_position_of(given.position, document))
    kept, count = document.kept, len(document.tokens)
    position = int(given.position)
    if position < 0:
        if -position > len(kept):
            raise TargetError(f"position {position} is out of range: the document has {len(kept)} tokens")
        return replace(given, position=kept[position])
    if position >= count:
        raise TargetError(
            f"position {position} is out of range: the document has the positions 0 to {count - 1}"
        )
    if document.pads[position]:
        raise TargetError(
            f"position {position} is padding: the document's own tokens stand at {kept[0]} to {kept[-1]}"
        )
    return replace(given, position=position)


def _position_of(word: str, document: OutputTokens) -> int:
    """Where a word stands: at the token of that name, else where the text has it."""
    for names in (document.tokens, document.words):
        found = [i for i in document.kept if names[i] == word and not document.special[i]]
        if len(found) == 1:
            return found[0]
        if found:
            places = ", ".join(map(str, found))
            raise TargetError(
                f"{shown(word)} stands at the positions {places}: name one of these instead of the word"
            )
    raise TargetError(
        f"no token of the document is {shown(word)}: the tokens are {shown(list(document.tokens))}"
    )


def _entities(
    entities: Entities, head: Head, labels: Sequence[str], document: OutputTokens, probabilities: Array
) -> list[Selector]:
    """The entities of a document."""
    if isinstance(entities.background, str | int):
        entities = Entities((entities.background,))
    unknown = [each for each in entities.background if isinstance(each, str) and each not in labels]
    if unknown:
        raise TargetError(
            f"no label is {shown(unknown[0])}, which would be that of tokens of no entity: name it, as in "
            f"targets=textattr.Entities(background={shown(labels[0])}); the labels are {', '.join(labels)}"
        )
    background = {class_index(each, labels) for each in entities.background}
    best = head.predicted(probabilities)
    groups: list[list[int]] = []
    for i in document.kept:
        if document.special[i] or int(best[i]) in background:
            continue
        goes_on = (
            groups and groups[-1][-1] == _before(i, document) and _continues(labels, best, groups[-1][-1], i)
        )
        groups[-1].append(i) if goes_on else groups.append([i])
    if not groups:
        names = ", ".join(labels[i] for i in sorted(background))
        raise TargetError(
            f"there is no entity to explain: every token is predicted as {names}. Name a token: {HOW_TO_NAME}"
        )
    return [_entity([TokenClass(i, int(best[i])) for i in group], labels) for group in groups]


def _before(position: int, document: OutputTokens) -> int:
    """The position of the token before, padding left out."""
    kept = document.kept
    return kept[kept.index(position) - 1] if position != kept[0] else -1


def _continues(labels: Sequence[str], best: Array, before: int, position: int) -> bool:
    one, other = labels[int(best[before])], labels[int(best[position])]
    match = _SCHEME.fullmatch(other)
    if match is None:
        return one == other
    earlier = _SCHEME.fullmatch(one)
    ended = earlier is not None and earlier[1] in _ENDS
    return kind_of(one) == kind_of(other) and match[1] not in _BEGINS and not ended


def _entity(tokens: list[TokenClass], labels: Sequence[str]) -> Selector:
    first = tokens[0]
    assert isinstance(first.index, int)
    return first if len(tokens) == 1 else TokenClasses(tuple(tokens), kind_of(labels[first.index]))


def kind_of(label: str) -> str:
    """A label without the prefix that says where in its entity a token stands.

    Example:
        >>> kind_of("B-LOC"), kind_of("O")
        ('LOC', 'O')
    """
    match = _SCHEME.fullmatch(label)
    return label if match is None else match[2]
