"""Every method on every kind of model: what must hold whatever the method and the model."""

from __future__ import annotations

import numpy as np
import pytest
from kinds import KINDS, kind

from textattr.methods import METHODS, IntegratedGradients
from textattr.methods.method import VectorMethod
from textattr.split.head import Head
from textattr.split.model import split_model
from textattr.split.rows import NOTHING, PREDICTED, Rows

METHODS_ON_VECTORS = [name for name, method in METHODS.items() if issubclass(method, VectorMethod)]

# Methods whose relevance sums to f(x) - f(baseline), and how far off they may be, relative to it.
COMPLETE = {"integrated_gradients": (IntegratedGradients(tolerance=1e-3, max_steps=4096), 1e-3)}


def explain(case, method, rows=None):
    """The attribution of a kind's batch, or of some of its rows."""
    method = METHODS[method]() if isinstance(method, str) else method
    split = split_model(case.model)
    inputs = case.inputs if rows is None else case.inputs[rows]
    tensors = split.tensors(inputs)
    nothing = np.full(len(inputs), PREDICTED, np.int32)
    rows = Rows(tensors, nothing, np.full_like(nothing, NOTHING), split.head(tensors))
    return method.explain_rows(split, rows)


@pytest.fixture(params=KINDS)
def case(request):
    return kind(request.param)


@pytest.fixture(params=METHODS_ON_VECTORS)
def method(request):
    return request.param


def implied(head: Head, output):
    """Probabilities of all classes, from what `model.predict` gives."""
    return np.concatenate([1 - output, output], -1) if head.is_one_unit else output


def test_a_method_on_a_kind_of_model(case, method):
    found = explain(case, method)
    relevance = np.concatenate(found.relevance, -1)
    assert relevance.shape[:2] == case.inputs.shape[:2]
    assert np.isfinite(relevance).all()
    assert np.abs(relevance).sum() > 0

    head = split_model(case.model).head(split_model(case.model).tensors(case.inputs))
    output = case.model.predict(case.inputs, verbose=0)
    shown = found.logits if head.task == "regression" else found.probabilities
    np.testing.assert_allclose(shown, implied(head, output), atol=1e-6)
    np.testing.assert_array_equal(found.target, shown.argmax(-1))
    np.testing.assert_allclose(found.value, np.take_along_axis(found.logits, found.target[:, None], 1)[:, 0])

    if case.padding is not None:
        assert np.abs(relevance[case.padding]).max() == 0

    alone = [np.concatenate(explain(case, method, slice(i, i + 1)).relevance, -1)[0] for i in range(case.count)]
    np.testing.assert_allclose(relevance, alone, atol=2e-6 * np.abs(relevance).max())


@pytest.mark.parametrize("method", COMPLETE)
def test_relevance_sums_to_what_was_gained(case, method):
    instance, tolerance = COMPLETE[method]
    found = explain(case, instance)
    assert not any(found.warnings)
    total = np.add.reduce([r.sum((1, 2)) for r in found.relevance])
    start = found.diagnostics["baseline_score"]
    gained = found.value - start
    rounding = 2e-6 * np.maximum(np.abs(found.value), 1)
    np.testing.assert_array_less(np.abs(total - gained), tolerance * np.abs(gained) + rounding)
    np.testing.assert_allclose(found.diagnostics["completeness_error"], total - gained, atol=2e-6)


def test_padding_changes_nothing_for_a_masked_model(method):
    case = kind("lstm_masked")
    short = case.inputs[:1]
    padded = np.concatenate([short, np.zeros((1, 5), "int32")], 1)
    values = [METHODS[method]().attribute(case.model, x)[:, : short.shape[1]] for x in (short, padded)]
    np.testing.assert_allclose(values[0], values[1], atol=2e-6 * np.abs(values[0]).max())


def test_chunks_do_not_show(case, method):
    whole, chunked = (METHODS[method]().attribute(case.model, case.inputs, batch_size=b) for b in (64, 2))
    np.testing.assert_allclose(whole, chunked, atol=2e-6 * np.abs(whole).max())
