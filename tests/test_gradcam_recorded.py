"""Grad-CAM against what eli5's fork for Keras text models computed on its own trained models.

Models and recorded cases belong to that project and are not part of this one: set TEXTATTR_ELI5 to a folder with
`sentiment.json`, `multiclass.json` and the models beside them (`.h5` as Keras 2 saved them, `.keras` for Keras 3).
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest

import textattr
from textattr.errors import LayerError
from textattr.methods import GradCAM

FOLDER = Path(os.environ.get("TEXTATTR_ELI5", "."))
WHY = "set TEXTATTR_ELI5 to a folder with the recorded cases and models of eli5's fork"

pytestmark = [
    pytest.mark.skipif(not (FOLDER / "sentiment.json").exists(), reason=WHY),
    pytest.mark.filterwarnings("ignore"),  # old files; their warnings are not what this is about
]


def hard_sigmoid_k2(x):
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


@cache
def load(name, suffix):
    if suffix == ".h5":
        pytest.importorskip("tf_keras", reason="needs the extra textattr[tf-keras]")
    return textattr.load_model(
        FOLDER / f"{name}{suffix}", custom_objects={"legacy>hard_sigmoid_k2": hard_sigmoid_k2}
    )


@pytest.mark.parametrize("name", ["sentiment", "multiclass"])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_first_version(name, suffix):
    recorded = json.loads((FOLDER / f"{name}.json").read_text())
    model = load(name, suffix)
    for case in recorded["cases"]:
        if "heatmap" not in case:  # it raised
            continue
        given, arguments = recorded["inputs"][case["doc"]], case["args"]
        missing = given["length"] - len(given["ids"])
        method = GradCAM.eli5(
            arguments["layer"],
            relu=arguments["relu"],
            counterfactual=arguments["counterfactual"],
            interpolation_kind=arguments["interpolation_kind"],
        )

        def explain(given=given, arguments=arguments, case=case, missing=missing, method=method):
            return textattr.explain_prediction(
                model,
                np.array(given["ids"] + [given["pad_id"]] * missing),
                tokens=given["tokens"] + [given["pad_token"]] * missing,
                method=method,
                targets=1 if name == "sentiment" else case["target"],  # its only unit is our class 1
                pad_value=arguments["pad"],
                padding=arguments["padding"],
            )

        if arguments["layer"] in ("bidirectional_3", "dense_1", "dense_2"):
            with pytest.raises(LayerError, match="no value per token"):
                explain()
            continue
        explanation = explain()
        [target] = explanation.targets
        expected = np.array(case["heatmap"])
        np.testing.assert_allclose(
            target.heatmap, expected, atol=1e-4 * np.abs(expected).max(), err_msg=case["name"]
        )
        assert explanation.document == case["document"]
        spans = [[span.text, [[span.start, span.end]]] for span in target.spans]
        assert spans == [span[:2] for span in case["spans"]]
        assert target.score == pytest.approx(case["score"], abs=1e-5)
