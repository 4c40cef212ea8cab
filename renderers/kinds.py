"""Explanations of one text and of several, read alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from textattr.checks import shown
from textattr.errors import OptionError
from textattr.explanation import (
    AnyExplanation,
    Explanation,
    Prediction,
    SharedTarget,
    TargetExplanation,
)


def one(explanation: Any) -> AnyExplanation:
    """An explanation as it is.

    Raises:
        OptionError: for anything else.
    """
    if isinstance(explanation, AnyExplanation):
        return explanation
    several = "; for several, call it for each, or write_report or format_as_dataframe once for all"
    raise OptionError(
        f"expected an explanation, as explain_prediction returns it, got {shown(explanation)}"
        f"{several if isinstance(explanation, list | tuple) else ''}"
    )


def one_or_many(explanations: Any) -> Iterator[AnyExplanation]:
    """One explanation, or one after the other of many.

    Raises:
        OptionError: for anything else, with its position among many.
    """
    if isinstance(explanations, AnyExplanation):
        return iter((explanations,))
    if isinstance(explanations, str | bytes | Mapping) or not isinstance(explanations, Iterable):
        raise OptionError(f"expected an explanation, or several in a list, got {shown(explanations)}")
    return _each(explanations)


def _each(explanations: Iterable[Any]) -> Iterator[AnyExplanation]:
    for i, explanation in enumerate(explanations):
        if not isinstance(explanation, AnyExplanation):
            raise OptionError(f"expected explanations, got {shown(explanation)} at position {i}")
        yield explanation


def texts_in(explanation: AnyExplanation) -> tuple[tuple[str | None, Explanation], ...]:
    """The names and texts; the only text has no name.

    Example:
        >>> from textattr.renderers.example import EXAMPLE, PAIR
        >>> [name for name, text in texts_in(PAIR)], [name for name, text in texts_in(EXAMPLE)]
        (['premise', 'hypothesis'], [None])
    """
    return (
        ((None, explanation),) if isinstance(explanation, Explanation) else tuple(explanation.texts.items())
    )


def noun_of(*texts: Explanation) -> str:
    """What their tokens are called: "token", "word", ... or "feature"; "token" where they differ.

    Example:
        >>> from textattr.renderers.example import EXAMPLE, FEATURES
        >>> noun_of(EXAMPLE), noun_of(EXAMPLE.merge("words")), noun_of(FEATURES)
        ('token', 'word', 'feature')
    """
    nouns = {"feature" if text.layout == "features" else text.unit for text in texts}
    return nouns.pop() if len(nouns) == 1 else "token"


def targets_in(explanation: AnyExplanation) -> tuple[TargetExplanation | SharedTarget, ...]:
    """The targets, in the order that those of each text have."""
    return explanation.targets


def prediction_at(explanation: AnyExplanation, output: str | None) -> Prediction:
    """What the model said at one of its outputs; at the first where none is of that name."""
    predictions = (explanation.prediction, *explanation.other_predictions)
    return next((p for p in predictions if p.output == output), explanation.prediction)
