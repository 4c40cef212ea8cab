"""`method="auto"`: the method that suits the model, and the explanation says why."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import keras_of, kind, lookup, tokens

import textattr
from textattr.errors import OptionError
from textattr.lrp import added_rule
from textattr.methods import DeepLIFT, ShapleySampling
from textattr.methods.auto import hint
from textattr.renderers.text import format_as_text
from textattr.split.program import Program

TEXT = [3, 7, 12, 9, 4, 21, 8]


@pytest.fixture(autouse=True)
def no_other_rules(monkeypatch):
    monkeypatch.setattr("textattr.graph.registry._rules", [])


@keras.saving.register_keras_serializable("auto")
class Odd(keras.layers.Layer):
    """An op that no rule knows, and that has a gradient."""

    def call(self, x):
        return tf.linalg.band_part(x, -1, -1)


class Loop(keras.layers.Layer):
    """Runs a loop over the vectors, into which no walk over ops can look."""

    def call(self, x):
        return tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, tf.tanh(y)), (0, x))[1]


def with_layer(layer, *, attention=False):
    k = keras_of("keras")
    k.utils.set_random_seed(1)
    x = tokens(k)
    e = layer(lookup(k)(x))
    if attention:
        e = k.layers.MultiHeadAttention(2, 2)(e, e)
    return k.Model(x, k.layers.Dense(3, activation="softmax")(k.layers.GlobalAveragePooling1D()(e)))


@pytest.mark.parametrize(
    "name",
    ["convolution", "bilstm_masked", "self_attention_masked", "subclassed", "regression", "two_tables"],
)
def test_deeplift_is_taken_where_every_op_has_a_rule(name):
    case = kind(name)
    document = case.rows(0)
    found = textattr.explain_prediction(case.model, document)
    named = textattr.explain_prediction(case.model, document, method="deeplift")
    assert found.method == named.method == "deeplift"
    assert found.method_reason.startswith("every op of the model has a rule")
    assert named.method_reason == ""
    assert np.array_equal(found.targets[0].heatmap, named.targets[0].heatmap)
    assert found.options == named.options
    assert found.targets[0].shares == named.targets[0].shares


def test_integrated_gradients_are_taken_where_an_op_has_none():
    found = textattr.explain_prediction(with_layer(Odd(name="odd")), TEXT)
    assert found.method == "integrated_gradients"
    assert "DeepLIFT has no rule for the op MatrixBandPart" in found.method_reason
    assert "odd" in found.method_reason
    assert "explain with another" not in found.method_reason
    assert "\n" not in found.method_reason


def test_attnlrp_is_taken_where_it_alone_has_rules_for_a_model_with_attention():
    attending, plain = with_layer(Odd(name="odd"), attention=True), with_layer(Odd(name="odd"))
    assert textattr.explain_prediction(attending, TEXT).method == "integrated_gradients"
    with added_rule("MatrixBandPart", lambda _, relevance: [relevance, None, None], method=("lrp",)):
        found = textattr.explain_prediction(attending, TEXT)
        assert found.method == "lrp"
        assert "DeepLIFT has no rule for the op MatrixBandPart" in found.method_reason
        assert found.targets[0].diagnostics["rules"] == "attnlrp"
        assert textattr.explain_prediction(plain, TEXT).method == "integrated_gradients"


def test_what_a_loop_or_a_function_of_its_own_hides_is_left_to_integrated_gradients():
    found = textattr.explain_prediction(with_layer(Loop()), TEXT)
    assert found.method == "integrated_gradients"
    assert "DeepLIFT cannot walk back through a loop or a condition" in found.method_reason


def test_each_target_of_a_document_is_explained_by_the_same_method():
    explainer = textattr.Explainer(kind("convolution").model)
    found = explainer.explain(TEXT, targets="all")
    assert [round(t.diagnostics["completeness_error"], 4) for t in found.targets] == [0, 0, 0]
    assert explainer.explain(TEXT, targets=lambda outputs: outputs[:, 0]).method == "deeplift"


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({"baseline": "zero"}, "deeplift"),
        ({"groups": "words"}, "deeplift"),
        ({"steps": 4}, "integrated_gradients"),
        ({"tolerance": 0.1, "baseline": "zero"}, "integrated_gradients"),
    ],
)
def test_options_are_those_of_the_method_that_has_them(options, method):
    found = textattr.explain_prediction(kind("convolution").model, TEXT, **options)
    assert found.method == method
    assert {name: found.options[name] for name in options} == options
    assert ("alone has" in found.method_reason) == (method == "integrated_gradients")


def test_an_option_of_another_method_is_refused_with_the_name_of_that():
    with pytest.raises(OptionError, match="add method='lrp'"):
        textattr.Explainer(kind("convolution").model, rules="epsilon")


def test_models_that_can_only_be_asked_get_shapley_values():
    def length(texts):
        return np.array([[1.0, text.count("good")] for text in texts])

    found = textattr.explain_prediction(length, "a good and good film")
    assert found.method == "shapley_sampling"
    assert found.method_reason == "the model can only be asked, not looked into"
    assert found.targets[0].heatmap.tolist() == pytest.approx([0, 1, 0, 1, 0])


def test_nothing_is_traced_twice(monkeypatch):
    traced = []
    trace = Program.trace.__func__
    monkeypatch.setattr(
        Program,
        "trace",
        classmethod(lambda cls, *given, **options: traced.append(1) or trace(cls, *given, **options)),
    )
    k = keras_of("keras")

    def programs(**settings):
        traced.clear()
        model = k.Sequential([tokens(k), lookup(k), k.layers.GlobalAveragePooling1D(), k.layers.Dense(2)])
        explainer = textattr.Explainer(model, **settings)
        for document in (TEXT, TEXT[:4]):
            explainer.explain(document)
        return len(traced)

    assert programs(method="deeplift") == programs()
    traced.clear()
    model = with_layer(Odd(name="odd"))
    textattr.explain_prediction(model, TEXT)
    first = len(traced)
    textattr.explain_prediction(model, TEXT[:5])
    assert len(traced) == first


def test_the_reason_is_shown_and_kept():
    found = textattr.explain_prediction(kind("convolution").model, TEXT)
    assert f"chosen because: {found.method_reason}" in " ".join(format_as_text(found).split())
    assert "every op of the model has a rule" in textattr.format_as_html(found)
    again = textattr.Explanation.from_dict(textattr.format_as_dict(found))
    assert again.method_reason == found.method_reason


def test_shapley_values_are_hinted_at_where_they_are_worth_it():
    assert "shapley_sampling" in hint(DeepLIFT(), ["a", "good", "film"])
    assert "characters" in hint(DeepLIFT(), list("a good film"))
    assert hint(DeepLIFT(), "this film is not that good after all".split()) == ""
    assert hint(ShapleySampling(), ["a", "good", "film"]) == ""


def test_unknown_words_that_are_the_baseline_are_told():
    demo = textattr.demo.load("sentiment")
    settings = {"tokenizer": demo.tokenizer, "target_names": demo.labels}
    text = "A wonderful zxqv film, and not a dull moment."
    found = textattr.explain_prediction(demo.model, text, **settings)
    assert any("an unknown word has a weight of exactly 0" in warning for warning in found.warnings)
    other = textattr.explain_prediction(demo.model, text, baseline="zero", **settings)
    assert not any("exactly 0" in warning for warning in other.warnings)
