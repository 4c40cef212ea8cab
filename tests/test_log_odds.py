"""The log-odds of a class: of two classes what is explained, and what the sigmoid turns into the probability."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
from kinds import keras_of, lookup, tokens

import textattr
from textattr.errors import OptionError
from textattr.methods import METHODS, IntegratedGradients
from textattr.targets.log_odds import of_logits, of_probabilities

LOGITS = np.array([[0.3, -1.2, 2.0], [30.0, -2.0, 1.0], [-80.0, 90.0, 20.0]])
IDS = np.array([3, 9, 4, 7, 11], "int32")


def model_with(family, *ends, compiled=None):
    k = keras_of(family)
    k.utils.set_random_seed(3)
    x = tokens(k)
    pooled = k.layers.GlobalAveragePooling1D()(lookup(k)(x))
    for end in ends:
        pooled = end(k)(pooled)
    model = k.Model(x, pooled)
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    if compiled:
        model.compile(loss=compiled(k))
    return model


def dense(units, activation=None):
    return lambda k: k.layers.Dense(units, activation=activation)


TWO_CLASSES = {
    "softmax": lambda family: model_with(family, dense(2, "softmax")),
    "log_softmax": lambda family: model_with(family, dense(2, "log_softmax")),
    "logits": lambda family: model_with(
        family, dense(2), compiled=lambda k: k.losses.SparseCategoricalCrossentropy(from_logits=True)
    ),
    "sigmoid": lambda family: model_with(family, dense(1, "sigmoid")),
    "one logit": lambda family: model_with(
        family, dense(1), compiled=lambda k: k.losses.BinaryCrossentropy(from_logits=True)
    ),
}


@cache
def two_classes(name):
    return TWO_CLASSES[name]("keras")


@cache
def four_classes():
    return model_with("keras", dense(4, "softmax"))


def sigmoid(scores):
    return 1 / (1 + np.exp(-np.asarray(scores, np.float64)))


def test_log_odds_are_log_p_less_log_of_the_rest():
    p = np.exp(LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True)))
    rest = np.stack([np.delete(p, c, -1).sum(-1) for c in range(3)], -1)  # 1 - p would lose all that is small
    np.testing.assert_allclose(
        of_logits(keras.ops.convert_to_tensor(LOGITS, "float64")), np.log(p / rest), rtol=1e-9
    )
    np.testing.assert_allclose(
        of_logits(LOGITS[:, :2].astype("float32")), LOGITS[:, :2] - LOGITS[:, 1::-1], rtol=1e-6
    )
    np.testing.assert_allclose(of_probabilities(np.array([0.25])), [np.log(1 / 3)])


@pytest.mark.product
@pytest.mark.parametrize("family", ["keras", "tf_keras"])
@pytest.mark.parametrize("name", TWO_CLASSES)
def test_of_two_classes_the_sigmoid_of_the_score_is_the_probability(name, family):
    explainer = textattr.Explainer(TWO_CLASSES[name](family), method="gradient_x_input")
    found = explainer.explain(IDS, targets="all")
    for target in found.targets:
        assert sigmoid(target.score) == pytest.approx(target.probability, abs=1e-6)
    np.testing.assert_allclose(sigmoid(found.prediction.scores), found.prediction.probabilities, atol=1e-6)
    np.testing.assert_allclose(explainer.predict([IDS])[0].scores, found.prediction.scores, rtol=1e-6)
    np.testing.assert_array_equal(found.targets[0].heatmap, -found.targets[1].heatmap)
    contrast = explainer.explain(IDS, targets=0, against=1).targets[0]
    np.testing.assert_allclose(contrast.heatmap, found.targets[0].heatmap, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_the_margin_of_two_logits_is_explained_by_every_method(method):
    model = two_classes("softmax")
    settings = {"layer": "embedding"} if method == "gradcam" else {}
    if method == "gradcam":
        settings = {"layer": next(la.name for la in model.layers if "embedding" in la.name)}
    margin = textattr.explain_prediction(model, IDS, targets=1, method=method, **settings).targets[0]
    by_hand = textattr.explain_prediction(
        model, IDS, targets=1, against=0, score="logit", method=method, **settings
    ).targets[0]
    np.testing.assert_allclose(margin.heatmap, by_hand.heatmap, atol=1e-6)
    assert margin.score == pytest.approx(by_hand.score, abs=1e-6)


@pytest.mark.parametrize(
    "method", [name for name in METHODS if name not in ("gradcam", "saliency", "smoothgrad")]
)
def test_log_odds_of_more_classes_are_explained_by_every_method(method):
    model = four_classes()
    found = textattr.explain_prediction(model, IDS, targets="all", method=method, score="log_odds")
    for target in found.targets:
        assert sigmoid(target.score) == pytest.approx(target.probability, abs=1e-6)
        assert np.abs(target.heatmap).sum() > 0
    one, other = (
        textattr.explain_prediction(model, IDS, targets=1, against=2, method=method, score=score).targets[0]
        for score in ("log_odds", "logit")
    )
    np.testing.assert_allclose(one.heatmap, other.heatmap, atol=1e-6)
    assert one.score == pytest.approx(other.score, abs=1e-6)


def test_weights_sum_to_the_log_odds_gained():
    model = four_classes()
    target = textattr.explain_prediction(
        model, IDS, targets=3, score="log_odds", method=IntegratedGradients(tolerance=1e-3)
    ).targets[0]
    assert target.heatmap.sum() == pytest.approx(target.score - target.baseline_score, rel=1e-3)


def test_more_classes_and_attribute_keep_the_logit():
    three = model_with("keras", dense(3, "softmax"))
    open_, logit = (
        textattr.explain_prediction(three, IDS, targets=1, method="saliency", score=score).targets[0]
        for score in (None, "logit")
    )
    np.testing.assert_array_equal(open_.heatmap, logit.heatmap)
    two = two_classes("softmax")
    kernel = np.asarray(two.layers[-1].kernel)
    gradient = METHODS["saliency"]().attribute(two, IDS[None], target=1)
    np.testing.assert_allclose(gradient[0, 0], np.abs(kernel[:, 1]) / len(IDS), atol=1e-6)


def test_black_boxes_are_taken_as_they_come():
    class Pipeline:
        classes_ = ("no", "yes")

        def predict_proba(self, texts):
            return np.array([[0.4, 0.6]] * len(texts))

    with pytest.raises(OptionError, match="score='log_odds' is for Keras models"):
        textattr.explain_prediction(Pipeline(), "some text", score="log_odds")
