"""What a Keras model says of documents, in the unit that is explained."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from textattr.backends.backend import Answer
from textattr.split.family import tensorflow
from textattr.targets.head import Head
from textattr.targets.log_odds import of_logits, of_probabilities

Array = npt.NDArray[Any]


def answers_of(head: Head, score: str, logits: Array, probabilities: Array) -> list[Answer]:
    """What the model says of each row; its log-odds, where these are explained."""
    if head.task == "regression":
        return [Answer(row, None, head.predicted(row)) for row in logits]
    scores = _log_odds(head, logits, probabilities) if score == "log_odds" else logits
    return [Answer(s, p, head.predicted(p)) for s, p in zip(scores, probabilities, strict=True)]


def _log_odds(head: Head, logits: Any, probabilities: Any) -> Any:
    """The log-odds of all classes, from the scores (R, C) or (R, T, C) of a model."""
    if head.is_one_unit and not head.is_probability or head.task == "multilabel":
        return logits
    found = (
        of_probabilities(probabilities) if head.is_probability else of_logits(tensorflow().constant(logits))
    )
    return found.numpy()
