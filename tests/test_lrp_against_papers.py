"""LRP against slow rewrites of its papers in NumPy, on random stacks of layers in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference import lrp_deepexplain
from reference.lrp_network import outputs, relevance
from reference.lrp_rules import epsilon_with_bias, z
from reference.lrp_rules_of import rewrites
from stacks import SIZE, part, stack

from textattr.lrp import PRESETS, AlphaBeta, Epsilon, Flat, Gamma, Pass, WSquare, Z, ZBox, ZPlus
from textattr.methods import LRP

pytestmark = pytest.mark.usefixtures("without_proof")

ALL = {
    "z": Z(),
    "epsilon": Epsilon(1e-4),
    "large_epsilon": Epsilon(0.3),
    "gamma": Gamma(0.25),
    "alpha_beta": AlphaBeta(2, 1, bias="whole"),
    "alpha_beta_split": AlphaBeta(2, 1, bias="split"),
    "alpha_beta_ignore": AlphaBeta(2, 1, bias="ignore"),
    "negative_beta": AlphaBeta(0.4, -0.6, bias="split"),
    "z_plus": ZPlus(),
    "w_square": WSquare(),
    "flat": Flat(),
}
A_FEW = ("large_epsilon", "alpha_beta")

LOGITS = part("Dense", units=3, activation="softmax")
FEED_FORWARD = {
    "dense": [
        part("Flatten"),
        part("Dense", units=6, activation="relu"),
        part("Dense", units=5, activation="tanh"),
        LOGITS,
    ],
    "dense_per_step": [
        part("Dense", units=5, activation="tanh"),
        part("Dropout", rate=0.5),
        part("AveragePooling1D", pool_size=2),
        part("Flatten"),
        part("Dense", units=3, use_bias=False),
    ],
    "convolution": [
        part("Conv1D", filters=6, kernel_size=3, padding="same", activation="relu"),
        part("MaxPooling1D", pool_size=2),
        part("Conv1D", filters=5, kernel_size=2, padding="causal", activation="tanh"),
        part("GlobalMaxPooling1D"),
        LOGITS,
    ],
    "dilated_and_strided": [
        part("Conv1D", filters=5, kernel_size=2, dilation_rate=2, padding="causal"),
        part("Activation", activation="relu"),
        part("Conv1D", filters=4, kernel_size=3, strides=2, padding="same", activation="sigmoid"),
        part("GlobalAveragePooling1D"),
        part("Dense", units=1, activation="sigmoid"),
    ],
}
RECURRENT = {
    "lstm": [part("LSTM", units=4), LOGITS],
    "gru": [part("GRU", units=4), LOGITS],
    "gru_reset_before": [part("GRU", units=4, reset_after=False), LOGITS],
    "simple_rnn": [part("SimpleRNN", units=4, go_backwards=True), LOGITS],
    "stacked": [
        part("LSTM", units=3, return_sequences=True),
        part("GRU", units=3, return_sequences=True),
        part("GlobalAveragePooling1D"),
        LOGITS,
    ],
    "bidirectional": [
        part("Bidirectional", part("LSTM", units=3, return_sequences=True)),
        part("Bidirectional", part("GRU", units=3), merge_mode="sum"),
        LOGITS,
    ],
    "bidirectional_ave": [
        part("Bidirectional", part("SimpleRNN", units=3, return_sequences=True), merge_mode="ave"),
        part("GlobalMaxPooling1D"),
        LOGITS,
    ],
    "bidirectional_mul": [part("Bidirectional", part("LSTM", units=3), merge_mode="mul"), LOGITS],
    "convolution_before": [
        part("Conv1D", filters=5, kernel_size=3, activation="relu"),
        part("LSTM", units=3, use_bias=False),
        LOGITS,
    ],
}


def equal(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9 * np.abs(theirs).max())


def probabilities(logits):
    if len(logits) == 1:
        return 1 / (1 + np.exp(-logits))
    return np.exp(logits) / np.exp(logits).sum()


def agree(made, rules, slow_rules=None, sums=z):
    """The relevance of every row is that of the rewrite, and the rewrite computes what the model does."""
    layers = made.slow(sums)
    last = made.model.layers[-1]
    units = np.zeros(3, int) if last.units == 1 else np.array([1, 2, 0])
    target = np.ones(3, int) if last.units == 1 else units  # the unit of a sigmoid is that of class 1
    ours = LRP(rules=rules).attribute(made.model, made.ids, target=target)
    assert ours.shape == (*made.ids.shape, SIZE)
    for row, vectors in enumerate(made.vectors):
        logits = outputs(layers, vectors, made.steps[row])
        implied = logits if last.activation.__name__ == "linear" else probabilities(logits)
        np.testing.assert_allclose(implied, np.asarray(made.model(made.ids[row : row + 1]))[0], atol=1e-12)
        slow = slow_rules or rewrites(rules)
        equal(ours[row], relevance(layers, vectors, units[row], slow, made.steps[row]))


@pytest.mark.product("rules of LRP")
@pytest.mark.parametrize("rule", ALL)
@pytest.mark.parametrize("name", FEED_FORWARD)
def test_feed_forward(name, rule):
    agree(stack(FEED_FORWARD[name]), ALL[rule])


@pytest.mark.product("rules of LRP")
@pytest.mark.parametrize("rule", ALL)
def test_lstm(rule):
    agree(stack(RECURRENT["lstm"], masked=True), ALL[rule])


@pytest.mark.product("rules of LRP")
@pytest.mark.parametrize("rule", A_FEW)
@pytest.mark.parametrize("name", [name for name in RECURRENT if name != "lstm"])
def test_recurrent(name, rule):
    agree(stack(RECURRENT[name], masked=name != "convolution_before"), ALL[rule])


@pytest.mark.parametrize("name", ["stacked", "bidirectional"])
def test_padding_before_and_between(name):
    ids = np.array([[0, 0, 5, 6, 7, 8], [3, 0, 4, 0, 0, 9], [0, 1, 2, 3, 0, 0]], "int32")
    agree(replace(stack(RECURRENT[name], masked=True), ids=ids), AlphaBeta(2, 1))


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_arras(factor):
    both_ways = part("Bidirectional", part("LSTM", units=3, return_sequences=True))
    made = stack([both_ways, part("LSTM", units=4), LOGITS], masked=True)
    rule = epsilon_with_bias(0.05, factor)
    rules = PRESETS["arras_lstm"](epsilon=0.05, bias_factor=factor)
    agree(made, rules, slow_rules=lambda layer: rule, sums=rule)


CONVOLUTIONS_BY_PRESET = {
    "epsilon": Epsilon(0.2),
    "epsilon_plus": ZPlus(),
    "epsilon_alpha2_beta1": AlphaBeta(2, 1),
    "sequential_a": AlphaBeta(1, 0),
    "sequential_b": AlphaBeta(2, 1),
}


@pytest.mark.parametrize("preset", CONVOLUTIONS_BY_PRESET)
def test_preset(preset):
    rules = [("conv*", CONVOLUTIONS_BY_PRESET[preset]), ("*", Epsilon(0.2))]
    agree(stack(FEED_FORWARD["convolution"]), PRESETS[preset](epsilon=0.2), slow_rules=rewrites(rules))


@pytest.mark.parametrize("preset", ["epsilon_plus", "epsilon_alpha2_beta1"])
def test_preset_with_a_flat_first_layer(preset):
    rules = [("conv1d_0", Flat()), ("conv*", CONVOLUTIONS_BY_PRESET[preset]), ("*", Epsilon(0.2))]
    flat = PRESETS[f"{preset}_flat"](epsilon=0.2)
    agree(stack(FEED_FORWARD["convolution"]), flat, slow_rules=rewrites(rules))


@pytest.mark.parametrize("where", ["Conv1D", 0, "conv1d_0"], ids=["kind", "depth", "name"])
def test_where(where):
    parts = FEED_FORWARD["dilated_and_strided"]
    rules = [(where, AlphaBeta(2, 1)), ("*", Epsilon(0.2))]
    names = "conv1d_*" if where == "Conv1D" else "conv1d_0"
    agree(stack(parts), rules, slow_rules=rewrites([(names, AlphaBeta(2, 1)), ("*", Epsilon(0.2))]))


AVERAGED = [
    part("Conv1D", filters=5, kernel_size=3, padding="same", activation="tanh"),
    part("AveragePooling1D", pool_size=2),
    part("Flatten"),
    part("Dense", units=5, activation="sigmoid"),
    part("Dense", units=1, activation="sigmoid"),
]


@pytest.mark.product
@pytest.mark.parametrize(
    ("parts", "score"),
    [
        (AVERAGED, "logit"),
        (AVERAGED, "probability"),
        (RECURRENT["lstm"], "logit"),
        (RECURRENT["lstm"], "probability"),
    ],
    ids=["averaged", "averaged-probability", "lstm", "lstm-probability"],
)
def test_deepexplain(parts, score):
    made = stack(parts)
    layers = made.slow()
    units = made.model.output_shape[-1]
    target = np.ones(3, int) if units == 1 else np.arange(3)
    method = LRP(rules=PRESETS["deepexplain"](epsilon=0.05))
    ours = method.attribute(made.model, made.ids, target=target, score=score)
    for row, vectors in enumerate(made.vectors):
        theirs = lrp_deepexplain.relevance(layers, vectors, target[row] % units, 0.05, score == "probability")
        equal(ours[row], theirs)


@pytest.mark.parametrize(
    "box", [(-3, 3), (np.full(SIZE, -3.0), np.arange(3.0, 3 + SIZE))], ids=["numbers", "vectors"]
)
def test_z_box_in_the_first_layer(box):
    agree(stack(FEED_FORWARD["convolution"]), [("conv1d_0", ZBox(*box)), ("*", ZPlus())])


def test_pass_leaves_relevance_where_it_is():
    parts = [part("Dense", units=SIZE, activation="relu"), part("Flatten"), LOGITS]
    agree(stack(parts), [("dense_0", Pass()), ("*", Epsilon(0.01))])


def test_a_rule_for_each_layer():
    rules = [("conv1d_0", Flat()), ("conv*", AlphaBeta(1, 0)), ("dense*", Epsilon(0.2)), ("*", Z())]
    agree(stack(FEED_FORWARD["convolution"]), rules)


@pytest.mark.parametrize("name", ["convolution", "lstm", "gru", "simple_rnn"])
def test_keras_2(name):
    parts = {**FEED_FORWARD, **RECURRENT}[name]
    agree(stack(parts, family="tf_keras", masked=name != "convolution"), ALL["alpha_beta"])
