"""The walk itself: recurrent layers, diagnostics, ops without a rule, the check."""

from __future__ import annotations

import gc
import importlib
import threading
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import kind

import textattr
from textattr.errors import DocumentError, LRPRuleError
from textattr.graph.layer_scopes import LayerScopes
from textattr.graph.recurrent import recurrences
from textattr.lrp import Epsilon, Z, check
from textattr.lrp.activations import activations
from textattr.lrp.ops import OPS
from textattr.methods import LRP

LENGTH, SIZE = 5, 3
OPTIONS = [
    {},
    {"return_sequences": True},
    {"go_backwards": True},
    {"return_sequences": True, "go_backwards": True},
    {"return_sequences": True, "zero_output_for_mask": True},
    {"return_state": True},
    {"unroll": True},
]


def looped(model, layer, x, mask):
    """What the layer gives when it runs as our loop."""

    def run():
        scopes = LayerScopes(model)
        with recurrences(scopes, LRPRuleError) as found, scopes.recorded():
            out = layer(tf.constant(x), mask=None if mask is None else tf.constant(mask))
        assert len(found) == 1
        return out

    return tf.function(run, autograph=False).get_concrete_function()()


@pytest.mark.product
@pytest.mark.parametrize("family", ["keras", "tf_keras"])
@pytest.mark.parametrize("cell", ["LSTM", "GRU", "SimpleRNN"])
def test_our_loop_computes_what_the_layer_does(family, cell):
    k = importlib.import_module(family)
    x = np.random.default_rng(0).normal(size=(4, LENGTH, SIZE)).astype("float32")
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0]], bool)
    for options in OPTIONS:
        if family == "tf_keras" and "zero_output_for_mask" in options:
            continue
        layer = getattr(k.layers, cell)(2, **options)
        entry = k.Input((LENGTH, SIZE))
        model = k.Model(entry, layer(entry))
        layer.set_weights(
            [np.random.default_rng(i).normal(size=w.shape) for i, w in enumerate(layer.get_weights())]
        )
        for given in (None, mask):
            theirs = layer(tf.constant(x), mask=None if given is None else tf.constant(given))
            ours = looped(model, layer, x, given)
            for a, b in zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True):
                np.testing.assert_allclose(a, b, atol=1e-6)
        assert "call" not in layer.__dict__


def explained(model, ids, **options):
    return textattr.explain_prediction(model, ids, tokens=[str(i) for i in ids], method="lrp", **options)


def test_diagnostics_account_for_the_whole_score():
    case = kind("lstm_masked")
    target = explained(case.model, case.inputs[0]).targets[0]
    told = target.diagnostics
    assert told["rules"] == "epsilon"
    assert told["conservation"] == pytest.approx(target.heatmap.sum() / target.score, rel=1e-5)
    taken = sum(told[name] for name in ("taken_by_biases", "taken_by_stabilisers", "left_in_first_states"))
    assert target.heatmap.sum() + taken == pytest.approx(target.score, rel=1e-4)
    assert abs(told["taken_by_stabilisers"]) < 1e-3 * abs(target.score)
    assert abs(told["taken_by_biases"]) > 0.01 * abs(target.score)


def test_a_chosen_preset_is_in_the_options_and_not_in_the_diagnostics():
    case = kind("convolution")
    explanation = explained(case.model, case.inputs[0], rules="epsilon_plus_flat")
    assert explanation.options == {"rules": "epsilon_plus_flat"}
    assert "rules" not in explanation.targets[0].diagnostics
    explanation = explained(case.model, case.inputs[0], rules=[("*", Epsilon(0.1))])
    assert explanation.options == {"rules": [["*", "Epsilon(epsilon=0.1)"]]}


def test_relevance_left_in_the_first_states_is_told():
    lookup, rnn = keras.layers.Embedding(9, 2), keras.layers.SimpleRNN(2, use_bias=False)
    ids = keras.Input((3,), dtype="int32")
    x = lookup(ids)
    ones = keras.layers.Lambda(lambda v: tf.ones_like(v[:, 0]), output_shape=(2,))(x)
    model = keras.Model(ids, keras.layers.Dense(2, use_bias=False)(rnn(x, initial_state=ones)))
    told = explained(model, np.array([1, 2, 3])).targets[0]
    left = told.diagnostics["left_in_first_states"]
    assert abs(left) > 1e-3 * abs(told.score)
    assert told.heatmap.sum() + left == pytest.approx(told.score, rel=1e-3)


def test_contrast_is_the_difference_of_two():
    case = kind("convolution")
    ids = case.inputs[0]
    of = {t: explained(case.model, ids, targets=t, rules=Z()).targets[0].heatmap for t in (0, 2)}
    contrast = explained(case.model, ids, targets=0, against=2, rules=Z()).targets[0].heatmap
    np.testing.assert_allclose(contrast, of[0] - of[2], atol=1e-5)


def test_a_model_is_not_kept_alive_nor_changed():
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(9, 2),
            keras.layers.GRU(2),
            keras.layers.Dense(2),
        ]
    )
    model.compile(loss="mse")
    LRP().attribute(model, np.array([[1, 2, 3]]))
    assert not any("call" in layer.__dict__ for layer in model.layers)
    assert model.layers[1].cell.activation is keras.activations.tanh
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def with_op(function):
    return keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            keras.layers.Embedding(9, 4),
            keras.layers.Lambda(function, name="odd"),
            keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dense(2),
        ]
    )


def test_an_op_without_a_rule_is_named_and_can_be_given_one(monkeypatch):
    monkeypatch.setitem(OPS, "Betainc", None)
    del OPS["Betainc"]
    model = with_op(lambda x: tf.math.betainc(2.0, 3.0, tf.sigmoid(x)))
    ids = np.array([[1, 2, 3, 4]])
    with pytest.raises(
        LRPRuleError, match=r"the op Betainc, which odd \(Lambda\) makes.*lrp\.rule\(\"Betainc\"\)"
    ):
        LRP().attribute(model, ids)

    @textattr.lrp.rule("Betainc")
    def too_few(step, relevance):
        return [relevance]

    with pytest.raises(LRPRuleError, match="3 inputs from the rule for Betainc.*returned 1"):
        LRP().attribute(model, ids)

    @textattr.lrp.rule("Betainc")
    def betainc(step, relevance):
        assert step.carries == (False, False, True)
        return [None, None, relevance]

    assert np.abs(LRP().attribute(model, ids)).sum() > 0


def test_check_tells_where_relevance_is_lost(capsys):
    case = kind("lstm_masked")
    found = check(case.model, case.inputs[0])
    assert capsys.readouterr().out == f"{found}\n"
    assert [each.kind for each in found.layers][:1] == ["Dense"]
    assert {"LSTM", "LSTMCell"} <= {each.kind for each in found.layers}
    lost = sum(each.lost or 0 for each in found.layers)
    assert found.arrived == pytest.approx(1 - lost)
    conservation = explained(case.model, case.inputs[0]).targets[0].diagnostics["conservation"]
    assert found.arrived == pytest.approx(conservation, rel=1e-3)
    assert found.without_rule == ()


def test_check_names_the_op_without_a_rule(capsys):
    found = check(with_op(lambda x: tf.linalg.band_part(x, 1, 1)))
    assert found.without_rule == (("MatrixBandPart", "odd"),)
    assert found.arrived == pytest.approx(0, abs=1e-5)
    assert (
        'The op MatrixBandPart of odd has no rule: @textattr.lrp.rule("MatrixBandPart")'
        in capsys.readouterr().out
    )


def test_check_makes_up_no_text():
    with pytest.raises(DocumentError, match="give one"):
        check(kind("strings").model)


@pytest.mark.parametrize(
    "name", ["convolution", "shared_table", "hierarchical", "bag_of_words", "dict_with_numbers"]
)
def test_check_makes_up_ids(name, capsys):
    assert np.isfinite(check(kind(name).model).arrived)
    assert "of the score reached the vectors" in capsys.readouterr().out


def test_a_shared_layer_is_walked_once_per_call():
    case = kind("shared_table")
    relevance = LRP(rules=Z()).attribute(case.model, case.inputs)
    assert all(np.abs(each).sum() > 0 for each in relevance.values())


def test_a_cell_that_reads_something_else_is_refused():
    class Peeking(keras.layers.Layer):
        state_size = output_size = 2

        def build(self, shape):
            self.built = True

        def call(self, x, states):
            new = tf.tanh(x + states[0] + self.peeked)
            return new, [new]

    class Reader(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.rnn = keras.layers.RNN(Peeking())

        def call(self, x):
            self.rnn.cell.peeked = tf.reduce_mean(x, 1)
            return self.rnn(x)

    ids = keras.Input((3,), dtype="int32")
    model = keras.Model(ids, keras.layers.Dense(2)(Reader()(keras.layers.Embedding(9, 2)(ids))))
    with pytest.raises(LRPRuleError, match="beside its sequence and states"):
        LRP().attribute(model, np.array([[1, 2, 3]]))


def test_relevance_that_grew_out_of_hand_is_told():
    lookup, nearly_nothing, scores = (
        keras.layers.Embedding(2, 2),
        keras.layers.Dense(1),
        keras.layers.Dense(1),
    )
    parts = [lookup, keras.layers.GlobalAveragePooling1D(), nearly_nothing, scores]
    model = keras.Sequential([keras.Input((None,), dtype="int32"), *parts])
    lookup.set_weights([np.array([[0, 0], [100.0, 99.999]])])
    nearly_nothing.set_weights([np.array([[1.0], [-1.0]]), np.zeros(1)])
    scores.set_weights([np.array([[100.0]]), np.ones(1)])
    asked = {"tokens": ["a"], "method": "lrp", "task": "regression"}
    [warning] = textattr.explain_prediction(model, [1], rules=Z(), **asked).warnings
    assert "became weights of " in warning
    assert not textattr.explain_prediction(model, [1], rules=Epsilon(1.0), **asked).warnings


@pytest.mark.parametrize("name", ["convolution", "lstm_masked", "subclassed_nested"])
def test_other_threads_see_the_layers_unchanged_while_activations_are_noted(name):
    case = kind(name)
    layers = {path: layer for path, layer in LayerScopes(case.model).layers if "activation" in vars(layer)}
    assert layers
    before = {path: (layer.activation, str(layer.get_config())) for path, layer in layers.items()}
    seen = []

    def look():
        seen.append({path: (layer.activation, str(layer.get_config())) for path, layer in layers.items()})

    def trace(x):
        with activations(LayerScopes(case.model)) as found:
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
            case.model(x, training=False)
            assert found
        return x

    tf.function(trace).get_concrete_function(tf.constant(case.inputs))
    assert seen == [before]
