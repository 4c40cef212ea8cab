"""Targets where each token has scores of its own: a class of one token, or of several together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textattr.errors import TargetError
from textattr.split.family import tensorflow
from textattr.targets.scores import Scores
from textattr.targets.target import Class, Columns, OneClass, Predicted, Selector, pick

_CLASS = Predicted()  # reads nothing but the columns


@dataclass(frozen=True)
class TokenClass(Selector):
    """One class of one token, where each token has scores of its own: outputs (B, T, C).

    Args:
        position: of the token in what the model reads, from 0; -1 is the last one that is no padding, -2 the one
            before. Or a word that stands in the text once.
        index: the class, or its label; None: the one that is predicted there.

    Example:
        >>> TokenClass("Berlin", "LOC")
        TokenClass(position='Berlin', index='LOC')
    """

    position: int | str
    index: int | str | None = None

    columns = ("position", *OneClass.columns)

    def numbers(self, against: Class | None) -> tuple[int, ...]:
        """The position, and the class."""
        if isinstance(self.position, str) or isinstance(self.index, str):
            raise TargetError(f"expected the position and the class of {self} as whole numbers")
        selector = Predicted() if self.index is None else Class(self.index)
        return (self.position, *selector.numbers(against))

    def value(self, columns: Columns, scores: Scores) -> Any:
        """The score of the class at the token."""
        return OneClass.value(_CLASS, columns, _at_token(columns, scores))

    def classes(self, columns: Columns, scores: Scores) -> Any:
        """The class at the token."""
        return OneClass.classes(_CLASS, columns, _at_token(columns, scores))

    def fixed(self, columns: Columns, scores: Scores) -> Columns:
        """With the class that is predicted at the token."""
        return OneClass.fixed(_CLASS, columns, _at_token(columns, scores))

    def fixed_to(self, index: int) -> Selector:
        """That class at the token."""
        return replace(self, index=index)

    @property
    def tokens(self) -> tuple[TokenClass, ...]:
        """Itself: the tokens that are explained."""
        return (self,)


@dataclass(frozen=True)
class TokenClasses(Selector):
    """Classes of several tokens, such as those of one entity: the sum of their scores.

    Args:
        tokens: the tokens, each with its class, as whole numbers.
        name: what they are together.
    """

    tokens: tuple[TokenClass, ...]
    name: str

    def __post_init__(self) -> None:
        if not self.tokens or any(isinstance(each.index, str | None) for each in self.tokens):
            raise TargetError(f"expected tokens that have a class each, as a whole number, got {self.tokens}")

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of each token."""
        return tuple(f"{name} {i}" for i in range(len(self.tokens)) for name in TokenClass.columns)

    @property
    def form(self) -> Hashable:
        """Entities of as many tokens share a compiled function."""
        return type(self), len(self.tokens)

    def numbers(self, against: Class | None) -> tuple[int, ...]:
        """Those of each token."""
        return tuple(number for token in self.tokens for number in token.numbers(against))

    def value(self, columns: Columns, scores: Scores) -> Any:
        """The sum of the tokens' scores."""
        parts = zip(self.tokens, self._of_each(columns), strict=True)
        return tensorflow().add_n([token.value(own, scores) for token, own in parts])

    def classes(self, columns: Columns, scores: Scores) -> Any:
        """The class of the first token."""
        return self.tokens[0].classes(self._of_each(columns)[0], scores)

    def fixed(self, columns: Columns, scores: Scores) -> Columns:
        """Each token's as they are, without what is predicted."""
        parts = [
            token.fixed(own, scores) for token, own in zip(self.tokens, self._of_each(columns), strict=True)
        ]
        return {f"{name} {i}": column for i, part in enumerate(parts) for name, column in part.items()}

    def label(self, labels: Sequence[str], index: int) -> str:  # noqa: ARG002  (they have a name)
        """What they are together."""
        return self.name

    def _of_each(self, columns: Columns) -> list[Columns]:
        """The columns of each token; where they are fixed, without what is predicted."""
        return [
            {name: columns[f"{name} {i}"] for name in TokenClass.columns if f"{name} {i}" in columns}
            for i in range(len(self.tokens))
        ]


def _at_token(columns: Columns, scores: Scores) -> Scores:
    """The scores of each row's token: (R, T, C) -> (R, C)."""
    return replace(
        scores,
        values=pick(scores.values, columns["position"]),
        probabilities=pick(scores.probabilities, columns["position"]),
    )
