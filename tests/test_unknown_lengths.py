"""A model may do something else when it is traced with unknown lengths: what is explained is what it does by itself."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import keras_of, lookup, softmax, tokens

import textattr
from textattr.errors import ModelOutputError

DOCS = np.random.default_rng(3).integers(1, 30, (3, 5)).astype("int32")
SENTENCES = np.random.default_rng(3).integers(1, 30, (2, 4, 5)).astype("int32")


def steps(k):
    """Keras 3.15 maps over as many steps as there are documents, where it does not know how many there are."""
    la = k.layers
    parts = la.TimeDistributed(la.Dense(4, activation="relu")), la.GlobalAveragePooling1D(), softmax(k)
    return k.Sequential([tokens(k), lookup(k), *parts]), DOCS


def masked_steps(k):
    la = k.layers
    parts = la.LSTM(4, return_sequences=True), la.TimeDistributed(la.Dense(4)), la.GlobalAveragePooling1D()
    return k.Sequential([tokens(k), lookup(k, mask_zero=True), *parts, softmax(k)]), DOCS


def sentences(k):
    x = tokens(k, None, None)
    words = k.layers.TimeDistributed(lookup(k))(x)
    each = k.layers.TimeDistributed(k.layers.GlobalMaxPooling1D())(words)
    return k.Model(x, softmax(k)(k.layers.GRU(4)(each))), SENTENCES


def doubled_unless_known(k):
    class Doubled(k.layers.Layer):
        def call(self, x):
            return 2 * x if x.shape[1] is None else x

    parts = Doubled(), k.layers.GlobalAveragePooling1D(), softmax(k)
    return k.Sequential([tokens(k), lookup(k), *parts]), DOCS


MODELS = [steps, masked_steps, sentences, doubled_unless_known]
IN_FAMILIES = [(build, family) for build in MODELS for family in ("keras", "tf_keras")]
METHODS = ["saliency", "integrated_gradients", "occlusion", "lrp", "deeplift"]


@pytest.fixture(scope="module", params=IN_FAMILIES, ids=lambda each: f"{each[0].__name__}-{each[1]}")
def case(request):
    build, family = request.param
    k = keras_of(family)
    k.utils.set_random_seed(1)
    return build(k)


@pytest.mark.product("unknown lengths")
def test_scores_are_those_of_the_model_by_itself(case):
    model, docs = case
    own = np.asarray(model(docs))
    for doc, expected in zip(docs, own, strict=True):
        found = textattr.explain_prediction(model, doc).prediction
        np.testing.assert_allclose(found.probabilities, expected, atol=2e-6)
    together = textattr.Explainer(model).explain_many(docs)
    for found, expected in zip(together, own, strict=True):
        np.testing.assert_allclose(found.prediction.probabilities, expected, atol=2e-6)


@pytest.mark.product("unknown lengths")
def test_gradients_are_those_of_the_table(case):
    model, docs = case
    [table] = [w for w in model.trainable_weights if tuple(w.shape) == (30, 4)]
    table = getattr(table, "value", table) if not callable(getattr(table, "value", None)) else table
    with tf.GradientTape() as tape:
        score = model(docs[:1])[0, 1]
    gradient = tf.convert_to_tensor(tape.gradient(score, table)).numpy()
    expected = (gradient * np.asarray(table)).sum(-1)
    asked = {"targets": 1, "score": "probability"}
    ours = textattr.explain_prediction(model, docs[0], method="gradient_x_input", **asked)
    found = np.zeros(30)
    np.add.at(found, docs[0].reshape(-1), ours.targets[0].heatmap)
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


@pytest.mark.product("unknown lengths")
@pytest.mark.parametrize("method", METHODS)
def test_methods_explain_the_model_by_itself(case, method):
    model, docs = case
    found = textattr.explain_prediction(model, docs[0], method=method)
    np.testing.assert_allclose(found.prediction.probabilities, np.asarray(model(docs[:1]))[0], atol=2e-6)
    assert np.abs(found.targets[0].heatmap).sum() > 0


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_a_layer_that_does_something_else_in_every_trace_is_refused_by_its_name(family):
    k = keras_of(family)

    class Doubled(k.layers.Layer):
        def call(self, x):
            return x if tf.executing_eagerly() else 2 * x

    parts = (
        k.layers.LSTM(4, return_sequences=True),
        Doubled(name="strange"),
        k.layers.GlobalAveragePooling1D(),
    )
    model = k.Sequential([tokens(k), lookup(k), *parts, softmax(k)])
    with pytest.raises(ModelOutputError, match="the first layer whose output differs is 'strange'"):
        textattr.explain_prediction(model, DOCS[0])


def reversed_steps():
    class Reversed(keras.layers.TimeDistributed):
        def call(self, inputs, training=None, mask=None):
            return -self.layer.call(inputs)

    return Reversed(keras.layers.Dense(4))


def namesake():
    class TimeDistributed(keras.layers.Layer):
        def call(self, inputs):
            return inputs**2

    return TimeDistributed()


@pytest.mark.parametrize("layer", [reversed_steps, namesake])
def test_a_layer_like_one_that_runs_in_a_simpler_way_runs_in_its_own(layer):
    parts = layer(), keras.layers.GlobalAveragePooling1D(), softmax(keras)
    model = keras.Sequential([tokens(keras), lookup(keras), *parts])
    for method in ("saliency", "integrated_gradients"):
        found = textattr.explain_prediction(model, DOCS[0], method=method).prediction
        np.testing.assert_allclose(found.probabilities, np.asarray(model(DOCS[:1]))[0], atol=2e-6)


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_a_long_text_is_compared_too(family):
    model, _ = masked_steps(keras_of(family))
    doc = np.random.default_rng(3).integers(1, 30, 220).astype("int32")
    found = textattr.explain_prediction(model, doc, method="saliency")
    np.testing.assert_allclose(found.prediction.probabilities, np.asarray(model(doc[None]))[0], atol=2e-6)
    assert max(check.difference / check.bound for check in found.checks) < 0.5
