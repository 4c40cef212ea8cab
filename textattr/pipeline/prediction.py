"""From the model's numbers to a `Prediction`."""

from __future__ import annotations

from textattr.backends.backend import Answer
from textattr.explanation import Prediction
from textattr.targets.head import Head
from textattr.targets.tokens import OutputTokens


def prediction_of(
    head: Head, labels: tuple[str, ...], answer: Answer, tokens: OutputTokens | None
) -> Prediction:
    """What the model said of one document at one output; `tokens` are those that it has scores for, if it has."""
    scores, probabilities, of_tokens = answer.scores, answer.probabilities, ()
    if tokens is None:
        label = labels[answer.best]
    else:
        scores = scores[tokens.kept]
        probabilities = None if probabilities is None else probabilities[tokens.kept]
        of_tokens = tuple(labels[i] for i in answer.best[tokens.kept])
        label = " ".join(of_tokens)
    return Prediction(
        task=head.task,
        labels=labels,
        scores=scores,
        probabilities=probabilities,
        label=label,
        activation=None if head.task == "regression" else head.activation,
        output=head.output,
        token_labels=of_tokens,
    )
