"""DeepLIFT against what DeepExplain computed, and against the rewrite of the paper."""

from __future__ import annotations

import numpy as np
import pytest
from recorded import deepexplain_model, under
from reference.deeplift import attributions
from reference.lrp_network import layers_of, outputs
from stacks import part, stack

from textattr.methods import DeepLIFT

SEEDS = range(3)


def agree(ours, theirs, tolerance):
    """Equal up to a share of the largest value."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max())


def scores_of(model, vectors):
    """The logits that the layers behind the lookup make of vectors; the last of these is linear here."""
    x = vectors
    for layer in model.layers[1:]:
        x = layer(x)
    return np.asarray(x)


@pytest.mark.parametrize("variant", ["random", "trained"])
@pytest.mark.parametrize("net", "ab")
def test_deepexplain(net, variant):
    data = under(f"deepexplain_{net}", variant)
    model, target = deepexplain_model(net, variant), data["ys"].argmax(-1)
    # with a random baseline, DeepExplain loses some of the score in a maximum
    baselines = {"b0": "zero", "bpad": data["baseline_pad"], "brand": data["baseline"]}
    for name in ("b0", "bpad", "brand")[: 3 if net == "a" else 2]:
        ours = DeepLIFT(baseline=baselines[name]).attribute(model, data["tokens"], target=target)
        for row, theirs in zip(ours, data[f"attr/deeplift_{name}"], strict=True):
            agree(row, theirs, 1e-4)


STACKS = {
    "dense": [part("Flatten"), part("Dense", units=5, activation="tanh"), part("Dense", units=4, activation="relu")],
    "convolutional": [
        part("Conv1D", filters=4, kernel_size=3, padding="same", activation="relu"),
        part("MaxPooling1D", pool_size=2),
        part("Conv1D", filters=3, kernel_size=2, activation="sigmoid"),
        part("GlobalMaxPooling1D"),
    ],
    "averages": [part("AveragePooling1D", pool_size=2), part("GlobalAveragePooling1D")],
    "lstm": [part("LSTM", units=3)],
    "two lstms": [
        part("Bidirectional", part("LSTM", units=2, return_sequences=True)),
        part("LSTM", units=3, go_backwards=True),
    ],
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", STACKS)
def test_the_rewrite_of_the_paper(name, seed):
    made = stack([*STACKS[name], part("Dense", units=2)], seed=seed)
    baseline = np.random.default_rng(seed).normal(size=made.vectors.shape[1:])
    ours = DeepLIFT(baseline=baseline).attribute(made.model, made.ids, target=1)
    for row, vectors in zip(ours, made.vectors, strict=True):
        agree(row, attributions(made.slow(), vectors, baseline, 1), 1e-11)
    gained = scores_of(made.model, made.vectors) - scores_of(made.model, baseline[None])
    np.testing.assert_allclose(ours.sum((1, 2)), gained[:, 1], rtol=1e-10)


@pytest.mark.parametrize("variant", ["random", "trained"])
@pytest.mark.parametrize("net", "abe")
def test_the_rewrite_on_the_models_of_deepexplain(net, variant):
    data = under(f"deepexplain_{net}", variant)
    model, target = deepexplain_model(net, variant, "float64"), data["ys"].argmax(-1)
    layers, vectors = layers_of(model), data["emb"].astype(float)
    for name, baseline in (("b0", np.zeros((12, 8))), ("brand", data["baseline"].astype(float))):
        ours = DeepLIFT(baseline=baseline).attribute(model, data["tokens"], target=target)
        for row, x, unit in zip(ours, vectors, target, strict=True):
            agree(row, attributions(layers, x, baseline, unit), 1e-11)
            gained = outputs(layers, x)[unit] - outputs(layers, baseline)[unit]
            assert row.sum() == pytest.approx(gained, rel=1e-9)
        if net == "a" or net == "b" and name == "b0":
            agree(ours, data[f"attr/deeplift_{name}"], 1e-4)
