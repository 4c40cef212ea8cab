"""What the model said, and whether that is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from textattr.explanation import Prediction
from textattr.renderers.example import EXAMPLE
from textattr.renderers.verdict import predicted_labels, verdicts


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
    assert verdicts(replace(EXAMPLE, prediction=prediction))[0].label == ", ".join(expected)


@pytest.mark.parametrize(
    ("truth", "mark"), [("positive", "right"), ("negative", "wrong"), ("other", "wrong"), (None, None)]
)
def test_a_verdict_is_right_or_wrong_or_nobody_knows(truth, mark):
    assert verdicts(replace(EXAMPLE, truth=truth))[0].mark == mark


def test_one_of_several_likely_labels_is_right():
    prediction = Prediction("multilabel", ("a", "b", "c"), np.zeros(3), np.array([0.9, 0.1, 0.6]), "a")
    for truth, mark in (("a", "right"), ("c", "right"), ("b", "wrong")):
        assert verdicts(replace(EXAMPLE, prediction=prediction, truth=truth))[0].mark == mark


def test_labels_of_tokens_are_not_judged():
    prediction = replace(EXAMPLE.prediction, token_labels=("positive",) * 9)
    assert verdicts(replace(EXAMPLE, prediction=prediction, truth="negative"))[0].mark is None


def test_a_regression_has_values_and_no_mark():
    prediction = Prediction("regression", ("stars", "length"), np.array([-4.5, 2.0]), None, "stars")
    (said,) = verdicts(replace(EXAMPLE, prediction=prediction, truth="5"))
    assert (said.label, said.value, said.others, said.mark) == ("stars", "−4.5", (("length", "2"),), None)
