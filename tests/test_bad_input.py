"""Each way to be wrong has one clear error: what was expected, what came, what to do."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from kinds import kind

import textattr
from textattr import errors
from textattr.methods import IntegratedGradients, Saliency, SmoothGrad

IDS = [3, 4, 5, 6]


def explain(doc=IDS, model=None, **settings):
    return textattr.explain_prediction(model or kind("convolution").model, doc, **settings)


@pytest.mark.parametrize(
    ("error", "says", "settings"),
    [
        (errors.TokensError, "3 tokens and 4 ids", {"tokens": ["a", "b", "c"]}),
        (errors.TokensError, "one string", {"tokens": "abcd"}),
        (errors.TokensError, "as strings, got 4", {"tokens": ["a", "b", "c", 4]}),
        (errors.DocumentError, "empty document", {"doc": []}),
        (
            errors.DocumentError,
            "at least one word",
            {"doc": "  ", "tokenizer": textattr.Words({"a": 1}, unknown=2)},
        ),
        (errors.DocumentError, "batch of 2.*explain_many", {"doc": [IDS, IDS]}),
        (errors.DocumentError, "list of strings.*explain_many", {"doc": ["a text", "another"]}),
        (errors.DocumentError, "different length", {"doc": [[1, 2], [3]]}),
        (errors.DocumentError, "got NoneType", {"doc": None}),
        (errors.DocumentError, "4 of padding", {"doc": [0, 0, 0, 0], "pad_value": 0}),
        (errors.IdOutsideTableError, "id 30 at position 1.*30 rows", {"doc": [1, 30]}),
        (errors.IdOutsideTableError, "id -1 at position 0", {"doc": [-1, 3]}),
        (errors.TokenizerError, "tokenizer=textattr.Words", {"doc": "a text"}),
        (
            errors.TokenizerError,
            r"write textattr.Words\(vocabulary, unknown=",
            {"doc": "a", "tokenizer": {"a": 1}},
        ),
        (errors.OptionError, "did you mean 'steps'", {"step": 5}),
        (errors.OptionError, "did you mean 'batch_size'", {"batchsize": 5}),
        (errors.OptionError, "'n_steps'.*called 'steps'", {"n_steps": 5}),
        (errors.OptionError, "'baselines'.*called 'baseline'", {"baselines": 0}),
        (errors.OptionError, "add method='smoothgrad'", {"samples": 5}),
        (errors.OptionError, "called 'integrated_gradients'", {"method": "intgrad"}),
        (errors.OptionError, "called 'gradient_x_input'", {"method": "grad*input"}),
        (errors.OptionError, "did you mean 'saliency'", {"method": "saliancy"}),
        (errors.OptionError, "brings its own options", {"method": Saliency(), "steps": 5}),
        (errors.OptionError, r"write Saliency\(\)", {"method": Saliency}),
        (errors.OptionError, "quadrature 'simpson'", {"quadrature": "simpson"}),
        (errors.OptionError, "steps must be", {"steps": 0}),
        (errors.OptionError, "batch_size must be", {"batch_size": 0}),
        (errors.OptionError, "'logit' or 'probability'", {"score": "logits"}),
        (errors.OptionError, "'post' or 'pre'", {"padding": "left"}),
        (errors.OptionError, "unknown task", {"task": "multi"}),
        (errors.TargetError, "target 3 is out of range.*0 to 2", {"targets": 3}),
        (errors.TargetError, "target -1 is out of range", {"targets": -1}),
        (
            errors.TargetError,
            "did you mean 'sports'",
            {"targets": "sport", "target_names": ["world", "sports", "tech"]},
        ),
        (errors.TargetError, "expected 3 target_names.*got 2", {"target_names": ["a", "b"]}),
        (errors.TargetError, "differ", {"target_names": ["a", "b", "b"]}),
        (errors.TargetError, "empty list", {"targets": []}),
        (errors.TargetError, "1.0", {"targets": 1.0}),
        (errors.TargetError, "rather than", {"targets": 1, "against": 1}),
        (errors.BaselineError, "needs a tokenizer that tells its mask id", {"baseline": "mask"}),
        (errors.BaselineError, "choose one of auto, zero", {"baseline": "zeros"}),
        (errors.BaselineError, r"\(4, 4\) or \(4,\), got \(9, 9\)", {"baseline": np.zeros((9, 9))}),
        (errors.BaselineError, "4 tokens, got 2", {"baseline": np.array([1, 2])}),
        (errors.IdOutsideTableError, "baseline id", {"baseline": np.array([1, 2, 3, 99])}),
        (errors.LayerError, "no layer 'nope'.*lookup", {"embedding_layer": "nope"}),
    ],
)
def test_bad_input(error, says, settings):
    with pytest.raises(error, match=f"(?s){says}"):
        explain(**settings)


def test_every_error_is_a_value_error_with_one_base():
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and e.__module__ == errors.__name__]
    assert all(issubclass(e, textattr.TextAttrError) and issubclass(e, ValueError) for e in kinds)
    assert issubclass(errors.OptionError, TypeError)


def test_a_model_without_lookup_lists_its_layers():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="hidden"), layers.Dense(2, name="out")])
    with pytest.raises(errors.NoLookupError, match=r"hidden \(Dense\), out \(Dense\)"):
        explain(model=model)


@pytest.mark.parametrize("model", ["model.keras", 3, {"a": 1}, None, keras.Model])
def test_what_is_no_model(model):
    with pytest.raises(errors.UnknownModelError, match="expected a"):
        textattr.explain_prediction(model, IDS)


def test_nan_weights_are_named():
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, 2),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, name="out"),
        ]
    )
    model.get_layer("out").bias.assign([np.nan, 0])
    with pytest.raises(errors.ModelOutputError, match="NaN: .*out/bias"):
        explain(model=model)


def test_a_fixed_length_is_told():
    with pytest.raises(errors.DocumentError, match="takes 6 tokens, got 4"):
        explain(model=kind("dense_fixed_length").model)


def test_scores_per_token_are_no_classification():
    model = keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(9, 2), layers.Dense(3)])
    with pytest.raises(errors.ModelOutputError, match="batch, classes"):
        explain(model=model)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1:UserWarning")
def test_one_softmax_unit_is_always_one():
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, 2),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, "softmax"),
        ]
    )
    with pytest.raises(errors.ModelOutputError, match="softmax over one single unit"):
        explain(model=model)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SmoothGrad(method=IntegratedGradients()),
        lambda: SmoothGrad(samples=0),
        lambda: SmoothGrad(noise=-1.0),
        lambda: IntegratedGradients(steps=1, quadrature="riemann_trapezoid").attribute(
            kind("convolution").model, [IDS]
        ),
        lambda: IntegratedGradients(tolerance=0.0),
        lambda: IntegratedGradients(steps=2.5),
    ],
)
def test_options_that_a_method_cannot_take(make):
    with pytest.raises(errors.OptionError, match="expects|needs|averages|noise|must be"):
        make()


@pytest.mark.parametrize("target", [7, -1, [0, 1, 2], 0.5, "positive"])
def test_attribute_checks_its_target(target):
    with pytest.raises(errors.TargetError, match="target 7 is out|target -1 is out|one class index"):
        Saliency().attribute(kind("convolution").model, [IDS], target=target)


def test_an_unknown_sentence_works_with_a_warning():
    tokenizer = textattr.Words({"good": 2, "bad": 3}, unknown=1)
    explanation = explain("zyx wvu!", tokenizer=tokenizer)
    assert [span.text for span in explanation.targets[0].spans] == ["zyx", "wvu", "!"]
    assert any("none of the words is in the vocabulary" in warning for warning in explanation.warnings)
