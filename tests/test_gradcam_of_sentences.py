"""Grad-CAM on models that read a document sentence by sentence: a unit for each sentence, or a clear refusal."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import keras_of, kind

import textattr
from textattr.errors import LayerError
from textattr.methods import GradCAM


@cache
def attention_over_sentences(family):
    """Words averaged to sentences, and the sentences read both ways."""
    k = keras_of(family)
    k.utils.set_random_seed(3)
    la = k.layers
    words = k.Input((5,), dtype="int32")
    read = la.Dense(4, activation="tanh", name="words")(la.Embedding(9, 4, mask_zero=True)(words))
    of_sentence = k.Model(words, la.GlobalAveragePooling1D()(read))
    x = k.Input((4, 5), dtype="int32")
    sentences = la.TimeDistributed(of_sentence, name="sentences")(x)
    read = la.Bidirectional(la.SimpleRNN(3, return_sequences=True), name="both_ways")(sentences)
    model = k.Model(x, la.Dense(3, activation="softmax")(la.GlobalMaxPooling1D()(read)))
    return model, np.array([[3, 2, 5, 1, 4], [4, 1, 0, 0, 0], [2, 7, 8, 5, 0], [6, 1, 3, 0, 0]], "int32")


def explained(model, doc, **options):
    return textattr.explain_prediction(model, doc, method="gradcam", relu=False, **options).targets[0]


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_a_sentence_is_a_unit(family):
    model, doc = attention_over_sentences(family)
    by_sentence = np.split(
        explained(model, doc, layer="sentences").heatmap, np.cumsum((doc != 0).sum(1))[:-1]
    )
    assert [len(heat) for heat in by_sentence] == [5, 2, 4, 3]  # padding is stripped
    assert all(np.ptp(heat) == 0 for heat in by_sentence)
    assert len({heat[0] for heat in by_sentence}) == 4


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_units_that_all_see_the_whole_text_are_named_though_none_sees_padding(family):
    model, doc = attention_over_sentences(family)
    explanation = textattr.explain_prediction(model, doc, method="gradcam", relu=False)
    assert "every unit of layer 'both_ways' sees the whole text" in " ".join(explanation.warnings)
    target = explanation.targets[0]
    units = GradCAM(relu=False).heatmap(model, doc[None], target=target.target)[0]
    stretched = np.interp(np.linspace(0, 1, 14), np.linspace(0, 1, 4), units)  # over what is no padding
    np.testing.assert_allclose(target.heatmap, stretched, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_the_default_is_a_layer_that_reads_the_whole_text(family):
    made = kind("hierarchical", family)
    for row in made.inputs:
        found = explained(made.model, row).heatmap
        assert np.isfinite(found).all()
        assert np.abs(found).max() > 0


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_a_layer_inside_a_sentence_is_refused(family):
    model, doc = attention_over_sentences(family)
    inner = model.get_layer("sentences").layer.get_layer("words")
    with pytest.raises(LayerError, match=r"reads one sentence at a time: choose one of sentences, both_ways"):
        explained(model, doc, layer=inner)


def test_sentences_cut_out_by_hand_are_noticed():
    @keras.saving.register_keras_serializable("tests")
    class Sentences(keras.layers.Layer):
        def call(self, x):
            return tf.reshape(x, [-1, 3, x.shape[-1]])

        def compute_output_shape(self, shape):
            return None, 3, shape[-1]

    @keras.saving.register_keras_serializable("tests")
    class Documents(keras.layers.Layer):
        def call(self, x):
            return tf.reshape(x, [-1, 2, x.shape[-1]])

        def compute_output_shape(self, shape):
            return None, 2, shape[-1]

    x = keras.Input((6,), dtype="int32")
    y = keras.layers.Conv1D(4, 2, name="read")(Sentences()(keras.layers.Embedding(9, 4, name="lookup")(x)))
    y = Documents(name="joined")(keras.layers.GlobalMaxPooling1D()(y))
    model = keras.Model(x, keras.layers.Dense(2)(keras.layers.Flatten()(y)))
    doc = [1, 2, 3, 4, 5, 6]
    with pytest.raises(LayerError, match="'read'.*reads one sentence at a time: choose one of lookup"):
        explained(model, doc, layer="read")
    assert np.isfinite(explained(model, doc, layer="lookup").heatmap).all()
