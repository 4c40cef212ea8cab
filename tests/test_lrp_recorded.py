"""LRP against what the original programs computed."""

from __future__ import annotations

import numpy as np
import pytest
from recorded import archive, arras_model, deepexplain_model, innvestigate_model, toolbox_model, under

from textattr.lrp import PRESETS, AlphaBeta, Epsilon, Flat, WSquare, Z, ZBox, ZPlus
from textattr.methods import LRP

pytestmark = pytest.mark.usefixtures("without_proof")

TOOLBOX = {
    "simple": Z(),
    **{f"epsilon_{e}": Epsilon(float(e)) for e in ("0.0001", "0.01", "0.1", "1")},
    **{f"alphabeta_{a}": AlphaBeta(float(a), float(a) - 1, bias="split") for a in ("2", "1", "0.5", "0")},
    "flat": Flat(),
    "ww": WSquare(),
    "composite_eps0.1_first_flat": [("dense_0", Flat()), ("*", Epsilon(0.1))],
    "composite_ab2_last_eps0.01": [("logits", Epsilon(0.01)), ("*", AlphaBeta(2, 1, bias="split"))],
}

INNVESTIGATE = {
    "lrp.z": Z(),
    "lrp.epsilon": Epsilon(1e-7),
    "lrp.epsilon@0.01": Epsilon(0.01),
    "lrp.epsilon@0.25": Epsilon(0.25),
    "lrp.w_square": WSquare(),
    "lrp.flat": Flat(),
    "lrp.alpha_beta@2_1": AlphaBeta(2, 1),
    "lrp.alpha_beta@1_0": AlphaBeta(1, 0, bias="whole"),
    "lrp.alpha_beta@3_2": AlphaBeta(3, 2),
    "lrp.alpha_2_beta_1": AlphaBeta(2, 1),
    "lrp.alpha_2_beta_1_IB": AlphaBeta(2, 1, bias="ignore"),
    "lrp.alpha_1_beta_0": AlphaBeta(1, 0),
    "lrp.alpha_1_beta_0_IB": AlphaBeta(1, 0, bias="ignore"),
    "lrp.z_plus": ZPlus(),
    "lrp.sequential_preset_a": "sequential_a",
    "lrp.sequential_preset_b": PRESETS["sequential_b"](),
    "lrp.sequential_preset_a_flat": [("conv", Flat()), ("*", Epsilon(0.1))],
    "lrp.sequential_preset_b_flat": [("conv*", Flat()), ("*", Epsilon(0.1))],
    "lrp@Z+bounded": [("conv", ZBox(-3, 3)), ("*", Z())],
    "deep_taylor": "deep_taylor",
    "deep_taylor.bounded": [("conv", ZBox(-3, 3)), *PRESETS["deep_taylor"]()],
}


def agree(ours, theirs, tolerance, case=""):
    """Equal up to a share of the largest value."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max(), err_msg=case)


@pytest.mark.product
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-10)])
@pytest.mark.parametrize("rule", TOOLBOX)
@pytest.mark.parametrize("net", ["a_rect_random", "tanh3", "rect3_nobias"])
def test_lrp_toolbox(net, rule, dtype, tolerance):
    data = under("lrp_toolbox_dense", net)
    x, target = data["x"].reshape(-1, 12, 8).astype(dtype), data["target"]
    model = toolbox_model(net, dtype)
    ours = LRP(rules=TOOLBOX[rule]).attribute(model, x, target=target).reshape(len(x), -1)
    started = {"y": 1, "one": np.take_along_axis(data["y"], target[:, None], 1)}
    compared = 0
    for init, with_what in started.items():
        if f"R/{rule}/init_{init}" in data:
            for row, theirs in zip(ours / with_what, data[f"R/{rule}/init_{init}"], strict=True):
                agree(row, theirs, tolerance)
            compared += 1
    assert compared >= 1


def recorded_by_innvestigate():
    for net in ("small", "nobias"):
        analyzers = {key.split("/")[0] for key in under("innvestigate_small", net) if key.count("/")}
        yield from ((net, analyzer) for analyzer in INNVESTIGATE if analyzer in analyzers)


@pytest.mark.product
@pytest.mark.parametrize(("net", "analyzer"), list(recorded_by_innvestigate()))
def test_innvestigate(net, analyzer):
    data = under("innvestigate_small", net)
    vectors = archive("innvestigate_small")["small/x"]
    recorded = [key for key in data if key.startswith(f"{analyzer}/")]
    assert recorded
    method = LRP(rules=INNVESTIGATE[analyzer])
    for key in recorded:
        target = data["logits"].argmax(-1) if key.endswith("max_activation") else 1
        ours = method.attribute(innvestigate_model(net), vectors, target=target)
        if (
            analyzer == "deep_taylor.bounded"
        ):  # deep Taylor starts with the positive part; the rules alone do not
            chosen = np.take_along_axis(data["logits"], np.broadcast_to(target, 8)[:, None], 1)
            ours = ours * (chosen > 0)[..., None]
        for row, theirs in zip(ours, data[key], strict=True):
            agree(row, theirs, 1e-4, key)


@pytest.mark.product
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("float64", 1e-10)])
@pytest.mark.parametrize("epsilon", [0.001, 0.1])
@pytest.mark.parametrize("factor", [0, 1])
def test_arras(factor, epsilon, dtype, tolerance):
    data = archive("arras_bilstm")
    method = LRP(rules=PRESETS["arras_lstm"](epsilon=epsilon, bias_factor=factor))
    model = arras_model(dtype)
    recorded = [key for key in data if key.endswith(f"_bf{factor}_eps{epsilon}/R")]
    assert len(recorded) == 12
    for key in recorded:
        sentence, _, case, _ = key.split("/")
        x = data[f"{sentence}/x"].astype(dtype)
        ours = method.attribute(model, x[None], target=int(case[1]))
        agree(ours[0], data[key], tolerance, key)


def test_arras_preset_is_that_of_the_paper():
    data, model = archive("arras_bilstm"), arras_model("float64")
    for rules in ("arras_lstm", PRESETS["arras_lstm"]()):
        ours = LRP(rules=rules).attribute(model, data["s0/x"][None], target=2)
        agree(ours[0], data["s0/lrp/c2_bf0_eps0.001/R"], 1e-10)


@pytest.mark.product
@pytest.mark.parametrize("net", "abe")
@pytest.mark.parametrize("variant", ["random", "trained"])
def test_deepexplain(net, variant):
    data = under(f"deepexplain_{net}", variant)
    # In single precision the rule's own rounding is as large as the tolerance on some processors.
    model = deepexplain_model(net, variant, "float64")
    recorded = [key for key in data if "elrp" in key]
    assert len(recorded) == 5
    for key in recorded:
        method = LRP(rules=PRESETS["deepexplain"](epsilon=float(key.rsplit("_", 1)[-1])))
        score = "probability" if "P_" in key else "logit"
        ours = method.attribute(model, data["tokens"], target=data["ys"].argmax(-1), score=score)
        for row, theirs in zip(ours, data[key], strict=True):
            agree(row, theirs, 1e-4, key)
