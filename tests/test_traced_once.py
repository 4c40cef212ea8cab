"""Recurrent layers as functions: traced once, the same weights, and nothing that outlives the model."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from textattr.methods import GradientXInput, IntegratedGradients, Occlusion, Saliency, SmoothGrad
from textattr.split.traced_once import is_traced_once

IDS = np.array([[5, 3, 8, 1, 9, 0, 0], [2, 2, 7, 4, 0, 0, 0]], "int32")


def lookup(ids):
    return layers.Embedding(20, 4, mask_zero=True)(ids)


def both_directions(ids):
    read = layers.Bidirectional(layers.GRU(3, return_sequences=True))(lookup(ids))
    return layers.LSTM(4)(read)


def states_handed_on(ids):
    read, *states = layers.LSTM(3, return_sequences=True, return_state=True)(lookup(ids))
    return layers.LSTM(3)(read, initial_state=states)


def simple_and_backwards(ids):
    return layers.SimpleRNN(3, go_backwards=True)(layers.SimpleRNN(3, return_sequences=True)(lookup(ids)))


def shared(ids):
    vectors, loop = lookup(ids), layers.GRU(3)
    return layers.Concatenate()([loop(vectors), loop(layers.Dense(4, "tanh")(vectors))])


KINDS = [both_directions, states_handed_on, simple_and_backwards, shared]
METHODS = [Saliency(), IntegratedGradients(steps=8), SmoothGrad(samples=3, seed=0), Occlusion()]


def model_of(kind):
    keras.utils.set_random_seed(1)
    ids = keras.Input((None,), dtype="int32")
    return keras.Model(ids, layers.Dense(2, activation="softmax")(kind(ids)))


@pytest.mark.product("what is the same as layer by layer")
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_those_without(kind, method, monkeypatch):
    found = method.attribute(model_of(kind), IDS)
    monkeypatch.setattr("textattr.split.compiler.is_traced_once", lambda _: False)
    np.testing.assert_allclose(found, method.attribute(model_of(kind), IDS), rtol=1e-6, atol=1e-9)


@pytest.fixture
def loops(monkeypatch):
    """Each time that Keras goes through an LSTM, or traces that."""
    calls = []
    own = layers.LSTM.inner_loop

    def counted(layer, *args, **kwargs):
        calls.append(layer)
        return own(layer, *args, **kwargs)

    monkeypatch.setattr(layers.LSTM, "inner_loop", counted)
    return calls


def test_a_loop_is_traced_once_for_all_methods(loops):
    model = model_of(lambda ids: layers.LSTM(3)(lookup(ids)))
    loops.clear()
    Saliency().attribute(model, IDS)
    assert len(loops) == 3  # to look at it, by itself, and as the function
    for method in (GradientXInput(), IntegratedGradients(steps=8), IntegratedGradients(), Occlusion()):
        method.attribute(model, IDS)
    assert len(loops) == 3


def test_of_many_sentences_it_is_traced_for_all_of_them(loops):
    """Keras goes through one sentence after the other, where the model runs by itself."""
    words = keras.Input((None,), dtype="int32")
    sentence = keras.Model(words, layers.LSTM(3)(lookup(words)))
    ids = keras.Input((12, 20), dtype="int32")
    read = layers.GlobalAveragePooling1D()(layers.TimeDistributed(sentence)(ids))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(read))
    loops.clear()
    Saliency().attribute(model, np.random.default_rng(0).integers(1, 20, (1, 12, 20)))
    assert len(loops) == 3


def test_other_shapes_have_a_function_of_their_own(monkeypatch):
    beside = np.random.default_rng(0).normal(size=(2, 2, 4)).astype("float32")

    def gradients():
        keras.utils.set_random_seed(1)
        loop = layers.GRU(3)
        ids, numbers = keras.Input((None,), dtype="int32"), keras.Input((2, 4))
        read = layers.Concatenate()([loop(lookup(ids)), loop(numbers)])
        model = keras.Model([ids, numbers], layers.Dense(2, activation="softmax")(read))
        return Saliency().attribute(model, [IDS, beside])

    found = gradients()
    monkeypatch.setattr("textattr.split.compiler.is_traced_once", lambda _: False)
    np.testing.assert_allclose(found, gradients(), rtol=1e-6)


def test_what_others_make_of_such_layers_runs_as_it_is():
    class Doubled(layers.LSTM):
        def call(self, sequences, **options):
            return 2 * super().call(sequences, **options)

    assert is_traced_once(layers.LSTM(2))
    assert not is_traced_once(layers.LSTM(2, stateful=True))
    assert not any(map(is_traced_once, (Doubled(2), layers.RNN(layers.LSTMCell(2)), layers.Dense(2))))


def test_with_an_array_or_a_variable_among_its_arguments_it_runs_as_it_is():
    class Starts(keras.Model):
        def __init__(self, start):
            super().__init__()
            self.lookup, self.loop, self.last = layers.Embedding(20, 4), layers.GRU(3), layers.Dense(2)
            self.start = start

        def call(self, ids):
            return self.last(self.loop(self.lookup(ids), initial_state=self.start))

    start = np.float32([[0.5, -1, 2]] * 2)
    found = []
    for each in (start, 3 * start, tf.Variable(start), tf.constant(start)):
        keras.utils.set_random_seed(1)
        model = Starts(each)
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        found.append(Saliency().attribute(model, IDS))
    np.testing.assert_allclose(found[2], found[0], rtol=1e-6)
    np.testing.assert_allclose(found[3], found[0], rtol=1e-6)
    assert np.abs(found[1] - found[0]).max() > 1e-3


def test_functions_go_with_their_model():
    model = model_of(both_directions)
    for method in METHODS:
        method.attribute(model, IDS)
    loops = [weakref.ref(layer) for layer in model._flatten_layers() if is_traced_once(layer)]
    assert len(loops) == 3
    del model
    gc.collect()
    assert [loop() for loop in loops] == [None] * 3
