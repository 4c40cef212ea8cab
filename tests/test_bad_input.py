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
            {"doc": "  ", "tokenizer": textattr.Words({"a": 1}, unknown=2, splitting="words")},
        ),
        (errors.DocumentError, "batch of 2.*explain_many", {"doc": [IDS, IDS]}),
        (errors.DocumentError, "list of strings.*explain_many", {"doc": ["a text", "another"]}),
        (errors.DocumentError, "different length", {"doc": [[1, 2], [3]]}),
        (errors.DocumentError, "got NoneType", {"doc": None}),
        (errors.DocumentError, "4 of padding", {"doc": [0, 0, 0, 0], "pad_value": 0}),
        (errors.IdOutsideTableError, "id 30 at position 1.*30 rows", {"doc": [1, 30]}),
        (errors.IdOutsideTableError, "id -1 at position 0", {"doc": [-1, 3]}),
        (errors.TokenizerError, "or textattr.Words", {"doc": "a text"}),
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
        (errors.OptionError, "choose one of logit, log_odds, probability", {"score": "logits"}),
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
        (errors.TargetError, "rather than", {"targets": [0, 1], "against": 1}),
        (errors.TargetError, "rather than.*model predicts", {"against": 1}),
        (errors.TargetError, r"got \[0, 2\]", {"against": [0, 2]}),
        (errors.TargetError, "unknown label 'sports': The labels are class 0", {"targets": "sports"}),
        (errors.TargetError, "None", {"targets": [None]}),
        (errors.TargetError, r"got 1.0 \(float64\)|np.float64", {"targets": np.array([1.0])}),
        (
            errors.TargetError,
            r"shape \(documents,\), got shape \(None, 3\)",
            {"targets": lambda outputs: outputs},
        ),
        (errors.TargetError, r"got shape \(\)", {"targets": lambda outputs: outputs[0, 0]}),
        (errors.TargetError, "got NoneType", {"targets": lambda outputs: None}),
        (errors.TargetError, "unknown label 'nope'", {"truth": "nope"}),
        (errors.TargetError, "target 9 is out of range", {"truth": 9}),
        (errors.TargetError, "list of names, got 3", {"target_names": 3}),
        (errors.TargetError, "0, 1, 2, .*got the keys", {"target_names": {0: "a", "x": "b"}}),
        (errors.DocumentError, "one input, .*a dict with text", {"doc": {"text": IDS}}),
        (errors.DocumentError, "single number 5", {"doc": 5}),
        (errors.DocumentError, "whole numbers that fit into int32; got 1.5", {"doc": [1.5, 2.0]}),
        (errors.DocumentError, "whole numbers that fit into int32; got nan", {"doc": [np.nan, 2.0]}),
        (errors.DocumentError, "whole numbers that fit into int32; got 1099511627776", {"doc": [2**40, 2]}),
        (errors.OptionError, "tolerance must be positive", {"tolerance": "small"}),
        (errors.LayerError, "layer 99 is out of range.*5 layers", {"embedding_layer": 99}),
        (errors.LayerError, "turned no token ids into vectors.*lookup", {"embedding_layer": -1}),
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


def test_scores_of_more_axes_are_no_classification():
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), layers.Embedding(9, 6), layers.Reshape((4, 2, 3)), layers.Dense(3)]
    )
    with pytest.raises(errors.TargetError, match="neither one score per class nor"):
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


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_no_numbers(bad):
    case = kind("vectors")
    doc = case.inputs[0].copy()
    doc[1, 2] = bad
    with pytest.raises(errors.DocumentError, match=rf"finite numbers.*got {bad} at \(1, 2\)"):
        explain(doc, case.model)
    with pytest.raises(errors.DocumentError, match="finite numbers"):
        Saliency().attribute(case.model, doc[None])


def test_vectors_of_another_size():
    with pytest.raises(errors.DocumentError, match="takes 4 numbers on axis 2, got 3"):
        explain(np.zeros((5, 3)), kind("vectors").model)
    with pytest.raises(errors.DocumentError, match="takes 12 numbers on axis 1, got 5"):
        explain(np.zeros(5), kind("bag_of_words").model)


@pytest.mark.parametrize(
    ("says", "name", "ids"),
    [
        (r"shape \(None, None\), documents first, got \(4,\): .*batch axis", "convolution", IDS),
        ("at least one document", "convolution", np.zeros((0, 4), int)),
        ("id 99 at position 1 is outside", "convolution", [[3, 99, 4]]),
        (
            "as many documents in every input, got inputs of shape .1, 1., .2, 1.",
            "shared_table",
            {"premise": [[3], [4]], "hypothesis": [[3]]},
        ),
        ("takes 2 inputs .*got 1", "shared_table", {"premise": [[3]]}),
        ("takes 2 inputs .*got 3", "shared_table", [[[3]], [[3]], [[3]]]),
    ],
)
def test_attribute_checks_its_inputs(says, name, ids):
    with pytest.raises(textattr.TextAttrError, match=says):
        Saliency().attribute(kind(name).model, ids)


def test_an_unknown_sentence_works_with_a_warning():
    tokenizer = textattr.Words({"good": 2, "bad": 3}, unknown=1, splitting="words")
    explanation = explain("zyx wvu!", tokenizer=tokenizer)
    assert [span.text for span in explanation.targets[0].spans] == ["zyx", "wvu", "!"]
    assert any("none of the words is in the vocabulary" in warning for warning in explanation.warnings)


class Updated(layers.Layer):
    """Writes into its input, by an op of which TensorFlow has no gradient."""

    def call(self, x):
        return keras.ops.slice_update(keras.ops.tanh(x), (0, 1, 0), keras.ops.zeros((1, 1, 4)))

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape)


@pytest.mark.parametrize("method", ["auto", "saliency", "integrated_gradients", "smoothgrad", "gradcam"])
def test_an_op_without_a_gradient_is_named(method):
    ids = keras.Input((5,), dtype="int32")
    read = layers.Flatten()(Updated()(layers.Embedding(20, 4)(ids)))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(read))
    with pytest.raises(
        errors.RuleError, match=r"no gradient for the op \w+, .*take one that only runs the model forward"
    ):
        textattr.explain_prediction(model, [1, 2, 3, 4, 5], method=method)
    assert np.any(textattr.explain_prediction(model, [1, 2, 3, 4, 5], method="occlusion").targets[0].heatmap)
