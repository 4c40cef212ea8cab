"""Rules that users register for ops: called for every type, the last one first, and taken back again."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import textattr
from textattr.errors import DeepLIFTRuleError, LRPRuleError, OptionError
from textattr.lrp import added_rule
from textattr.methods import LRP, DeepLIFT

IDS = np.array([[3, 4, 5, 6]])


@pytest.fixture(autouse=True)
def no_other_rules(monkeypatch):
    monkeypatch.setattr("textattr.graph.registry._rules", [])


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, 4),
            layers.Dense(4, activation="tanh"),
            layers.Dense(4, activation="gelu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3),
        ]
    )


def nothing(step, value):
    """A rule that lets nothing through."""
    return [tf.zeros(tf.shape(x), value.dtype) if x.dtype.is_floating else None for x in step.inputs]


@pytest.mark.product
@pytest.mark.parametrize("op_type", ["Tanh", "MatMul", "BiasAdd", "Mean"])
@pytest.mark.parametrize("method", [LRP(), DeepLIFT()], ids=lambda method: method.name)
def test_a_registered_rule_is_called_and_can_be_taken_back(model, method, op_type):
    before = method.attribute(model, IDS, target=0)
    called = []

    def rule(step, value):
        called.append(step.op.type)
        return nothing(step, value)

    with added_rule(op_type, rule, method=("lrp", "deeplift")):
        method.attribute(model, IDS, target=0)
    assert called
    assert set(called) <= {op_type}
    np.testing.assert_array_equal(method.attribute(model, IDS, target=0), before)


def test_the_last_rule_counts_until_it_is_removed(model):
    method = LRP()
    original = method.attribute(model, IDS, target=0)
    outer = added_rule("Tanh", lambda step, relevance: [relevance * 2])
    doubled = method.attribute(model, IDS, target=0)
    np.testing.assert_allclose(doubled, 2 * original, rtol=1e-5)
    with added_rule("Tanh", lambda step, relevance: [relevance * 0]):
        assert np.abs(method.attribute(model, IDS, target=0)).max() == 0
    np.testing.assert_array_equal(method.attribute(model, IDS, target=0), doubled)
    outer.remove()
    outer.remove()
    np.testing.assert_array_equal(method.attribute(model, IDS, target=0), original)


def test_a_rule_serves_the_methods_that_it_names(model):
    with added_rule("Tanh", nothing, method="deeplift"):
        assert np.abs(DeepLIFT().attribute(model, IDS, target=0)).max() == 0
        assert np.abs(LRP().attribute(model, IDS, target=0)).max() > 0


def band(x):
    return tf.linalg.band_part(x, 1, 1)


def test_one_rule_for_a_move_serves_lrp_and_deeplift():
    keras.utils.set_random_seed(2)
    ids = keras.Input((None,), dtype="int32")
    kept = layers.Lambda(band, output_shape=(None, 4))(layers.Embedding(9, 4)(ids))
    model = keras.Model(ids, layers.Dense(2)(layers.GlobalMaxPooling1D()(kept)))
    for method, error in ((LRP(), LRPRuleError), (DeepLIFT(), DeepLIFTRuleError)):
        with pytest.raises(error, match="MatrixBandPart"):
            method.attribute(model, IDS)

    def kept_band(step, value):
        return [tf.linalg.band_part(value, *step.inputs[1:]), None, None]

    with added_rule("MatrixBandPart", kept_band, method=("lrp", "deeplift")):
        found = textattr.explain_prediction(
            model, IDS[0], method="deeplift", targets=1, task="multiclass"
        ).targets[0]
        gained = found.score - found.diagnostics["baseline_score"]
        assert found.heatmap.sum() == pytest.approx(gained, abs=1e-6)
        assert np.abs(LRP().attribute(model, IDS)).sum() > 0


@pytest.mark.parametrize("method", ["ig", (), ["lrp", "none"]])
def test_a_method_that_walks_no_ops_is_refused(method):
    with pytest.raises(OptionError, match="method must be one or several of lrp, deeplift"):
        added_rule("Tanh", nothing, method=method)
