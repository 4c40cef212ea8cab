"""Weights stand on the words that they are of: what enters the model at a token's place is of that token alone."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import textattr
from textattr.errors import ModelOutputError

VOCABULARY, LENGTH = 30, 7
IDS = np.array([3, 7, 11, 2, 19, 5, 23], "int32")


def left_padded(ids):
    """With the padding, which stands behind, in front."""
    count = ops.sum(ops.cast(ids != 0, "int32"), 1)
    return tf.reverse(tf.reverse_sequence(ids, count, seq_axis=1), [1])


def shifted(ids):
    return ops.concatenate([ops.zeros_like(ids[:, :1]), ids[:, :-1]], 1)


MOVED = {
    "reversed": lambda ids: ids[:, ::-1],
    "shifted": shifted,
    "rolled": lambda ids: ops.roll(ids, 3, axis=1),
    "sorted": lambda ids: ops.sort(ids, axis=1),
    "without the first": lambda ids: ids[:, 1:],
    "every other": lambda ids: ids[:, ::2],
    "mixed with its neighbour": lambda ids: (7 * ids + ops.roll(ids, 1, axis=1)) % VOCABULARY,
    "padded in front": lambda ids: layers.Lambda(left_padded, output_shape=(LENGTH,))(ids),
}


def reading(move):
    keras.utils.set_random_seed(0)
    ids = keras.Input((LENGTH,), dtype="int32")
    vectors = layers.Embedding(VOCABULARY, 4)(move(ids))
    return keras.Model(ids, layers.Dense(2, activation="softmax")(layers.Flatten()(vectors)))


@pytest.mark.parametrize("name", sorted(MOVED))
def test_a_model_that_moves_its_ids_is_refused(name):
    with pytest.raises(ModelOutputError, match="weights would be shown on other words"):
        textattr.explain_prediction(reading(MOVED[name]), IDS, method="saliency")


@pytest.mark.parametrize("method", ["auto", "occlusion", "gradcam", "shapley_sampling"])
def test_by_every_way_to_explain_it(method):
    with pytest.raises(ModelOutputError, match="weights would be shown on other words"):
        textattr.explain_prediction(reading(MOVED["reversed"]), IDS, method=method)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_documents_tell_it_as_well(count):
    ids = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(VOCABULARY, 4)(ids[:, ::-1])
    model = keras.Model(ids, layers.Dense(2)(layers.LSTM(3)(vectors)))
    if count == 1:  # tells nothing: the next one does
        assert textattr.explain_prediction(model, IDS[:1], method="saliency").tokens
        count = 4
    with pytest.raises(ModelOutputError, match="weights would be shown on other words"):
        textattr.explain_prediction(model, IDS[:count], method="saliency")


@pytest.mark.parametrize(
    "mixing", [lambda: layers.Conv1D(4, 3, padding="same"), lambda: layers.GRU(4, return_sequences=True)]
)
def test_an_encoder_that_reads_the_neighbours_is_no_lookup(mixing):
    keras.utils.set_random_seed(0)
    ids = keras.Input((LENGTH,), dtype="int32")
    encoder = keras.Model(ids, mixing()(ops.one_hot(ids, VOCABULARY)))
    given = keras.Input((LENGTH,), dtype="int32")
    model = keras.Model(given, layers.Dense(2, activation="softmax")(layers.Flatten()(encoder(given))))
    with pytest.raises(ModelOutputError, match="reads the neighbours of a token as well"):
        textattr.explain_prediction(model, IDS, method="saliency")


@pytest.mark.parametrize("ids", [IDS, np.full(LENGTH, 3), np.full(LENGTH, VOCABULARY - 1), np.arange(LENGTH)])
def test_ids_in_their_places_are_fine(ids):
    found = textattr.explain_prediction(reading(lambda ids: ids), ids.astype("int32"), method="saliency")
    assert len(found.tokens) >= LENGTH - 1
