"""Without biases, in double precision, all of the score arrives: on every kind of model that LRP has rules for."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from kinds import KINDS, Kind
from test_conformance import explain

from textattr.lrp import Epsilon
from textattr.methods import LRP

SINGLE = {"half_precision", "bare_gather"}  # half on purpose; no vectors to go back to
CONSERVED = [name for name in KINDS if name not in SINGLE]
WITH_POSITIONS = ("subclassed_nested", "mask_around_the_lookup")
A_FEW = ("convolution", "lstm_masked", "gru_masked", "bilstm_masked", "shared_table", "self_attention_masked")


def in_double_precision(name, family="keras", biases=0.0) -> Kind:
    """A kind of model with random weights, and biases of the size given."""
    k = importlib.import_module(family)
    set_policy = k.mixed_precision.set_global_policy
    k.utils.set_random_seed(1)
    set_policy("float64")
    try:
        made = KINDS[name](k)
    finally:
        set_policy("float32")
    rng = np.random.default_rng(1)
    for weight in made.model.trainable_weights:
        is_bias = "bias" in weight.name or "beta" in weight.name
        scale = biases if is_bias else 0.6
        weight.assign(rng.normal(scale=scale, size=weight.shape))
    return made


def check(name, family):
    case = in_double_precision(name, family)
    found = explain(case, LRP(rules=Epsilon(1e-12)))
    beside = [*found.others, *found.shares.values()]
    total = np.add.reduce([r.sum(1) for r in found.relevance]) + np.add.reduce(beside)
    assert set(found.shares) == ({"positions"} if name in WITH_POSITIONS else set())
    np.testing.assert_allclose(found.diagnostics["conservation"] * found.value, total, rtol=1e-9)
    np.testing.assert_allclose(found.diagnostics["taken_by_biases"], 0, atol=1e-9)
    np.testing.assert_allclose(total, found.value, rtol=1e-5)
    for leak in ("taken_by_stabilisers", "left_in_first_states"):
        assert np.abs(found.diagnostics[leak] / found.value).max() < 1e-5


@pytest.mark.product("every kind of model, walked back")
@pytest.mark.parametrize("name", CONSERVED)
def test_all_relevance_arrives(name):
    check(name, "keras")


@pytest.mark.product("every kind of model, walked back")
@pytest.mark.parametrize("name", A_FEW)
def test_all_relevance_arrives_in_keras_2(name):
    check(name, "tf_keras")
