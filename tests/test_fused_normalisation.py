"""Normalisation in one op, as tf_keras has it for layers and both have it for batches of maps, is that in many ops."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from kinds import keras_of
from tensorflow.python.framework import op_def_registry  # nothing public tells how many outputs an op has

from textattr.deeplift import ops as deeplift_ops
from textattr.lrp import ops as lrp_ops
from textattr.methods import LRP, DeepLIFT

IDS = np.array([[3, 4, 5, 6, 2, 1], [7, 8, 2, 4, 1, 5]], "int32")


def normalised_layers(k, x):
    """The vectors normalised one by one: an op of its own in tf_keras, in float32."""
    return k.layers.LayerNormalization(name="norm")(k.layers.Dense(4, activation="tanh", name="read")(x))


def normalised_maps(k, x):
    """A map of two axes normalised by channel, with the mean and variance that training left."""
    y = k.layers.Conv2D(3, (2, 2), name="read")(k.layers.Reshape((6, 4, 1))(x))
    return k.layers.BatchNormalization(name="norm")(y)


def model_of(k, normalise):
    x = k.Input((6,), dtype="int32")
    y = k.layers.Flatten()(normalise(k, k.layers.Embedding(9, 4)(x)))
    model = k.Model(x, k.layers.Dense(3)(k.layers.Dense(5, activation="relu")(y)))
    rng = np.random.default_rng(2)
    for weight in model.weights:
        drawn = rng.normal(scale=0.7, size=weight.shape)
        weight.assign(np.abs(drawn) + 0.5 if "variance" in weight.name else drawn)
    return model


@pytest.mark.parametrize("method", [LRP(), DeepLIFT()], ids=lambda method: method.name)
@pytest.mark.parametrize("normalise", [normalised_layers, normalised_maps])
def test_both_families_explain_the_same_model_alike(method, normalise):
    found = [
        method.attribute(model_of(keras_of(family), normalise), IDS, target=1)
        for family in ("keras", "tf_keras")
    ]
    assert np.abs(found[0]).max() > 0.01
    np.testing.assert_allclose(found[1], found[0], atol=1e-5 * np.abs(found[0]).max())


@pytest.mark.parametrize("table", [lrp_ops.OPS, deeplift_ops.OPS], ids=["lrp", "deeplift"])
def test_a_rule_takes_what_comes_to_each_output(table):
    for op_type, rule in table.items():
        definition = op_def_registry.get(op_type)
        assert definition is not None, op_type
        parameters = inspect.signature(rule).parameters.values()
        if not any(each.kind == each.VAR_POSITIONAL for each in parameters):
            given = sum(
                each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters
            )
            assert given == 1 + len(definition.output_arg), op_type
