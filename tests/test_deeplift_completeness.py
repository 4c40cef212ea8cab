"""What DeepLIFT attributes sums to f(x) - f(baseline): on all kinds of model, layers, and random stacks of them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from kinds import KINDS
from lrp.test_layers import ACTIVATIONS, LAYERS, LENGTH, SIZE, batch, through
from stacks import stack
from test_conformance import explain
from test_deeplift import scores_of
from test_lrp_conservation import in_double_precision
from test_lrp_properties import a_few, seeds, stacks

from textattr.methods import DeepLIFT

HALF = {"half_precision"}  # on purpose
A_FEW = ("vectors_masked", "self_attention_masked")
CASES = [(name, "keras") for name in KINDS if name not in HALF | {"bare_gather"}]
CASES += [(name, "tf_keras") for name in A_FEW]


def three_baselines(case):
    """Vectors for any position, or ids where several tables give vectors of different sizes."""
    rng = np.random.default_rng(3)
    sizes = {each.shape[-1] for each in explain(case, DeepLIFT("zero"), per_number=True).numbers}
    if len(sizes) > 1:
        return list(rng.integers(1, 30, (3, case.inputs.shape[1])))
    return list(rng.normal(size=(3, *sizes)))


@pytest.mark.product("every kind of model, walked back")
@pytest.mark.parametrize(("name", "family"), CASES)
def test_every_kind_of_model(name, family):
    case = in_double_precision(name, family, biases=0.6)
    for baseline in three_baselines(case):
        found = explain(case, DeepLIFT(baseline))
        gained = found.value - found.diagnostics["baseline_score"]
        total = np.add.reduce([r.sum(1) for r in found.relevance])
        np.testing.assert_allclose(total, gained, rtol=1e-10, atol=1e-12)
        assert not any(found.warnings)
        if case.padding is not None:
            assert np.abs(found.relevance[0][case.padding]).max() == 0


def own(function):
    return lambda k, x: k.layers.Lambda(function, output_shape=(LENGTH, SIZE))(x)


ALL = {
    **LAYERS,
    "layer_normalization": lambda k, x: k.layers.LayerNormalization()(x),
    "group_normalization": lambda k, x: k.layers.GroupNormalization(2)(x),
    "unit_normalization": lambda k, x: k.layers.UnitNormalization()(x),
    "attention": lambda k, x: k.layers.Attention()([x, k.layers.Dense(SIZE)(x)]),
    "additive_attention": lambda k, x: k.layers.AdditiveAttention()([x, k.layers.Dense(SIZE)(x)]),
    "heads": lambda k, x: k.layers.MultiHeadAttention(2, 3)(x, x),
    "a choice by the text": own(lambda v: tf.where(v > v[:, ::-1], v**2, -v)),
    "conditions": own(lambda v: v * tf.cast((v > 0) & ~(v[:, ::-1] < 0.5), v.dtype)),
    "a power of two": own(lambda v: tf.nn.relu(v) ** tf.sigmoid(v[:, ::-1])),
    "a quotient of two": own(lambda v: v / (v[:, ::-1] + 0.3)),
    "softmax by hand": own(lambda v: tf.exp(v) / tf.reduce_sum(tf.exp(v), -1, keepdims=True)),
    "log_sum_exp": own(lambda v: v - tf.reduce_logsumexp(v, -1, keepdims=True)),
    "sorted": own(lambda v: tf.sort(v, 1)),
    "the largest": own(lambda v: v * tf.math.top_k(v, 1).values),
    "a maximum over steps": own(lambda v: v + tf.reduce_min(v, 1, keepdims=True)),
    **{
        f"activation {name}": lambda k, x, name=name: k.layers.Activation(name)(x)
        for name in ACTIVATIONS["keras"]
    },
}
RECURRENT = [
    name for name in ALL if any(word in name for word in ("lstm", "gru", "rnn", "bidirectional", "cell"))
]
PLAIN = [name for name in ALL if name not in RECURRENT]
GROUPS = [PLAIN[i::4] for i in range(4)]


@pytest.mark.usefixtures("without_proof")
@pytest.mark.parametrize(
    "names", [*GROUPS, ["gru reset before", "encoder and decoder", "own cell", "cells on cells"]]
)
def test_every_layer(names):
    def side_by_side(k, x):
        return k.layers.Concatenate()([k.layers.Flatten()(ALL[name](k, x)) for name in names])

    set_policy = keras.mixed_precision.set_global_policy
    set_policy("float64")
    try:
        model = through("keras", side_by_side)
    finally:
        set_policy("float32")
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    lookup = model.layers[1]
    table = lookup.get_weights()
    whole = np.asarray(model(batch()))[:, 1]
    for baseline in (rng.normal(size=SIZE), np.zeros(SIZE)):
        found = DeepLIFT(baseline).attribute(model, batch(), target=1)
        lookup.set_weights([np.broadcast_to(baseline, table[0].shape)])
        without = np.asarray(model(batch()))[:, 1]
        lookup.set_weights(table)
        np.testing.assert_allclose(found.sum((1, 2)), whole - without, rtol=1e-9)


@pytest.mark.usefixtures("without_proof")
@settings(a_few, max_examples=4)
@given(stacks, seeds)
def test_random_stacks(parts, seed):
    made = stack(parts, length=LENGTH, seed=seed)
    baseline = np.random.default_rng(seed).normal(size=(LENGTH, SIZE))
    found = DeepLIFT(baseline).attribute(made.model, made.ids, target=0)
    gained = scores_of(made.model, made.vectors) - scores_of(made.model, baseline[None])
    np.testing.assert_allclose(found.sum((1, 2)), gained[:, 0], rtol=1e-10, atol=1e-10)
