"""Targets are objects: each kind picks its number of a row's scores, whatever else is in the batch."""

import numpy as np
import pytest
from tests.kinds import kind

from textattr.methods import GradientXInput
from textattr.split.model import split_model
from textattr.split.rows import Rows
from textattr.targets.scores import Scores
from textattr.targets.target import Class, Function, Predicted, Target, TargetTensors, as_columns
from textattr.targets.token_class import TokenClass

SCORES = np.array([[0.5, 2.0, -1.0], [3.0, 0.0, 1.0]], np.float32)
OF_TOKENS = np.stack([SCORES, SCORES[::-1], -SCORES, SCORES + 10], axis=1)  # (2, 4, 3)


def picked(targets, values, **more):
    """What some targets pick of scores (R, C) or (R, T, C), and the class of each."""
    selector = targets[0].selector
    columns = dict(zip(selector.columns, as_columns(targets), strict=True))
    tensors = TargetTensors(selector, columns)
    scores = Scores(values, values, {"output": values}, **more)
    again = tensors.fixed(scores)
    np.testing.assert_array_equal(again.value(scores), tensors.value(scores))
    return np.asarray(tensors.value(scores)), np.asarray(tensors.classes(scores)).tolist()


def test_a_class_and_what_is_predicted_share_one_form():
    assert Target(Class(1)).form == Target(Predicted()).form
    value, classes = picked([Target(Class(2)), Target(Predicted())], SCORES)
    np.testing.assert_array_equal(value, [-1.0, 3.0])
    assert classes == [2, 0]


def test_a_contrast_is_subtracted_in_its_own_row_alone():
    value, _ = picked([Target(Predicted(), Class(0)), Target(Class(2))], SCORES)
    np.testing.assert_array_equal(value, [2.0 - 0.5, 1.0])


def test_of_two_classes_with_one_margin_each_is_the_contrast_already():
    margin = np.array([[-1.5, 1.5]], np.float32)
    value, _ = picked([Target(Class(1), Class(0))], margin, is_margin=True)
    np.testing.assert_array_equal(value, [1.5])


def test_a_class_of_a_token():
    targets = [Target(TokenClass(1, 2)), Target(TokenClass(3, 0), Class(1))]
    value, classes = picked(targets, OF_TOKENS)
    np.testing.assert_array_equal(value, [1.0, 3.0])
    assert classes == [2, 0]
    value, classes = picked([Target(TokenClass(2)), Target(TokenClass(0))], OF_TOKENS)
    np.testing.assert_array_equal(value, [1.0, 3.0])
    assert classes == [2, 0]


def test_what_is_predicted_stays_the_same_class_for_perturbed_copies():
    columns = dict(zip(Predicted.columns, as_columns([Target(Predicted())] * 2), strict=True))
    fixed = TargetTensors(Predicted(), columns).fixed(Scores(SCORES, SCORES, SCORES))
    perturbed = SCORES[:, ::-1].copy()
    np.testing.assert_array_equal(fixed.value(Scores(perturbed, perturbed, perturbed)), [2.0, 1.0])


def test_a_function_has_a_form_of_its_own():
    def first(outputs):
        return outputs[:, 0]

    assert Target(Function(first)).form != Target(Function(lambda outputs: outputs[:, 0])).form
    assert Target(Function(first)).selector.label(("a", "b"), 1) == "first"


@pytest.mark.parametrize("name", ["convolution", "bilstm_masked"])
def test_one_compiled_function_serves_given_and_predicted_classes(name):
    case = kind(name)
    split = split_model(case.model)
    inputs = split.checked(case.inputs)
    rows = Rows.predicted(inputs, split.head(inputs))
    found = GradientXInput().explain_rows(split, rows)
    compiled = len(split._programs.own)
    again = GradientXInput().explain_rows(split, rows.with_classes(found.target))
    assert len(split._programs.own) == compiled
    np.testing.assert_array_equal(found.relevance[0], again.relevance[0])
