"""From the model's numbers to a `Prediction`."""

from __future__ import annotations

from textattr.backends.backend import Answer
from textattr.explanation import Prediction
from textattr.targets.head import Head


def prediction_of(head: Head, labels: tuple[str, ...], answer: Answer) -> Prediction:
    """What the model said of one document at one output."""
    return Prediction(
        task=head.task,
        labels=labels,
        scores=answer.scores,
        probabilities=answer.probabilities,
        label=labels[answer.best],
        activation=None if head.task == "regression" else head.activation,
        output=head.output,
    )
