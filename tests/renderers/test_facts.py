"""What is said of an explanation in names and values."""

from __future__ import annotations

import numpy as np
import pytest

from textattr.explanation import Prediction
from textattr.renderers.facts import predicted_labels, prediction_facts


@pytest.mark.parametrize(
    ("task", "probabilities", "expected"),
    [
        ("multilabel", [0.9, 0.2, 0.5], ("staff", "room")),
        ("multilabel", [0.1, 0.3, 0.2], ("food",)),
        ("multiclass", [0.6, 0.2, 0.2], ("staff",)),
    ],
)
def test_predicted_labels(task, probabilities, expected):
    labels = ("staff", "food", "room")
    best = labels[int(np.argmax(probabilities))]
    prediction = Prediction(task, labels, np.zeros(3), np.array(probabilities), best)
    assert predicted_labels(prediction) == expected
    assert prediction_facts(prediction)[0] == ("predicted", ", ".join(expected))
