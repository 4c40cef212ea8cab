"""The interval in which an op keeps its output holds every number that comes out of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from textattr.graph.bounds import bounds

X = np.random.default_rng(0).normal(scale=3, size=(4, 6)).astype("float32")

FORMULAS = {
    "sigmoid": (tf.sigmoid, (0, 1)),
    "softmax": (tf.nn.softmax, (0, 1)),
    "relu": (tf.nn.relu, (0, math.inf)),
    "difference of sigmoids": (lambda x: tf.sigmoid(x) - tf.sigmoid(2 * x), (-1, 1)),
    "product with a constant": (lambda x: tf.sigmoid(x) * -2.0, (-2, 0)),
    "average": (lambda x: tf.reduce_mean(tf.sigmoid(x), -1), (0, 1)),
    "one or the other": (lambda x: tf.where(x > 0, tf.sigmoid(x), tf.zeros_like(x)), (0, 1)),
    "side by side": (lambda x: tf.concat([tf.sigmoid(x), 2 * tf.sigmoid(x)], -1), (0, 2)),
    "whole numbers, side by side": (
        lambda x: tf.cast(tf.stack([tf.cast(x, tf.int32), tf.cast(2 * x, tf.int32)]), tf.float32),
        (-math.inf, math.inf),
    ),
    "a condition": (lambda x: tf.cast(x > 0, tf.float32), (0, 1)),
    "as it comes": (lambda x: 3 * x, (-math.inf, math.inf)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_every_number_is_within(name):
    formula, expected = FORMULAS[name]
    found = []

    @tf.function
    def traced(x):
        y = formula(x)
        found.append(bounds(y))
        return y

    numbers = traced(tf.constant(X)).numpy()
    low, high = found[-1]
    assert low <= numbers.min()
    assert numbers.max() <= high
    assert (low, high) == expected
