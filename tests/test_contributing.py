"""The examples of CONTRIBUTING.md do what it says."""

from __future__ import annotations

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
from textattr.lrp.ops import OPS
from textattr.methods import LRP, Saliency
from textattr.methods.gradient import GradientMethod
from textattr.renderers.example import EXAMPLE
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
