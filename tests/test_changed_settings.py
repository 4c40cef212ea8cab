"""A model that is changed after it was explained is explained as it is then, by explainers of before as well."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import textattr

IDS = np.array([3, 7, 11, 2, 19, 5, 23], "int32")


class Scaled(layers.Layer):
    def __init__(self):
        super().__init__()
        self.by = 1.0
        self.calls = 0

    def call(self, x):
        self.calls += 1
        return self.by * x


def made():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(30, 4, name="table"),
            layers.LSTM(4, name="loop", return_sequences=True),
            Scaled(),
            layers.GlobalAveragePooling1D(),
            layers.Dense(5, activation="relu", name="hidden"),
            layers.Dense(3, activation="softmax", name="end"),
        ]
    )


def with_lora(model):
    for name in ("hidden", "table"):
        layer = model.get_layer(name)
        layer.enable_lora(2)
        layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape)) if name == "hidden" else None


def call_replaced(model):
    layer = model.get_layer("hidden")
    call = layer.call
    layer.call = lambda x, training=None: 3 * call(x)


CHANGES = {
    "activation": lambda model: setattr(model.get_layer("hidden"), "activation", keras.activations.tanh),
    "activation of a loop": lambda model: setattr(
        model.get_layer("loop").cell, "activation", keras.activations.relu
    ),
    "lora": with_lora,
    "call": call_replaced,
    "a number of a layer": lambda model: setattr(model.layers[2], "by", 5.0),
    "no softmax": lambda model: setattr(model.get_layer("end"), "activation", keras.activations.linear),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_scores_are_those_of_the_model_as_it_is(change):
    model = made()
    explainer = textattr.Explainer(model, method="gradient_x_input", task="multiclass")
    before = explainer.explain(IDS)
    CHANGES[change](model)
    expected = np.asarray(model(IDS[None]))[0]
    found = explainer.explain(IDS)
    fresh = textattr.Explainer(made_like(model), method="gradient_x_input", task="multiclass").explain(IDS)
    of_scores = found.prediction.scores if change == "no softmax" else found.prediction.probabilities
    np.testing.assert_allclose(of_scores, expected, atol=1e-6)
    np.testing.assert_allclose(found.targets[0].heatmap, fresh.targets[0].heatmap, atol=1e-6)
    if change != "no softmax":  # logits are explained with it and without
        assert not np.allclose(found.targets[0].heatmap, before.targets[0].heatmap, rtol=1e-3)


def made_like(model):
    """Another model of the same layers, of which nothing was traced yet."""
    return keras.Sequential([keras.Input((None,), dtype="int32"), *model.layers])


def test_what_did_not_change_is_not_traced_again():
    model = made()
    explainer = textattr.Explainer(model, method="saliency")
    explainer.explain(IDS)
    traced = model.layers[2].calls
    model.predict(IDS[None], verbose=0)
    called = model.layers[2].calls
    explainer.explain(IDS)
    assert traced > 0
    assert model.layers[2].calls == called


def test_new_words_of_a_vocabulary_count():
    keras.utils.set_random_seed(0)
    words = layers.TextVectorization()
    words.set_vocabulary(["good", "bad", "film"])
    text = keras.Input((1,), dtype="string")
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(9, 4)(words(text)))
    model = keras.Model(text, layers.Dense(3, activation="softmax")(pooled))
    explainer = textattr.Explainer(model, method="saliency")
    explainer.explain("a good film")
    words.set_vocabulary(["film", "good", "bad"])
    expected = np.asarray(model(np.array([["a good film"]], object)))[0]
    np.testing.assert_allclose(explainer.explain("a good film").prediction.probabilities, expected, atol=1e-6)
