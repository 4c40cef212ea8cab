"""Explanations of one text and of several, read alike."""

from __future__ import annotations

from collections.abc import Iterable

from textattr.explanation import (
    AnyExplanation,
    Explanation,
    Prediction,
    SharedTarget,
    TargetExplanation,
)


def one_or_many(explanations: AnyExplanation | Iterable[AnyExplanation]) -> Iterable[AnyExplanation]:
    """One explanation as a tuple of one, many as they are."""
    return (explanations,) if isinstance(explanations, AnyExplanation) else explanations


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


def targets_in(explanation: AnyExplanation) -> tuple[TargetExplanation | SharedTarget, ...]:
    """The targets, in the order that those of each text have."""
    return explanation.targets


def prediction_at(explanation: AnyExplanation, output: str | None) -> Prediction:
    """What the model said at one of its outputs; at the first where none is of that name."""
    predictions = (explanation.prediction, *explanation.other_predictions)
    return next((p for p in predictions if p.output == output), explanation.prediction)
