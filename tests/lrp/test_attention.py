"""Attention, normalisation and whole blocks of a transformer against the slow rewrite, under AttnLRP and CP-LRP."""

from __future__ import annotations

import importlib
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference.forward import weights_of
from reference.lrp_layers import Activation, AveragePooling1D, Conv1D, Dense, Flatten
from reference.lrp_network import outputs, recurrent, relevance
from reference.lrp_rules import z
from reference.lrp_transformers import (
    ATTNLRP,
    CPLRP,
    Additive,
    Attention,
    AttentionPooling,
    DotProduct,
    FirstStep,
    GatedFeedForward,
    MultiHeadAttention,
    Normalization,
    Positions,
    Residual,
    causal,
    columns,
    each_row,
    everything,
    whole,
)
from scipy.special import erf

import textattr
from textattr.lrp import Epsilon, Z, check
from textattr.methods import LRP

VOCABULARY, LENGTH, SIZE = 20, 5, 4
PARTS = {"attnlrp": ATTNLRP, "cplrp": CPLRP}


def gelu(x):
    return x * (1 + erf(x * float(np.float32(np.sqrt(0.5))))) / 2  # TensorFlow rounds that root


def gelu_tanh(x):
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def weights(model, name):
    return weights_of(model.get_layer(name))


def slow_heads(layer, allowed=everything):
    """The rewrite of a `MultiHeadAttention` or `GroupQueryAttention`."""
    found = weights_of(layer)
    return MultiHeadAttention(*(tuple(found[i : i + 2]) for i in (0, 2, 4, 6)), allowed)


def slow_norm(layer, groups=each_row, kind="layer", epsilon=1e-3):
    return Normalization(groups, kind, *weights_of(layer), epsilon=epsilon)


def to_itself(kind, score, allowed=everything, **options):
    """Attention of x to a `Dense` of x, and its rewrite."""

    def build(k, x):
        y = k.layers.Dense(SIZE, use_bias=False, name="view")(x)
        causally = {"use_causal_mask": True} if allowed is causal else {}
        return getattr(k.layers, kind)(name="seen", **options)([x, y], **causally)

    return build, lambda model: [
        Attention(weights(model, "view")[0], score(*weights(model, "seen")), allowed)
    ]


def heads(kind="MultiHeadAttention", allowed=everything, **options):
    def build(k, x):
        causally = {"use_causal_mask": True} if allowed is causal else {}
        return getattr(k.layers, kind)(name="seen", **options)(x, x, **causally)

    return build, lambda model: [slow_heads(model.get_layer("seen"), allowed)]


def norm(kind, together=each_row, slow_kind="layer", epsilon=1e-3, **options):
    def build(k, x):
        return getattr(k.layers, kind)(name="norm", **options)(x)

    return build, lambda model: [slow_norm(model.get_layer("norm"), together, slow_kind, epsilon)]


def post_norm(k, x):
    la = k.layers
    x = la.LayerNormalization(name="norm_0")(la.Add()([x, la.MultiHeadAttention(2, 4, name="seen")(x, x)]))
    inner = la.Dense(6, activation="gelu", name="inner")(x)
    return la.LayerNormalization(name="norm_1")(la.Add()([x, la.Dense(SIZE, name="outer")(inner)]))


def slow_post_norm(model):
    inner = [Dense(*weights(model, "inner")), Activation(gelu), Dense(*weights(model, "outer"))]
    return [
        Residual([slow_heads(model.get_layer("seen"))]),
        slow_norm(model.get_layer("norm_0")),
        Residual(inner),
        slow_norm(model.get_layer("norm_1")),
    ]


def pre_norm(k, x):
    la = k.layers
    normed = la.LayerNormalization(name="norm_0")(x)
    x = x + la.MultiHeadAttention(2, 4, name="seen")(normed, normed, use_causal_mask=True)
    normed = la.LayerNormalization(name="norm_1")(x)
    inner = la.Dense(6, activation=tf_gelu, name="inner")(normed)
    return x + la.Dense(SIZE, name="outer")(inner)


def tf_gelu(x):
    return tf.nn.gelu(x, approximate=True)


def slow_pre_norm(model):
    inner = [Dense(*weights(model, "inner")), Activation(gelu_tanh), Dense(*weights(model, "outer"))]
    return [
        Residual([slow_norm(model.get_layer("norm_0")), slow_heads(model.get_layer("seen"), causal)]),
        Residual([slow_norm(model.get_layer("norm_1")), *inner]),
    ]


def gated(k, x):
    la = k.layers
    gate = la.Dense(5, activation="silu", use_bias=False, name="gate")(x)
    both = la.Multiply()([gate, la.Dense(5, use_bias=False, name="signal")(x)])
    return x + la.Dense(SIZE, use_bias=False, name="outer")(both)


def slow_gated(model):
    return [Residual([GatedFeedForward(*(weights(model, name)[0] for name in ("gate", "signal", "outer")))])]


def under_attention(kind, slow, **options):
    """Another kind of layer, and attention over what it gives."""

    def build(k, x):
        x = getattr(k.layers, kind)(SIZE, name="under", **options)(x)
        return k.layers.MultiHeadAttention(2, 4, name="seen")(x, x)

    return build, lambda model: [*slow(model.get_layer("under")), slow_heads(model.get_layer("seen"))]


def slow_convolution(layer):
    return [Conv1D(*weights_of(layer), "same"), Activation(np.tanh)]


CASES = {
    "attention": to_itself("Attention", DotProduct),
    "attention causal": to_itself("Attention", DotProduct, causal),
    "additive attention": to_itself("AdditiveAttention", Additive),
    "heads": heads(num_heads=2, key_dim=4),
    "heads causal": heads(allowed=causal, num_heads=2, key_dim=4, value_dim=2),
    "heads in groups": heads("GroupQueryAttention", head_dim=4, num_query_heads=4, num_key_value_heads=2),
    "layer norm": norm("LayerNormalization"),
    "layer norm two axes": norm("LayerNormalization", whole, axis=(1, 2)),
    "rms norm": norm("RMSNormalization", slow_kind="rms", epsilon=1e-6),
    "unit norm": norm("UnitNormalization", slow_kind="unit", epsilon=0),
    "group norm": norm("GroupNormalization", columns(2), groups=2),
    "post-norm block": (post_norm, slow_post_norm),
    "pre-norm block": (pre_norm, slow_pre_norm),
    "gated feed-forward": (gated, slow_gated),
    "convolution": under_attention(
        "Conv1D", slow_convolution, kernel_size=3, padding="same", activation="tanh"
    ),
    "lstm": under_attention("LSTM", lambda layer: [recurrent(layer, "lstm", z)], return_sequences=True),
}
IN_KERAS_2 = (
    "additive attention",
    "heads",
    "layer norm",
    "layer norm two axes",
    "group norm",
    "post-norm block",
)
MASKED = [(c, "keras") for c in ("attention", "heads in groups", "post-norm block")] + [("heads", "tf_keras")]


@cache
def model_of(build, family, masked=False):
    """A float64 model: lookup, what is built, the mean of what it gives, two logits; random weights."""
    k = importlib.import_module(family)
    k.utils.set_random_seed(3)
    k.mixed_precision.set_global_policy("float64")
    try:
        ids = k.Input((LENGTH,), dtype="int32")
        x = k.layers.Embedding(VOCABULARY, SIZE, mask_zero=masked, name="lookup")(ids)
        y = build(k, x)
        y = k.layers.GlobalAveragePooling1D()(y) if masked else k.layers.Flatten()(y)
        model = k.Model(ids, k.layers.Dense(2, name="logits")(y))
    finally:
        k.mixed_precision.set_global_policy("float32")
    rng = np.random.default_rng(3)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(scale=0.8, size=weight.shape))
    return model


def ids_of(masked=False):
    ids = np.random.default_rng(5).integers(1, VOCABULARY, (2, LENGTH)).astype("int32")
    if masked:
        ids[1, 3:] = 0
    return ids


def rule_of(preset):
    """Attention has its parts, a residual looks inside, all else the z-rule."""

    def of(layer):
        if isinstance(layer, Residual):
            return of
        return PARTS[preset] if isinstance(layer, Attention | AttentionPooling | MultiHeadAttention) else z

    return of


def agrees(model, slow, ids, preset, masked=False):
    fast = LRP(rules=preset).attribute(model, ids, target=1)
    table = weights(model, "lookup")[0]
    for row, tokens in enumerate(ids):
        steps = tokens != 0
        score = outputs(slow, table[tokens], steps)[1]
        np.testing.assert_allclose(score, np.asarray(model(ids))[row, 1], rtol=1e-9)
        expected = relevance(slow, table[tokens], 1, rule_of(preset), steps)
        expected[~steps] = 0
        np.testing.assert_allclose(fast[row], expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    return fast


@pytest.mark.product("attention")
@pytest.mark.parametrize(
    ("case", "family", "preset"),
    [(c, "keras", "attnlrp") for c in CASES]
    + [(c, "keras", "cplrp") for c in ("attention", "additive attention", "heads", "pre-norm block")]
    + [(c, "tf_keras", "attnlrp") for c in IN_KERAS_2],
)
def test_layers_and_blocks(case, family, preset):
    pytest.importorskip(family)
    model = model_of(CASES[case][0], family)
    slow = [*CASES[case][1](model), Flatten(), Dense(*weights(model, "logits"))]
    agrees(model, slow, ids_of(), preset)


@pytest.mark.product("attention")
@pytest.mark.parametrize(("case", "family"), MASKED)
def test_padding_takes_no_part(case, family):
    pytest.importorskip(family)
    model = model_of(CASES[case][0], family, masked=True)
    slow = [*CASES[case][1](model), AveragePooling1D(), Dense(*weights(model, "logits"))]
    fast = agrees(model, slow, ids_of(masked=True), "attnlrp")
    assert np.abs(fast[1, 3:]).max() == 0


def hidden_logits(k, x):
    return k.layers.Dense(1, use_bias=False, name="context")(
        k.layers.Dense(3, activation="tanh", use_bias=False, name="hidden")(x)
    )


class Weighted:
    """The weighted sum, with a softmax that is written by hand in one of several ways."""

    def __new__(cls, k, softmax):
        class Layer(k.layers.Layer):
            def call(self, inputs):
                x, logits = inputs
                return tf.reduce_sum(x * softmax(logits), 1)

        return Layer()


def shifted(logits):
    powers = tf.exp(logits - tf.reduce_max(logits, 1, keepdims=True))
    return powers / tf.reduce_sum(powers, 1, keepdims=True)


def kept_from_zero(logits):
    powers = tf.exp(logits) * tf.ones_like(logits[:1])
    return powers / (1e-12 + tf.reduce_sum(powers, 1, keepdims=True))


def less_its_logarithm(logits):
    return tf.exp(logits - tf.reduce_logsumexp(logits, 1, keepdims=True))


def with_layers(k, x):
    la = k.layers
    weights = la.Activation("softmax")(la.Flatten()(hidden_logits(k, x)))
    weighted = la.Multiply()([x, la.Permute((2, 1))(la.RepeatVector(SIZE)(weights))])
    return la.Lambda(lambda v: tf.reduce_sum(v, 1), output_shape=(SIZE,))(weighted)


def by_hand(softmax):
    return lambda k, x: Weighted(k, softmax)([x, hidden_logits(k, x)])


POOLINGS = {
    "layers": with_layers,
    "the op": by_hand(lambda logits: tf.nn.softmax(logits, 1)),
    "shifted": by_hand(shifted),
    "kept from zero": by_hand(kept_from_zero),
    "less its logarithm": by_hand(less_its_logarithm),
}


@pytest.mark.parametrize(("pooling", "preset"), [*((p, "attnlrp") for p in POOLINGS), ("shifted", "cplrp")])
def test_attention_as_it_is_written_by_hand(pooling, preset):
    model = model_of(POOLINGS[pooling], "keras")
    slow = [
        AttentionPooling(*(weights(model, n)[0] for n in ("hidden", "context"))),
        Dense(*weights(model, "logits")),
    ]
    agrees(model, slow, ids_of(), preset)


@cache
def classifier():
    """Tokens and positions, a post-norm block, the first word's vector: a small BERT, in float64."""
    keras.utils.set_random_seed(0)
    keras.mixed_precision.set_global_policy("float64")
    try:
        ids = keras.Input((None,), dtype="int32")
        x = keras.layers.Embedding(VOCABULARY, SIZE, name="lookup")(ids)
        x = keras.layers.Add()([x, AtPositions(name="positions")(x)])
        x = post_norm(keras, x)[:, 0]
        model = keras.Model(ids, keras.layers.Dense(2, name="logits")(x))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(scale=0.8, size=weight.shape))
    return model


class AtPositions(keras.layers.Layer):
    """A vector for each place."""

    def build(self, shape):
        self.table = self.add_weight(name="table", shape=(2 * LENGTH, shape[-1]))

    def call(self, x):
        return tf.broadcast_to(self.table[: tf.shape(x)[1]], tf.shape(x))


@pytest.mark.parametrize("preset", PARTS)
def test_positions_are_a_share(preset):
    model, [ids, _] = classifier(), ids_of()
    positions = Positions(weights(model, "positions")[0])
    after = [*slow_post_norm(model), FirstStep(), Dense(*weights(model, "logits"))]
    fast = agrees(model, [positions, *after], ids[None], preset)
    summed = positions.forward(weights(model, "lookup")[0][ids], None)
    share = relevance(after, summed, 1, rule_of(preset)).sum() - fast.sum()
    tokens = [str(i) for i in ids]
    explanation = textattr.explain_prediction(
        model, ids, tokens=tokens, method="lrp", rules=preset, targets=1, score="logit"
    )
    [target] = explanation.targets
    assert target.shares == {"positions": pytest.approx(share, rel=1e-6)}
    told = target.diagnostics
    assert told["conservation"] == pytest.approx((target.heatmap.sum() + share) / target.score, rel=1e-6)


def test_attention_makes_attnlrp_the_rules():
    model, [ids, _] = classifier(), ids_of()
    tokens = [str(i) for i in ids]
    [target] = textattr.explain_prediction(model, ids, tokens=tokens, method="lrp").targets
    assert target.diagnostics["rules"] == "attnlrp"


def test_the_check_accounts_for_the_whole_score(capsys):
    found = check(classifier(), ids_of())
    assert found.unexplained == ()
    assert found.arrived + sum(found.taken.values()) == pytest.approx(1, abs=1e-9)
    assert min(abs(found.taken[name]) for name in ("positions", "biases")) > 1e-3
    assert capsys.readouterr().out.rstrip().endswith("Together that is the whole score.")


def test_softmax_takes_what_attnlrp_does_not_pass_on():
    found = check(classifier(), ids_of(), rules="attnlrp")
    assert found.unexplained == ()
    assert abs(found.taken["softmax"]) > 1e-2
    assert found.arrived + sum(found.taken.values()) == pytest.approx(1, abs=1e-9)


def test_the_check_names_the_layer_that_does_not_conserve(capsys):
    found = check(classifier(), ids_of(), rules=[("inner", Epsilon(1.0)), ("*", Z())])
    assert [layer.layer for layer in found.unexplained] == ["inner"]
    assert "without an account: inner" in capsys.readouterr().out
