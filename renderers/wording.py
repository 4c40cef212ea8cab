"""The words for a target's score: what its unit is called, and what weights do to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from textattr.explanation import AnyExplanation, SharedTarget, TargetExplanation
from textattr.renderers.kinds import prediction_at

_CLOSE = 1e-4


@dataclass(frozen=True)
class Wording:
    """How weights of one kind of target are spoken of.

    Args:
        positive: what a positive weight does, in one word for the equation and the legend.
        negative: what a negative weight does.
        verb: the verb of a legend in words, "speaks" or nothing.
        name: what the score is called in the equation.
        unit: of the score and all weights.
    """

    positive: str
    negative: str
    verb: str
    name: str
    unit: str


def wording(explanation: AnyExplanation, target: TargetExplanation | SharedTarget) -> Wording:
    """Words speak for or against a class; they raise or lower a value.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> wording(EXAMPLE, EXAMPLE.targets[0]).positive
        'for'
    """
    task = prediction_at(explanation, target.output).task
    if task == "regression" or target.target is None:
        name = target.label if task == "regression" else "value"
        return Wording("raised", "lowered", "", name, "value")
    return Wording("for", "against", "speaks ", "score", _unit(explanation, target))


def _unit(explanation: AnyExplanation, target: TargetExplanation | SharedTarget) -> str:
    """What the score of a class is measured in, as its size beside the probability tells."""
    prediction, p = prediction_at(explanation, target.output), target.probability
    if target.against is None and p is not None:
        if abs(target.score - p) <= _CLOSE:
            return "probability"
        is_between = 0 < p < 1 and len(prediction.labels) == 2
        if is_between and abs(target.score - math.log(p / (1 - p))) <= 1e-3 * max(1.0, abs(target.score)):
            return "log-odds"
    return "score" if prediction.activation is None else "logit"
