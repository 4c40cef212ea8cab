"""The gradient and the perturbation methods against what the original programs computed."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from keras import layers
from recorded import archive, deepexplain_model

from textattr.methods import GradientXInput, IntegratedGradients, Occlusion, Saliency, ShapleySampling

pytestmark = pytest.mark.usefixtures("without_proof")

TOLERANCE = 1e-5  # of the largest value


@pytest.fixture(params=[(net, variant) for net in "abe" for variant in ("random", "trained")], ids="-".join)
def deepexplain(request):
    net, variant = request.param
    data = archive(f"deepexplain_{net}")
    recorded = json.loads(str(data["meta_json"]))[net][variant]
    return (
        deepexplain_model(net, variant),
        {k.removeprefix(f"{variant}/"): v for k, v in data.items()},
        recorded,
    )


def method_of(entry, key, data):
    match entry["method"]:
        case "saliency":
            return Saliency()
        case "grad*input":
            return GradientXInput()
        case "intgrad":
            given = {"brand": data["baseline"], "bpad": data["baseline_pad"]}
            baseline = given.get(key.rsplit("_", 1)[-1], "zero")
            steps = entry["params"]["steps"]
            return IntegratedGradients(steps=steps, quadrature="riemann_right", baseline=baseline)
        case "occlusion" if entry["nan"] == 0:
            window, stride = (entry["params"].get(name, 1) for name in ("window_shape", "step"))
            window = tuple(window) if isinstance(window, list) else (window, window)
            return Occlusion(window=window, stride=tuple(stride) if isinstance(stride, list) else stride)
        case "shapley_sampling" if "BUGGY" not in key:
            return ShapleySampling(permutations=data[f"perms/{key}"])
        case _:
            return None


def test_deepexplain(deepexplain):
    model, data, recorded = deepexplain
    np.testing.assert_allclose(model.predict(data["tokens"], verbose=0), data["probs"], atol=1e-5)
    target = data["ys"].argmax(-1)
    compared = 0
    for key, entry in recorded.items():
        method = method_of(entry, key, data)
        if method is None or entry["ys"] != "one-hot":
            continue
        score = {"logits": "logit", "probs": "probability"}[entry["target"]]
        ours = method.attribute(model, data["tokens"], target=target, score=score)
        theirs = data[f"attr/{key}"]
        ours = ours.sum(-1) if theirs.ndim == 2 else ours
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE * np.abs(theirs).max(), err_msg=key)
        compared += 1
    assert compared >= 17


def alibi_model(head):
    data = archive("alibi_small")
    model = keras.Sequential(
        [
            keras.Input((20,), dtype="int32"),
            layers.Embedding(50, 8),
            layers.Conv1D(12, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(16, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.set_weights(
        [data[f"w_{head}_{k}"] for k in ("emb", "conv_k", "conv_b", "d1_k", "d1_b", "d2_k", "d2_b")]
    )
    return model


def test_alibi():
    data = archive("alibi_small")
    model = alibi_model("small")
    ids = data["ids_small"]
    np.testing.assert_allclose(model.predict(ids, verbose=0), data["small_pred_softmax"], atol=1e-5)
    table = data["w_small_emb"]
    compared = 0
    for key in data:
        if not key.startswith("attr/small/") or "trapezoid" in key:
            continue
        _, _, quadrature, steps, baseline, target = key.split("/")
        if baseline != "none":
            continue
        method = IntegratedGradients(steps=int(steps), quadrature=quadrature, baseline=table[0])
        classes = data["small_target_pred"] if target == "pred" else int(target)
        ours = method.attribute(model, ids, target=classes, score="probability")
        np.testing.assert_allclose(ours, data[key], atol=TOLERANCE * np.abs(data[key]).max(), err_msg=key)
        compared += 1
    assert compared >= 4
