"""Every layer that a text model may hold: relevance goes through it, and without biases all of it arrives."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import tensorflow as tf

from textattr.lrp import Epsilon
from textattr.methods import LRP

VOCABULARY, LENGTH, SIZE = 20, 6, 4


def two(merge):
    """A merging layer, of two views of the same vectors."""
    return lambda k, x: getattr(k.layers, merge)()([k.layers.Dense(3)(x), k.layers.Dense(3)(x)])


def sequence(k, x, *layers):
    for layer in layers:
        x = layer(x)
    return x


def one(kind, **options):
    return lambda k, x: getattr(k.layers, kind)(**options)(x)


def around(outer, inner, *, options=(), **inner_options):
    return lambda k, x: getattr(k.layers, outer)(getattr(k.layers, inner)(**inner_options), **dict(options))(
        x
    )


def vector(inside):
    """`inside` on the mean of the vectors."""
    return lambda k, x: inside(k, k.layers.GlobalAveragePooling1D()(x))


class OwnCell:
    """A recurrent cell as users write it: two dense layers, and a gate that is called by its formula."""

    def __new__(cls, k):
        class Cell(k.layers.Layer):
            state_size = output_size = 3

            def __init__(self):
                super().__init__()
                self.of_x = k.layers.Dense(3, use_bias=False)
                self.of_h = k.layers.Dense(3, use_bias=False)

            def build(self, shape):
                self.of_x.build(shape)
                self.of_h.build((None, 3))
                self.built = True

            def call(self, x, states):
                h = states[0]
                gate = 1 / (1 + tf.exp(-self.of_h(h)))
                new = tf.sigmoid(gate) * h + tf.tanh(self.of_x(x))
                return new, [new]

        return Cell()


class FourierLayer:
    """What mixes the words in FNet, and a way there and back."""

    def __new__(cls, k):
        class Layer(k.layers.Layer):
            def call(self, x):
                there = tf.signal.fft2d(tf.cast(x, tf.complex128))
                return tf.math.real(there) + tf.math.imag(there) + tf.math.real(tf.signal.ifft(there))

        return Layer()


class OwnLayer:
    """A layer made of bare ops: a product with a weight, a function put together, a slice, a residual."""

    def __new__(cls, k):
        class Layer(k.layers.Layer):
            def build(self, shape):
                self.kernel = self.add_weight(name="kernel", shape=(shape[-1], SIZE))

            def call(self, x):
                y = tf.einsum("btd,de->bte", x, self.kernel)
                y = y * tf.sigmoid(1.7 * y)
                return tf.concat([x[:, 1:] + y[:, :-1], x[:, :1]], 1)

        return Layer()


def attention(**options):
    """Attention of the vectors to a view of themselves."""
    return lambda k, x: k.layers.Attention(**options)([x, k.layers.Dense(SIZE)(x)])


def heads(**options):
    return lambda k, x: k.layers.MultiHeadAttention(**options)(x, k.layers.Dense(SIZE)(x))


class Rotated:
    """Attention by hand, with rotary positions, a temperature, and RMS normalisation of queries and keys."""

    def __new__(cls, k):
        class Layer(k.layers.Layer):
            def build(self, shape):
                self.of_q, self.of_k = (self.add_weight(name=n, shape=(shape[-1], SIZE)) for n in "qk")

            def turn(self, x):
                at = tf.range(tf.shape(x)[1], dtype=x.dtype)[:, None]
                a, b = tf.split(x, 2, -1)
                turned = [a * tf.cos(at) - b * tf.sin(at), a * tf.sin(at) + b * tf.cos(at)]
                return tf.concat(turned, -1)

            def call(self, x):
                q, key = (
                    v / tf.sqrt(tf.reduce_mean(v**2, -1, keepdims=True) + 1e-6)
                    for v in (x @ self.of_q, x @ self.of_k)
                )
                return x + tf.nn.softmax(self.turn(q) @ tf.transpose(self.turn(key), [0, 2, 1]) / 2.0) @ x

        return Layer()


LAYERS = {
    "dense": one("Dense", units=3),
    "dense on a vector": vector(one("Dense", units=3)),
    "einsum_dense": one("EinsumDense", equation="abc,cd->abd", output_shape=(LENGTH, 3), bias_axes="d"),
    "einsum_dense heads": one("EinsumDense", equation="abc,cde->abde", output_shape=(LENGTH, 2, 3)),
    "conv1d valid": one("Conv1D", filters=3, kernel_size=3),
    "conv1d same": one("Conv1D", filters=3, kernel_size=3, padding="same"),
    "conv1d causal": one("Conv1D", filters=3, kernel_size=3, padding="causal"),
    "conv1d strides": one("Conv1D", filters=3, kernel_size=3, strides=2, padding="same"),
    "conv1d dilation": one("Conv1D", filters=3, kernel_size=2, dilation_rate=2),
    "conv1d dilation same": one("Conv1D", filters=3, kernel_size=2, dilation_rate=2, padding="same"),
    "conv1d dilation causal": one("Conv1D", filters=3, kernel_size=2, dilation_rate=2, padding="causal"),
    "conv1d transpose": one("Conv1DTranspose", filters=3, kernel_size=3, strides=2),
    "separable_conv1d": one("SeparableConv1D", filters=3, kernel_size=3),
    "separable_conv1d same": one("SeparableConv1D", filters=3, kernel_size=3, padding="same"),
    "depthwise_conv1d": one("DepthwiseConv1D", kernel_size=3, depth_multiplier=2, padding="same"),
    "conv2d over text": lambda k, x: k.layers.Conv2D(3, (2, SIZE))(k.layers.Reshape((LENGTH, SIZE, 1))(x)),
    "max_pooling": one("MaxPooling1D", pool_size=2),
    "max_pooling overlapping": one("MaxPooling1D", pool_size=3, strides=2, padding="same"),
    "max_pooling 2d": lambda k, x: k.layers.MaxPooling2D((3, 2))(k.layers.Reshape((LENGTH, SIZE, 1))(x)),
    "average_pooling": one("AveragePooling1D", pool_size=3, strides=2, padding="same"),
    "global_max_pooling": one("GlobalMaxPooling1D", keepdims=True),
    "global_average_pooling": one("GlobalAveragePooling1D"),
    "flatten": one("Flatten"),
    "reshape": one("Reshape", target_shape=(8, 3)),
    "permute": one("Permute", dims=(2, 1)),
    "repeat_vector": vector(one("RepeatVector", n=3)),
    "concatenate": two("Concatenate"),
    "add": two("Add"),
    "average": two("Average"),
    "subtract": two("Subtract"),
    "multiply": two("Multiply"),
    "maximum": two("Maximum"),
    "minimum": two("Minimum"),
    "dot": lambda k, x: k.layers.Dot(axes=2)([x, k.layers.Dense(SIZE)(x)]),
    "dot normalised": lambda k, x: k.layers.Dot(axes=2, normalize=True)([x, k.layers.Dense(SIZE)(x)]),
    "up_sampling": one("UpSampling1D", size=2),
    "zero_padding": one("ZeroPadding1D", padding=(1, 2)),
    "cropping": one("Cropping1D", cropping=(1, 2)),
    "masking": one("Masking"),
    "dropout": one("Dropout", rate=0.3),
    "spatial_dropout": one("SpatialDropout1D", rate=0.3),
    "gaussian_noise": one("GaussianNoise", stddev=0.3),
    "gaussian_dropout": one("GaussianDropout", rate=0.3),
    "alpha_dropout": one("AlphaDropout", rate=0.3),
    "activity_regularization": one("ActivityRegularization", l2=0.1),
    "batch_normalization": one("BatchNormalization"),
    "relu layer": one("ReLU"),
    "relu with all": one("ReLU", max_value=1.0, negative_slope=0.1, threshold=0.2),
    "leaky_relu layer": one("LeakyReLU"),
    "prelu layer": one("PReLU", alpha_initializer="ones", shared_axes=[1]),
    "elu layer": one("ELU"),
    "softmax layer": one("Softmax"),
    "time_distributed": around("TimeDistributed", "Dense", units=3),
    "time_distributed lstm": lambda k, x: k.layers.TimeDistributed(k.layers.LSTM(3))(
        k.layers.Reshape((3, 2, SIZE))(x)
    ),
    "lstm": one("LSTM", units=3),
    "lstm sequences": one("LSTM", units=3, return_sequences=True),
    "lstm backwards": one("LSTM", units=3, go_backwards=True, return_sequences=True),
    "lstm unrolled": one("LSTM", units=3, unroll=True),
    "lstm with state": lambda k, x: k.layers.Concatenate()(k.layers.LSTM(3, return_state=True)(x)),
    "lstm implementation 1": one("LSTM", units=3, implementation=1),
    "gru": one("GRU", units=3),
    "gru reset before": one("GRU", units=3, reset_after=False),
    "gru hard_sigmoid": one("GRU", units=3, recurrent_activation="hard_sigmoid"),
    "gru implementation 1": one("GRU", units=3, implementation=1),
    "simple_rnn": one("SimpleRNN", units=3),
    "stacked": lambda k, x: sequence(k, x, k.layers.LSTM(3, return_sequences=True), k.layers.GRU(2)),
    "encoder and decoder": lambda k, x: k.layers.GRU(3)(
        k.layers.Dense(2)(x), initial_state=k.layers.GRU(3)(x)
    ),
    "bidirectional concat": around("Bidirectional", "LSTM", units=3),
    "bidirectional sum": around("Bidirectional", "GRU", options={"merge_mode": "sum"}.items(), units=3),
    "bidirectional ave": around("Bidirectional", "LSTM", options={"merge_mode": "ave"}.items(), units=3),
    "bidirectional mul": around("Bidirectional", "GRU", options={"merge_mode": "mul"}.items(), units=3),
    "bidirectional None": lambda k, x: k.layers.Add()(
        k.layers.Bidirectional(k.layers.LSTM(3), merge_mode=None)(x)
    ),
    "bidirectional sequences": around("Bidirectional", "SimpleRNN", units=3, return_sequences=True),
    "own cell": lambda k, x: k.layers.RNN(OwnCell(k))(x),
    "cells on cells": lambda k, x: k.layers.RNN([k.layers.LSTMCell(3), k.layers.GRUCell(2)])(x),
    "own layer": lambda k, x: OwnLayer(k)(x),
    "lambda": lambda k, x: k.layers.Lambda(
        lambda t: tf.reverse(tf.nn.gelu(t), [1]), output_shape=(LENGTH, SIZE)
    )(x),
    "attention scaled": attention(use_scale=True),
    "attention concat": attention(score_mode="concat", use_scale=True),
    "multi_head_attention values": heads(num_heads=2, key_dim=3, value_dim=2, output_shape=5),
    "multi_head_attention dropout": heads(num_heads=2, key_dim=3, dropout=0.1),
    "layer_normalization bare": one("LayerNormalization", center=False, scale=False),
    "unit_normalization": one("UnitNormalization"),
    "rotary attention by hand": lambda k, x: Rotated(k)(x),
    "fourier": lambda k, x: FourierLayer(k)(x),
}

KERAS = ("keras", "tf_keras")


def through(family, layer, *, seed=0):
    """A float64 model: lookup, the layer, sum over what it gives, without biases."""
    k = importlib.import_module(family)
    k.utils.set_random_seed(seed)
    k.mixed_precision.set_global_policy("float64")
    try:
        ids = k.Input((LENGTH,), dtype="int32")
        x = k.layers.Embedding(VOCABULARY, SIZE)(ids)
        y = layer(k, x)
        model = k.Model(ids, k.layers.Dense(2, name="logits")(k.layers.Flatten()(y)))
    finally:
        k.mixed_precision.set_global_policy("float32")
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        name = getattr(weight, "path", weight.name).rpartition("/")[2]
        is_bias = "bias" in name or "beta" in name
        weight.assign(np.zeros(weight.shape) if is_bias else rng.normal(size=weight.shape))
    return model


def batch():
    return np.random.default_rng(5).integers(1, VOCABULARY, (3, LENGTH)).astype("int32")


def all_arrives(model, ids, rtol=1e-5):
    relevance = LRP(rules=Epsilon(1e-12)).attribute(model, ids, target=1)
    assert relevance.shape == (*ids.shape, SIZE)
    np.testing.assert_allclose(relevance.sum((1, 2)), np.asarray(model(ids))[:, 1], rtol=rtol)
    return relevance


GROUPS = [list(LAYERS)[i::6] for i in range(6)]


@pytest.mark.product
@pytest.mark.parametrize("family", KERAS)
@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_all_relevance_goes_through_layers_side_by_side(family, names):
    def side_by_side(k, x):
        return k.layers.Concatenate()([k.layers.Flatten()(LAYERS[name](k, x)) for name in names])

    all_arrives(through(family, side_by_side), batch())


@pytest.mark.rest
@pytest.mark.parametrize("family", KERAS)
@pytest.mark.parametrize("layer", LAYERS)
def test_all_relevance_goes_through(family, layer):
    """Each by itself, which tells the layer: the test above has all of them."""
    model = through(family, LAYERS[layer])
    relevance = all_arrives(model, batch())
    assert (np.abs(relevance).sum((1, 2)) > 0).all()


ACTIVATIONS = {
    "keras": """relu leaky_relu relu6 softmax celu elu selu softplus softsign squareplus soft_shrink sparse_plus silu
        gelu
        tanh tanh_shrink sigmoid exponential hard_sigmoid hard_silu hard_tanh hard_shrink linear mish log_softmax
        log_sigmoid sparsemax sparse_sigmoid""".split(),
    "tf_keras": """relu softmax elu selu softplus softsign swish gelu tanh sigmoid exponential hard_sigmoid linear
        mish""".split(),
}


@pytest.mark.product
@pytest.mark.parametrize("family", KERAS)
@pytest.mark.parametrize("place", ["in a layer", "as a layer"])
def test_activations_let_all_relevance_pass(family, place):
    def side_by_side(k, x):
        if place == "as a layer":
            made = [k.layers.Activation(name)(x) for name in ACTIVATIONS[family]]
        else:
            made = [k.layers.Dense(4, activation=name)(x) for name in ACTIVATIONS[family]]
        return k.layers.Concatenate()(made)

    all_arrives(through(family, side_by_side), batch())
