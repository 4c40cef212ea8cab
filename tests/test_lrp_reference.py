"""The slow rewrites of LRP against what the original programs computed: how we know them to be right."""

from __future__ import annotations

import numpy as np
import pytest
from recorded import archive, arras_model, deepexplain_model, innvestigate_model, toolbox_model, under
from reference import lrp_deepexplain, lrp_rules
from reference.lrp_network import by_name, everywhere, layers_of, outputs, relevance

ALPHA2 = lrp_rules.alpha_beta(2, 1)
ALPHA1 = lrp_rules.alpha_beta(1, 0)
TENTH = lrp_rules.epsilon(0.1)

TOOLBOX = {
    "simple": everywhere(lrp_rules.z),
    **{f"epsilon_{e}": everywhere(lrp_rules.epsilon(float(e))) for e in ("0.0001", "0.01", "0.1", "1")},
    **{
        f"alphabeta_{a}": everywhere(lrp_rules.alpha_beta(float(a), float(a) - 1, "split"))
        for a in ("2", "1", "0.5", "0")
    },
    "flat": everywhere(lrp_rules.flat),
    "ww": everywhere(lrp_rules.w_square),
    "composite_eps0.1_first_flat": by_name({"dense_0": lrp_rules.flat}, TENTH),
    "composite_ab2_last_eps0.01": by_name(
        {"logits": lrp_rules.epsilon(0.01)}, lrp_rules.alpha_beta(2, 1, "split")
    ),
}

INNVESTIGATE = {
    "lrp.z": everywhere(lrp_rules.z),
    "lrp.epsilon": everywhere(lrp_rules.epsilon(1e-7)),
    "lrp.epsilon@0.01": everywhere(lrp_rules.epsilon(0.01)),
    "lrp.epsilon@0.25": everywhere(lrp_rules.epsilon(0.25)),
    "lrp.w_square": everywhere(lrp_rules.w_square),
    "lrp.flat": everywhere(lrp_rules.flat),
    "lrp.alpha_beta@2_1": everywhere(ALPHA2),
    "lrp.alpha_beta@1_0": everywhere(ALPHA1),
    "lrp.alpha_beta@3_2": everywhere(lrp_rules.alpha_beta(3, 2)),
    "lrp.alpha_2_beta_1": everywhere(ALPHA2),
    "lrp.alpha_2_beta_1_IB": everywhere(lrp_rules.alpha_beta(2, 1, "ignore")),
    "lrp.alpha_1_beta_0": everywhere(ALPHA1),
    "lrp.alpha_1_beta_0_IB": everywhere(lrp_rules.alpha_beta(1, 0, "ignore")),
    "lrp.z_plus": everywhere(lrp_rules.z_plus),
    "lrp.sequential_preset_a": by_name({"conv": ALPHA1}, TENTH),
    "lrp.sequential_preset_b": by_name({"conv": ALPHA2}, TENTH),
    "lrp.sequential_preset_a_flat": by_name({"conv": lrp_rules.flat}, TENTH),
    "lrp.sequential_preset_b_flat": by_name({"conv": lrp_rules.flat}, TENTH),
    "lrp@Z+bounded": by_name({"conv": lrp_rules.z_box(-3, 3)}, lrp_rules.z),
    "deep_taylor": everywhere(lrp_rules.z_plus),
    "deep_taylor.bounded": by_name({"conv": lrp_rules.z_box(-3, 3)}, lrp_rules.z_plus),
}


def agree(ours, theirs, tolerance):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max())


@pytest.mark.parametrize("net", ["a_rect_random", "tanh3", "rect3_nobias"])
def test_lrp_toolbox(net):
    data = under("lrp_toolbox_dense", net)
    layers = layers_of(toolbox_model(net, "float64"))
    recorded = [key.split("/") for key in data if key.startswith("R/")]
    assert {rule for _, rule, _ in recorded} == set(TOOLBOX)
    for _, rule, init in recorded:
        start = 1 if init == "init_one" else None
        rows = zip(data["x"], data["target"], data[f"R/{rule}/{init}"], strict=True)
        for x, target, theirs in rows:
            ours = relevance(layers, x.reshape(12, 8), target, TOOLBOX[rule], start=start)
            agree(ours.reshape(-1), theirs, 1e-13)


@pytest.mark.parametrize("net", ["small", "nobias"])
def test_innvestigate(net):
    data = under("innvestigate_small", net)
    vectors = archive("innvestigate_small")["small/x"].astype(float)
    layers = layers_of(innvestigate_model(net, "float64"))
    compared = 0
    for key in data:
        analyzer, _, neuron = key.partition("/")
        if analyzer not in INNVESTIGATE:
            continue
        for x, logits, theirs in zip(vectors, data["logits"], data[key], strict=True):
            unit = logits.argmax() if neuron == "max_activation" else 1
            start = max(logits[unit], 0) if "deep_taylor" in key else None
            agree(relevance(layers, x, unit, INNVESTIGATE[analyzer], start=start), theirs, 1e-5)
        compared += 1
    assert compared >= 13


def test_arras():
    layers_with = {}
    model = arras_model("float64")
    data = archive("arras_bilstm")
    recorded = [key.split("/") for key in data if key.endswith("/R")]
    assert len(recorded) == 48
    for sentence, _, case, _ in recorded:
        unit, factor, epsilon = (float(part.lstrip("cbfeps")) for part in case.split("_"))
        rule = lrp_rules.epsilon_with_bias(epsilon, factor)
        layers = layers_with.setdefault((factor, epsilon), layers_of(model, sums=rule))
        x = data[f"{sentence}/x"]
        scores = outputs(layers, x)
        agree(scores, data[f"{sentence}/scores"], 1e-13)
        ours = relevance(layers, x, int(unit), everywhere(rule))
        agree(ours, data[f"{sentence}/lrp/{case}/R"], 1e-12)
        if factor == 1:
            rest = data[f"{sentence}/lrp/{case}/rest"]
            assert ours.sum() + rest == pytest.approx(scores[int(unit)], rel=1e-9)


@pytest.mark.parametrize("net", "abe")
@pytest.mark.parametrize("variant", ["random", "trained"])
def test_deepexplain(net, variant):
    data = under(f"deepexplain_{net}", variant)
    layers = layers_of(deepexplain_model(net, variant, "float64"))
    recorded = [key for key in data if "elrp" in key]
    assert len(recorded) == 5
    for key in recorded:
        epsilon, probability = float(key.rsplit("_", 1)[-1]), "P_" in key
        for x, ys, theirs in zip(data["emb"].astype(float), data["ys"], data[key], strict=True):
            ours = lrp_deepexplain.relevance(layers, x, ys.argmax(), epsilon, probability)
            agree(ours, theirs, 1e-4)
