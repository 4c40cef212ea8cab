"""Integrated gradients without `steps`: as many points as a document needs, and a reason where none are enough."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import kind

import textattr
from textattr.methods import IntegratedGradients, nested
from textattr.methods.convergence import SHARE_OF_SIZES, TOLERANCE

DOCS = [[3, 4, 5, 6], [7, 3, 3, 9], [5, 8, 2, 6]]


def test_refined_points_keep_those_of_before():
    for level in range(1, 5):
        everything, before = nested.points(level), nested.points(level - 1)
        assert len(everything) == 3**level
        assert np.isclose(everything[:, None], before[None]).any(0).all()
        both = np.concatenate([before, nested.new_points(level)])
        np.testing.assert_allclose(np.sort(both), everything)
        assert 0 < everything.min() < everything.max() < 1  # a model may have no gradient at an end


def test_extrapolation_is_exact_for_cubic_polynomials():
    """As a slow sum says, and as the integral says; its weights are positive."""
    coefficients = np.array([0.3, -1.2, 2.0, 0.7])
    slope = np.polynomial.Polynomial(coefficients)

    def result(points):
        return {
            "relevance": (np.array([[np.mean(slope(points))]]),),
            "others": (),
            "numbers": (),
            "diagnostics": {"completeness_error": np.zeros(1)},
        }

    coarse = result(nested.points(1))
    fine = nested.refined(coarse, result(nested.new_points(2)))
    np.testing.assert_allclose(fine["relevance"][0], np.mean(slope(nested.points(2))))
    found = nested.extrapolated(fine, coarse)["relevance"][0]
    np.testing.assert_allclose(found, slope.integ()(1.0))
    np.testing.assert_allclose(nested.doubt(fine, coarse), abs(found - fine["relevance"][0])[:, 0])
    kept = np.isclose(nested.points(2)[:, None], nested.points(1)[None]).any(1)
    weights = 9 / 8 / 9 - kept / 8 / 3
    assert weights.min() > 0
    assert weights.sum() == pytest.approx(1)


def test_where_extrapolation_does_more_harm_than_good_it_is_left_out():
    """A gradient that jumps; the first row adds up as it is, the second when extrapolated, the third neither way."""

    def result(errors):
        errors = np.array(errors)
        return {
            "value": np.ones(3),
            "relevance": (1 + errors[:, None],),
            "others": (),
            "numbers": (),
            "diagnostics": {"completeness_error": errors, "baseline_score": np.zeros(3)},
            "checks": (),
        }

    coarse, fine = result([0.5, 0.36, 0.3]), result([0.01, 0.04, 0.2])
    found = nested.estimate(fine, coarse, tolerance=0.02)
    expected = [0.01, 0.0, (9 * 0.2 - 0.3) / 8]
    np.testing.assert_allclose(found["diagnostics"]["completeness_error"], expected, atol=1e-9)
    np.testing.assert_allclose(found["relevance"][0][:, 0], 1 + np.array(expected))


@pytest.mark.parametrize("name", ["convolution", "lstm_masked", "pre_norm_block"])
def test_each_document_takes_what_it_needs_and_gets_what_many_steps_give(name):
    model = kind(name).model
    for doc in DOCS:
        found = textattr.explain_prediction(model, doc, method="integrated_gradients").targets[0]
        exact = textattr.explain_prediction(model, doc, method="integrated_gradients", steps=600).targets[0]
        sizes = abs(exact.heatmap).sum()
        assert found.diagnostics["steps"] in (9, 27, 81, 243, 729)
        scale = max(abs(found.score - found.baseline_score), SHARE_OF_SIZES * sizes)
        assert abs(found.diagnostics["completeness_error"]) <= TOLERANCE * scale * 1.01
        assert abs(found.heatmap - exact.heatmap).sum() <= 2 * TOLERANCE * sizes


def test_a_document_gets_the_same_beside_others_that_need_more():
    explainer = textattr.Explainer(
        kind("pre_norm_block").model, method="integrated_gradients", tolerance=1e-3
    )
    together = list(explainer.explain_many(DOCS))
    for doc, beside in zip(DOCS, together, strict=True):
        alone = explainer.explain(doc)
        assert alone.targets[0].diagnostics["steps"] == beside.targets[0].diagnostics["steps"]
        np.testing.assert_allclose(alone.targets[0].heatmap, beside.targets[0].heatmap, atol=1e-6)


def test_numbers_of_vectors_sum_to_the_weights():
    model = kind("convolution").model
    numbers = IntegratedGradients().attribute(model, np.array(DOCS))
    found = [
        textattr.explain_prediction(model, doc, method="integrated_gradients", score="logit") for doc in DOCS
    ]
    for row, explanation in zip(numbers, found, strict=True):
        np.testing.assert_allclose(row.sum(-1), explanation.targets[0].heatmap, atol=1e-5)


def warning_of(model, **settings):
    found = textattr.explain_prediction(
        model, [1, 2, 3], method="integrated_gradients", baseline="zero", max_steps=81, **settings
    )
    return " ".join(found.warnings)


def model_with(end):
    keras.utils.set_random_seed(3)
    lookup = keras.layers.Embedding(5, 4, embeddings_initializer="ones")
    ids = keras.Input((3,), dtype="int32")
    pooled = keras.layers.GlobalAveragePooling1D()(lookup(ids))
    return keras.Model(ids, end(keras.layers.Dense(1, kernel_initializer="ones")(pooled)))


def test_a_score_that_is_flat_but_for_a_step_is_told():
    model = model_with(lambda x: keras.layers.Activation("sigmoid")(1e6 * (x - 1.2345)))
    assert "nearly all of the path is flat" in warning_of(model, score="probability")
    assert "converge" not in warning_of(model, score="logit")


class NotItsOwn(keras.layers.Layer):
    """Says x squared, and that its slope is that of x."""

    def call(self, x):
        return x + tf.stop_gradient(x * x - x)


def test_a_gradient_that_is_not_the_scores_own_is_told():
    warned = warning_of(model_with(lambda x: NotItsOwn()(x)), task="regression")
    assert "its gradient is not its own" in warned
    assert (
        "give more steps"
        in textattr.explain_prediction(
            model_with(lambda x: NotItsOwn()(x)),
            [1, 2, 3],
            method="integrated_gradients",
            baseline="zero",
            steps=10,
            task="regression",
        ).warnings[-1]
    )
