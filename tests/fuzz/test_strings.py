"""Models that take strings are asked about the user's text, however their layer cuts it into tokens."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import textattr
from textattr import errors
from textattr.tokenizers.text_vectorization import FromTextVectorization


def at_commas(texts):
    return tf.strings.split(texts, sep=",")


def no_digits(texts):
    return tf.strings.regex_replace(tf.strings.lower(texts), "[0-9]+", " NUMBER ")


SETTINGS = [
    {"ngrams": 2},
    {"ngrams": (1, 3)},
    {"ngrams": (2, 3), "output_sequence_length": 6},
    {"ngrams": 2, "split": "character", "output_sequence_length": 9},
    {"ngrams": (2,), "split": at_commas, "standardize": None},
    {"ngrams": 3, "standardize": no_digits},
    {"standardize": no_digits, "output_sequence_length": 4},
    {"ngrams": 2, "output_mode": "multi_hot"},
    {"ngrams": (1, 3), "output_mode": "count"},
    {"ngrams": 2, "output_mode": "tf_idf"},
]
PIECES = ["so", "good", "film", "a", "Don't", "é", "12", ",", " ", "  ", "\n", "!", "👍", "<br />", "|"]
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)


@cache
def explainer(which):
    options = SETTINGS[which]
    keras.utils.set_random_seed(which)
    layer = layers.TextVectorization(**options)
    layer.adapt(["so good a film", "a film, so good", "don't 12 a a"])
    text = keras.Input((1,), dtype="string")
    x = layer(text)
    if options.get("output_mode", "int") == "int":
        x = layers.LSTM(3)(layers.Embedding(60, 4)(x))
    model = keras.Model(text, layers.Dense(3, activation="softmax")(x))
    method = "gradient_x_input" if "output_mode" not in options else "auto"
    return textattr.Explainer(model, method=method)


@cache
def compiled(which):
    """The model itself, compiled: hundreds of texts are read in seconds; the tests below ask it as it is."""
    return tf.function(explainer(which).model, input_signature=[tf.TensorSpec([1, 1], tf.string)])


@given(which=st.integers(0, len(SETTINGS) - 1), text=texts)
@fuzz
def test_what_is_shown_as_prediction_is_that_of_the_text(which, text):
    try:
        said = explainer(which).predict([text])[0]
    except errors.DocumentError as error:
        if "at least one" not in str(error):
            raise
        return
    np.testing.assert_allclose(
        said.probabilities, compiled(which)(tf.constant([[text]])).numpy()[0], atol=1e-6
    )


@pytest.mark.product
@pytest.mark.parametrize("which", range(len(SETTINGS)))
@pytest.mark.parametrize("text", ["A film, so good!", "so, good"])
def test_tokens_that_cannot_be_placed_are_shown_one_after_the_other_and_it_says_so(which, text):
    explanation = explainer(which).explain(text)
    np.testing.assert_allclose(
        explanation.prediction.probabilities,
        explainer(which).model(tf.constant([[text]])).numpy()[0],
        atol=1e-6,
    )
    warned = any("could not be placed" in warning for warning in explanation.warnings)
    assert warned == (explanation.document != text)
    spans = explanation.targets[0].spans
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert [explanation.document[span.start : span.end] for span in spans] == [span.text for span in spans]


def test_an_encoding_made_before_asks_about_the_text_as_well():
    ours = explainer(0)
    encoding = FromTextVectorization(ours.model.layers[1])("so good, a film")
    assert encoding.text != "so good, a film"
    assert encoding.original == "so good, a film"
    np.testing.assert_array_equal(
        ours.predict([encoding])[0].probabilities, ours.predict(["so good, a film"])[0].probabilities
    )


class Cleaned(layers.Layer):
    """Takes words out of a text before it is split."""

    def call(self, texts):
        return tf.strings.regex_replace(texts, "so |<br />", "")

    def compute_output_shape(self, shape):
        return shape


def nested(text, layer):
    return keras.Sequential([keras.Input((1,), dtype="string"), Cleaned(), layer])(text)


@pytest.mark.product
@pytest.mark.parametrize("read", [lambda text, layer: layer(Cleaned()(text)), nested])
@pytest.mark.parametrize("is_passed", [False, True])
@pytest.mark.parametrize("text", ["so good film, a bad", "a bad film"])
def test_what_the_model_does_to_its_text_before_is_seen(read, is_passed, text):
    layer = layers.TextVectorization(vocabulary=["so", "good", "film", "a", "bad"], output_sequence_length=6)
    given = keras.Input((1,), dtype="string")
    x = layers.LSTM(3)(layers.Embedding(9, 3, mask_zero=True)(read(given, layer)))
    model = keras.Model(given, layers.Dense(2, activation="softmax")(x))
    tokenizer = layer if is_passed else None
    explanation = textattr.explain_prediction(model, text, tokenizer=tokenizer, method="saliency")
    assert explanation.document == text
    read = text.replace("so ", "").replace(",", "").split()
    assert [span.text for span in explanation.targets[0].spans] == read
    assert not any("could not be placed" in warning for warning in explanation.warnings)
    said = model(tf.constant([[text]])).numpy()[0]
    np.testing.assert_allclose(explanation.prediction.probabilities, said, atol=1e-6)


def test_a_layer_that_reads_the_input_is_not_asked_twice(monkeypatch):
    monkeypatch.setattr("textattr.split.model.looked_up_strings", None)
    for which in range(7):
        model = explainer(which).model
        assert textattr.Explainer(model, method="saliency").predict(["so, good, a film"])
    fresh = layers.TextVectorization(vocabulary=["so", "good"])
    parts = [
        keras.Input((1,), dtype="string"),
        fresh,
        layers.Embedding(9, 3),
        layers.LSTM(3),
        layers.Dense(2),
    ]
    assert textattr.Explainer(keras.Sequential(parts), method="saliency").predict(["so good"])
