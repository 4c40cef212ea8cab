"""The examples of CONTRIBUTING.md do what it says."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import kind

import textattr
from textattr.errors import LRPRuleError
from textattr.explanation import Explanation
from textattr.graph import traits
from textattr.lrp import Affine, Rule, Shared
from textattr.lrp.ops import OPS
from textattr.methods import LRP, DeepLIFT, GradientMethod, Saliency
from textattr.renderers.example import EXAMPLE
from textattr.targets import Class, Columns, Scores, Selector
from textattr.tokenizers.encoding import Encoding

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def example():
    """A function that runs the example that defines a name, and returns what it defines."""

    def example(name):
        (code,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if name in block]
        names = {
            "re": re,
            "tf": tf,
            "textattr": textattr,
            "Step": textattr.lrp.Step,
            "OPS": traits.OPS,
            "OpTraits": traits.OpTraits,
            "Rule": Rule,
            "Affine": Affine,
            "Shared": Shared,
            "Selector": Selector,
            "Columns": Columns,
            "Scores": Scores,
            "Class": Class,
            "Any": Any,
            "ClassVar": ClassVar,
            "GradientMethod": GradientMethod,
            "dataclass": dataclass,
            "Mapping": Mapping,
            "Encoding": Encoding,
            "Explanation": Explanation,
        }
        exec(f"from __future__ import annotations\n{code}", names)
        return names[name]

    return example


def test_method(example):
    case = kind("convolution")
    found = example("SquaredGradient")().attribute(case.model, case.inputs)
    np.testing.assert_allclose(found, Saliency().attribute(case.model, case.inputs) ** 2, atol=1e-7)


def test_kind_of_target(example):
    case = kind("convolution")
    found = textattr.explain_prediction(
        case.model, case.inputs[0], targets=example("Lead")(1), method="gradient_x_input"
    ).targets[0]
    runner_up = max((0, 2), key=lambda i: float(scores_of(case)[i]))
    margin = textattr.explain_prediction(
        case.model, case.inputs[0], targets=1, against=runner_up, method="gradient_x_input"
    ).targets[0]
    assert found.label == margin.label
    np.testing.assert_allclose(found.heatmap, margin.heatmap, atol=1e-6)


def scores_of(case):
    return textattr.Explainer(case.model).predict(case.inputs[:1])[0].scores


def test_op(example, monkeypatch):
    function = keras.layers.Lambda(tf.math.bessel_i0e, output_shape=(4, 4))
    parts = keras.layers.Embedding(5, 4), function, keras.layers.Flatten(), keras.layers.Dense(2)
    model = keras.Sequential([keras.Input((4,), dtype="int32"), *parts])
    ids = np.arange(1, 5)
    for method in (LRP(), DeepLIFT("zero")):
        with pytest.raises(textattr.TextAttrError, match="BesselI0e"):
            textattr.explain_prediction(model, ids, method=method, task="multiclass")
    monkeypatch.setattr(traits, "OPS", example("OPS"))
    found = textattr.explain_prediction(model, ids, method=DeepLIFT("zero"), task="multiclass").targets[0]
    start = found.diagnostics["baseline_score"]
    assert found.heatmap.sum() == pytest.approx(found.score - start, abs=1e-6)
    assert textattr.explain_prediction(model, ids, method=LRP(), task="multiclass").targets[0].heatmap.any()


def test_rule_for_layers_with_weights(example):
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), keras.layers.Embedding(5, 4), keras.layers.Flatten()]
    )
    model.add(keras.layers.Dense(2, bias_initializer="ones"))
    found = LRP(rules=example("ZWithoutBias")()).attribute(model, np.arange(1, 5)[None], target=1)
    assert found.sum() == pytest.approx(float(model(np.arange(1, 5)[None])[0, 1]), abs=1e-5)


def test_lrp_rule(example, monkeypatch):
    monkeypatch.setitem(OPS, "MatrixBandPart", None)  # so that it is put back
    del OPS["MatrixBandPart"]
    kept = keras.layers.Lambda(lambda x: tf.linalg.band_part(x, 0, 0), output_shape=(4, 4))
    lookup = keras.layers.Embedding(5, 4)
    model = keras.Sequential([keras.Input((4,), dtype="int32"), lookup, kept, keras.layers.Flatten()])
    model.compile(loss="mse")
    ids = np.arange(1, 5)[None]
    with pytest.raises(LRPRuleError, match='rule\\("MatrixBandPart"\\)'):
        LRP().attribute(model, ids, target=5)
    example("band_part")
    found = LRP().attribute(model, ids, target=5)
    np.testing.assert_allclose(found[0, 1, 1], np.asarray(model(ids))[0, 5])
    assert np.count_nonzero(found) == 1


def test_tokenizer(example):
    encoding = example("Lines")({"so": 4, "what": 5})("so\n\nwhat\n")
    assert encoding.ids.tolist() == [4, 5]
    assert encoding.offsets == ((0, 2), (4, 8))
    assert isinstance(example("Lines")({}), textattr.tokenizers.encoding.Tokenizer)


def test_renderer(example):
    text = example("format_as_markdown")(EXAMPLE)
    assert text.replace("**", "") == EXAMPLE.document
    assert "**great**" in text


ROOMS = [
    lines.splitlines()
    for lines in re.findall(
        r"(?:^\d\. .*\n)+", PAGE.partition("How a document travels")[2].partition("## Add")[0], re.M
    )
]


@pytest.mark.parametrize("lines", ROOMS, ids=lambda lines: lines[0][4:40])
def test_a_document_travels_through_rooms_that_are_there(lines):
    assert len(lines) <= 6
    for line in lines:
        for name in re.findall(r"`(\w+\.[\w.]+)`", line):
            assert pkgutil.resolve_name(f"textattr.{name}") is not None


def test_six_things_travel():
    assert len(ROOMS) == 6


def test_what_is_built_on_is_public():
    """Base classes that the page names, and whatever rules and places the presets are made of."""
    for room, names in (
        (textattr.methods, "Attribution GradientMethod Method PerturbationMethod VectorMethod"),
        (textattr.lrp, "Affine Rule Shared Step"),
        (textattr.targets, "Class Function Predicted Selector Target TokenClass"),
    ):
        assert set(names.split()) <= set(room.__all__)
    parts = {
        type(part).__name__ for preset in textattr.lrp.PRESETS.values() for line in preset() for part in line
    }
    assert parts - {"str", "int", "tuple"} <= set(textattr.lrp.__all__)
