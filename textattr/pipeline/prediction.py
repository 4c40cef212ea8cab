"""From the model's numbers to a `Prediction`."""

from __future__ import annotations

from typing import Any

from textattr.explanation import Prediction
from textattr.targets.head import Head


def prediction_of(head: Head, labels: tuple[str, ...], logits: Any, probabilities: Any) -> Prediction:
    """What the model said of one document: logits and probabilities are float arrays (C,)."""
    regression = head.task == "regression"
    best = logits if regression else probabilities
    return Prediction(
        task=head.task,
        labels=labels,
        scores=logits,
        probabilities=None if regression else probabilities,
        label=labels[int(best.argmax())],
        activation=None if regression else head.activation,
        output=head.output,
    )
