"""keras-hub's text classifiers, built small from their configuration: they work as they are."""

from __future__ import annotations

import numpy as np
import pytest

import textattr
from textattr.lrp import check
from textattr.methods import GradientXInput
from textattr.split.cut import Cut
from textattr.split.model import split_model
from textattr.split.rows import Rows

keras_hub = pytest.importorskip(
    "keras_hub", reason="needs keras-hub (pip install --no-deps keras-hub regex)", exc_type=ImportError
)

SIZES = {
    "vocabulary_size": 60,
    "num_layers": 1,
    "hidden_dim": 16,
    "intermediate_dim": 32,
    "max_sequence_length": 12,
}
HEADS = {"num_heads": 2}
CLASSIFIERS = {
    "Bert": HEADS,
    "DistilBert": HEADS,
    "Roberta": HEADS,
    "Albert": {**HEADS, "embedding_dim": 8},
    "XLMRoberta": HEADS,
    "FNet": {},
    "DebertaV3": {**HEADS, "bucket_size": 8},
}
WORDS = [f"w{i}" for i in range(12)]


def inputs_for(model):
    ids = np.random.default_rng(0).integers(5, 60, (2, 12)).astype("int32")
    ids[1, 9:] = 0
    every = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": (ids != 0).astype("int32")}
    return {name: every[name] for name in [tensor.name for tensor in model.inputs]}


def built(name, dtype="float32"):
    backbone = getattr(keras_hub.models, f"{name}Backbone")(**SIZES, **CLASSIFIERS[name], dtype=dtype)
    return getattr(keras_hub.models, f"{name}TextClassifier")(backbone, num_classes=2, dtype=dtype)


@pytest.fixture(scope="module", params=CLASSIFIERS)
def classifier(request):
    model = built(request.param)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(weight + rng.normal(scale=0.1, size=weight.shape))
    return model


@pytest.mark.rest  # the test below explains each of them, for which the same is compared
def test_scores_from_the_injected_vectors_are_the_models(classifier):
    # but for rounding: TensorFlow fuses other ops where the vectors are given than where they are looked up
    split = split_model(classifier)
    inputs = split.arrays(inputs_for(classifier))
    rows = Rows.predicted(inputs, split.head(inputs))

    def build(cut: Cut, *_):
        run = cut.run()
        return {"vectors": run.vectors, "outputs": run.outputs, "again": cut.run(vectors=run.vectors).outputs}

    found = split.run_once(build, rows)
    np.testing.assert_allclose(found["again"], found["outputs"], rtol=0, atol=5e-7)
    np.testing.assert_allclose(found["outputs"], classifier(inputs, training=False), atol=1e-5)
    assert [v.shape[:2] for v in found["vectors"]] == [(2, 12)]


def test_only_the_tokens_are_text(classifier):
    inputs = inputs_for(classifier)
    doc = {name: array[1] for name, array in inputs.items()}
    explanation = textattr.explain_prediction(
        classifier, doc, tokens=WORDS, method="gradient_x_input", score="logit"
    )
    kept = 9 if "padding_mask" in inputs else 12
    assert explanation.document == " ".join(WORDS[:kept])
    assert any("normalisation" in warning for warning in explanation.warnings)
    is_zero = abs(explanation.targets[0].heatmap.sum()) < 1e-5
    assert is_zero or not any("sums to zero" in warning for warning in explanation.warnings)
    assert "other inputs" not in explanation.targets[0].shares
    found = GradientXInput().attribute(classifier, inputs, target=explanation.targets[0].target)
    np.testing.assert_allclose(explanation.targets[0].heatmap, found[1].sum(-1)[:kept], atol=1e-5)
    if "padding_mask" in inputs:
        assert np.abs(found[1, 9:]).max() < 1e-6


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_cplrp_conserves_relevance(name, capsys):
    dtype, tolerance = ("float32", 1e-3) if name == "FNet" else ("float64", 1e-9)  # FNet knows no other
    model = built(name, dtype)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        is_bias = weight.name in ("bias", "beta")
        weight.assign(
            np.zeros(weight.shape) if is_bias else weight + rng.normal(scale=0.3, size=weight.shape)
        )
    found = check(model, inputs_for(model))
    assert found.without_rule == found.unexplained == ()
    assert found.taken["biases"] == 0
    assert ("positions" in found.taken) == (name != "DebertaV3")  # it adds none: it looks at distances
    assert found.arrived + found.taken.get("positions", 0) == pytest.approx(1, rel=tolerance)
    assert "Softmax" not in {layer.kind for layer in found.layers}


@pytest.mark.parametrize("classifier", ["Bert", "DebertaV3"], indirect=True)
def test_integrated_gradients_are_complete(classifier):
    doc = {name: array[0] for name, array in inputs_for(classifier).items()}
    [target] = textattr.explain_prediction(classifier, doc, baseline="mean", tolerance=1e-2).targets
    gained = target.score - target.diagnostics["baseline_score"]
    assert target.heatmap.sum() == pytest.approx(gained, rel=2e-2, abs=1e-4)
