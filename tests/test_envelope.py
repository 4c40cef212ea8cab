"""Lines that can be the maximum of many: none is left out, and integrated gradients are what they are along all."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import layers
from stepping import Layer, assert_same, both_ways

from textattr.graph.envelope import at_places, steps_to_maximum, upper_envelope

NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-4, 4, width=32))
LINES = hnp.arrays(np.float32, st.tuples(st.just(2), st.integers(1, 9), st.just(3)), elements=NUMBERS)


@given(st.data(), LINES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_at_no_place_is_a_larger_line_left_out(data, start, is_clipped):
    end = data.draw(hnp.arrays(np.float32, start.shape, elements=NUMBERS))
    places = upper_envelope(start, end, is_clipped=is_clipped)
    kept = [each.numpy() for each in at_places(places, start, end)]
    scale = max(np.abs(start).max(), np.abs(end).max())
    for along in np.linspace(0, 1, 41):
        every, some = ((1 - along) * a + along * b for a, b in ((start, end), kept))
        if is_clipped:
            every, some = np.maximum(every, 0), np.maximum(some, 0)
        np.testing.assert_allclose(some.max(1), every.max(1), atol=2e-6 * scale)


def test_lines_that_are_equal_are_all_kept_and_those_below_are_not():
    end = np.float32([5, 1, 5, -2, 4.999999, 3]).reshape(1, 6, 1)
    places = upper_envelope(np.ones_like(end), end, is_clipped=False).numpy()
    assert places.tolist() == [[[0], [2], [4]]]


def test_what_never_is_above_0_is_left_out_where_it_is_clipped():
    start, end = (np.float32(each).reshape(1, 3, 1) for each in ([-4, -9, 2], [-6, -1, -3]))
    assert upper_envelope(start, end, is_clipped=True).numpy().tolist() == [[[2]]]


def test_what_is_no_number_is_kept():
    end = np.float32([5, np.nan, 4]).reshape(1, 3, 1)
    assert 1 in upper_envelope(np.zeros_like(end), end, is_clipped=True).numpy()


def twice(x):
    return tf.reduce_max(tf.nn.relu(x), 1) + tf.reduce_mean(x, 1)


@pytest.mark.parametrize(
    ("read", "steps"),
    [
        (lambda x: tf.reduce_max(tf.nn.relu(x), 1), ["Relu"]),
        (lambda x: tf.reduce_max(tf.tanh(tf.nn.elu(x)), [1], keepdims=True), ["Elu", "Tanh"]),
        (lambda x: tf.reduce_max(x, -2), None),  # an axis that is counted from the end
        (lambda x: tf.reduce_max(x, [1, 2]), None),
        (lambda x: tf.reduce_max(tf.nn.gelu(x), 1), None),  # which falls before it rises
        (lambda x: tf.reduce_max(tf.nn.leaky_relu(x), 1), None),
        (twice, None),
    ],
)
def test_what_is_read_of_a_tensor(read, steps):
    with tf.Graph().as_default():
        x = tf.ones((2, 5, 3))
        read(x)
        found = steps_to_maximum(x)
    assert steps == (None if found is None else [op.type for op in found])


def convolution(activation, *, padding="valid"):
    keras.utils.set_random_seed(11)
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(30, 5, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0))(ids)
    x = layers.Conv1D(9, 3, activation=activation, padding=padding, bias_initializer="normal")(x)
    return keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalMaxPooling1D()(x)))


@pytest.fixture
def narrowed(monkeypatch):
    """Of how many lines for each channel how many were kept, wherever lines were left out."""
    seen = []

    def noted(places, *tensors):
        seen.append((tensors[0].shape[1], tf.shape(places)[1]))
        return at_places(places, *tensors)

    monkeypatch.setattr("textattr.methods.path.at_places", noted)
    return seen


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("activation", ["relu", "tanh", None])
def test_integrated_gradients_are_those_along_all_lines(activation, padding, narrowed):
    docs = np.random.default_rng(3).integers(1, 30, (3, 25)).astype("int32")
    docs[1, 9:15] = docs[1, 2:8]  # windows that are equal
    docs[2, 12:] = 0
    assert_same(*both_ways(convolution(activation, padding=padding), docs), 1e-5)
    assert narrowed


def test_few_lines_are_kept():
    lines = np.random.default_rng(4).normal(size=(8, 100, 16)).astype("float32")
    kept = upper_envelope(np.full_like(lines, 0.1), lines, is_clipped=True).shape[1]
    assert kept <= 3  # of a hundred


def test_a_model_that_reads_more_while_it_is_stepped_through_is_run_as_a_whole(narrowed):
    def read(x):
        is_stepped = "while" in tf.compat.v1.get_default_graph().name
        return tf.nn.relu(x) + 0 * x if is_stepped else tf.nn.relu(x)

    keras.utils.set_random_seed(12)
    ids = keras.Input((None,), dtype="int32")
    x = Layer(read)(layers.Dense(4)(layers.Embedding(30, 4)(ids)))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalMaxPooling1D()(x)))
    found, plain = both_ways(model, np.array([[3, 4, 5, 6]], "int32"))
    assert narrowed
    assert (found.diagnostics["affine_pieces"] == 0).all()
    assert_same(found, plain, 1e-5)
