"""The rules on numbers that can be followed by hand, and what they refuse."""

from __future__ import annotations

import re
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

from textattr.errors import LRPRuleError, OptionError
from textattr.lrp import PRESETS, AlphaBeta, Epsilon, Flat, Gamma, Kind, Pass, WSquare, Z, ZBox, ZPlus
from textattr.methods import LRP


def two_layers():
    """x (2,) -> relu(x W + b) -> one logit, on the bag of words itself; anew, for tests that change it."""
    hidden = keras.layers.Dense(2, activation="relu", name="hidden")
    model = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(1, name="logit")])
    hidden.set_weights([np.array([[1.0, 2.0], [-1.0, 1.0]]), np.array([0.5, -1.0])])
    model.get_layer("logit").set_weights([np.array([[2.0], [1.0]]), np.array([1.0])])
    model.compile(loss="mse")
    return model


shared = cache(two_layers)
X = np.array([[3.0, 1.0]], "float32")
# z = [3 - 1 + 0.5, 6 + 1 - 1] = [2.5, 6], the logit 5 + 6 + 1 = 12; the z-rule gives the units 5 and 6

BY_HAND = {
    "z": (Z(), [3 / 2.5 * 5 + 6 / 6 * 6, -1 / 2.5 * 5 + 1 / 6 * 6]),
    "epsilon": (
        [("hidden", Epsilon(0.5)), ("*", Z())],
        [3 / 3 * 5 + 6 / 6.5 * 6, -1 / 3 * 5 + 1 / 6.5 * 6],
    ),
    "gamma": (
        [("hidden", Gamma(1.0)), ("*", Z())],
        [6 / 6 * 5 + 12 / 13 * 6, -1 / 6 * 5 + 2 / 13 * 6],
    ),
    "alpha_beta whole": (
        [("hidden", AlphaBeta(2, 1)), ("*", Z())],
        [2 * (3 / 3.5 * 5 + 6 / 6 * 6), 2 * (1 / 6 * 6) - (-1 / -0.5 * 5)],
    ),
    "alpha_beta split": (
        [("hidden", AlphaBeta(2, 1, bias="split")), ("*", Z())],
        [2 * (3 / 3.5 * 5 + 6 / 7 * 6), 2 * (1 / 7 * 6) - 5],
    ),
    "z_plus": ([("hidden", ZPlus()), ("*", Z())], [5 + 6 / 7 * 6, 1 / 7 * 6]),
    "w_square": ([("hidden", WSquare()), ("*", Z())], [1 / 2 * 5 + 4 / 5 * 6, 1 / 2 * 5 + 1 / 5 * 6]),
    "flat": ([(0, Flat()), ("*", Z())], [5.5, 5.5]),
    "z_box": ([(0, ZBox(-1, 4)), ("*", Z())], [4 / 7 * 5 + 8 / 10 * 6, 3 / 7 * 5 + 2 / 10 * 6]),
    "pass": ([(0, Pass()), ("*", Z())], [5, 6]),
}


@pytest.mark.usefixtures("without_proof")
@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    rules, expected = BY_HAND[name]
    found = LRP(rules=rules).attribute(shared(), X)
    np.testing.assert_allclose(found.reshape(-1), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AlphaBeta(2, 2), "beta=1 fits this alpha"),
        (lambda: AlphaBeta(bias="none"), "choose one of whole, split, ignore"),
        (lambda: Epsilon(-1), "at least 0"),
        (lambda: Gamma("a"), "must be a number"),
        (lambda: LRP(rules="espilon"), "the presets are auto, epsilon,"),
        (lambda: LRP(rules=Epsilon), "a rule or a list"),
        (lambda: LRP(rules=[]), "a rule or a list"),
        (lambda: LRP(rules=[("*", Epsilon)]), r"write Epsilon\(\)"),
        (lambda: LRP(rules=[Epsilon()]), r"a pair \(where, rule\)"),
        (lambda: LRP(rules=[(1.5, Epsilon())]), "name or pattern"),
        (lambda: LRP(rules=[("*", "epsilon")]), "a rule from textattr.lrp"),
    ],
)
def test_what_is_no_rule_is_refused(make, message):
    with pytest.raises(OptionError, match=message):
        make()


def test_pass_needs_as_many_outputs_as_inputs():
    with pytest.raises(OptionError, match=r"as many outputs as inputs.*\(None, 2\).*\(None, 1\)"):
        LRP(rules=Pass()).attribute(shared(), X)


@pytest.mark.parametrize(
    ("where", "of_logit"),
    [
        ("hidden", Z()),
        ("hid*", Z()),
        (0, Z()),
        (keras.layers.Dense, Flat()),
        (Kind("Dense"), Flat()),
        ("Dense", Flat()),
        ("De*", Flat()),
    ],
    ids=str,
)
def test_the_first_line_that_fits_counts(where, of_logit):
    expected = LRP(rules=[(0, Flat()), (1, of_logit)]).attribute(shared(), X)
    found = LRP(rules=[(where, Flat()), ("*", Z())]).attribute(shared(), X)
    np.testing.assert_allclose(found, expected)


def test_a_layer_without_a_line_is_an_error():
    with pytest.raises(LRPRuleError, match=r"names logit \(Dense\), at depth 1: they name 'hidden'"):
        LRP(rules=[("hidden", Flat())]).attribute(shared(), X)


@pytest.mark.parametrize("where", ["hiden", "conv*"])
def test_a_name_or_pattern_that_no_layer_has_is_an_error(where):
    with pytest.raises(
        LRPRuleError, match=rf"no layer is called '{re.escape(where)}'.*hidden \(Dense\), logit \(Dense\)"
    ):
        LRP(rules=[(where, Flat()), ("*", Z())]).attribute(shared(), X)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_lists_of_rules(name):
    found = [LRP(rules=rules).attribute(shared(), X) for rules in (name, PRESETS[name]())]
    assert np.isfinite(found[0]).all()
    np.testing.assert_array_equal(*found)


def test_deep_taylor_explains_no_negative_score():
    model = two_layers()
    assert np.abs(LRP(rules="deep_taylor").attribute(model, X)).sum() > 0
    model.get_layer("logit").set_weights([np.array([[-2.0], [-1.0]]), np.array([0.0])])
    assert np.abs(LRP(rules="deep_taylor").attribute(model, X)).sum() == 0


def test_probability_starts_at_the_logits_with_the_slope():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="softmax", use_bias=False)])
    logits = X @ model.layers[0].get_weights()[0]
    chances = np.exp(logits) / np.exp(logits).sum()
    slope = chances[0, 1] * (np.array([0, 1]) - chances[0])
    found = LRP(rules=Z()).attribute(model, X, target=1, score="probability")
    np.testing.assert_allclose(found.sum(), (slope * logits).sum(), rtol=1e-5)


class Gates(keras.layers.Layer):
    """Weighted sums for three gates at once, as recurrent cells compute them, and what is made of some of them."""

    def __init__(self, read, **options):
        super().__init__(**options)
        self.read = read

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 6))
        self.b = self.add_weight(shape=(6,))

    def call(self, x):
        return self.read(tf.split(tf.matmul(x, self.w.value) + self.b.value, 3, axis=-1))


GATES = {
    "one": (lambda gates: gates[1], lambda w: w[..., 2:4]),
    "two": (lambda gates: tf.concat([gates[2], gates[0]], -1), lambda w: w[..., [4, 5, 0, 1]]),
    "a sum": (lambda gates: gates[2] + gates[0], lambda w: w[..., 4:] + w[..., :2]),
}


@pytest.mark.parametrize(
    ("gates", "rule"),
    [
        *(
            ("one", rule)
            for rule in (Gamma(0.5), AlphaBeta(3, 2, bias="split"), ZBox(-4, 4), WSquare(), Flat())
        ),
        *((gates, Epsilon(0.3)) for gates in GATES),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_what_a_gate_gets_is_what_a_layer_of_its_weights_alone_gets(gates, rule):
    read, of_its_own = GATES[gates]
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(4, 6)), rng.normal(size=6)
    alone = [of_its_own(each) for each in weights]
    numbers, kernel = rng.normal(size=(3, 4)), rng.normal(size=(len(alone[1]), 2))
    found = []
    for layer, given in (
        (Gates(read, dtype="float64", name="hidden"), weights),
        (keras.layers.Dense(len(alone[1]), dtype="float64", name="hidden"), alone),
    ):
        logits = keras.layers.Dense(2, use_bias=False, dtype="float64")
        model = keras.Sequential([keras.Input((4,), dtype="float64"), layer, logits])
        model.compile(loss="mse")
        layer.set_weights(given)
        logits.set_weights([kernel])
        found.append(LRP(rules=[("hidden", rule), ("*", Z())]).attribute(model, numbers, target=1))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
