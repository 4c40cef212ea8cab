"""Models of several texts, several outputs, numbers beside the text; functions as targets."""

from __future__ import annotations

import json
import pickle
from contextlib import nullcontext

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from kinds import kind

import textattr
from textattr import errors
from textattr.methods import VectorMethod

LETTERS = list("abcdef")
SHORT = {"premise": [3], "hypothesis": [3]}
NLI_TOKENS = {"premise": LETTERS, "hypothesis": ["w1", "w2", "w3", "w4"]}


def nli():
    case = kind("shared_table")
    return case.model, {"premise": case.inputs[0][0], "hypothesis": case.inputs[1][0]}


@pytest.fixture(scope="module")
def two_heads():
    ids = keras.Input((None,), dtype="int32")
    x = layers.GlobalMaxPooling1D()(layers.Embedding(30, 4)(ids))
    topic = layers.Dense(3, activation="softmax", name="topic")(x)
    tone = layers.Dense(1, activation="sigmoid", name="tone")(x)
    return keras.Model(ids, {"topic": topic, "tone": tone})


def test_each_text_has_its_own_explanation_on_one_scale():
    model, doc = nli()
    explanation = textattr.explain_prediction(model, doc, tokens=NLI_TOKENS)
    assert list(explanation.texts) == ["premise", "hypothesis"]
    assert explanation["premise"].document == "abcdef"
    assert explanation["hypothesis"].document == "w1 w2 w3 w4"
    [target] = explanation.targets
    parts = [explanation[name].targets[0] for name in explanation.texts]
    gained = target.score - target.diagnostics["baseline_score"]
    assert sum(p.heatmap.sum() for p in parts) == pytest.approx(gained, abs=1e-5)
    assert all(p.score == target.score for p in parts)
    arrays = textattr.methods.DeepLIFT().attribute(model, {k: v[None] for k, v in doc.items()})
    for name, array in arrays.items():
        np.testing.assert_allclose(explanation[name].targets[0].heatmap, array[0].sum(-1), atol=1e-6)


def test_a_tuple_goes_by_the_order_of_the_inputs():
    model, doc = nli()
    by_name = textattr.explain_prediction(model, doc, tokens=NLI_TOKENS)
    assert textattr.explain_prediction(model, tuple(doc.values()), tokens=NLI_TOKENS) == by_name
    assert (
        textattr.explain_prediction(model, {k: v[None] for k, v in doc.items()}, tokens=NLI_TOKENS) == by_name
    )


def test_texts_are_encoded_one_by_one():
    model, _ = nli()
    tokenizer = textattr.Words({"so": 2, "good": 3, "film": 4}, unknown=1, splitting="words")
    texts = {"premise": "So good!", "hypothesis": "A film, so good"}
    explanation = textattr.explain_prediction(model, texts, tokenizer=tokenizer)
    for name, text in texts.items():
        assert explanation[name].document == text
        for span in explanation[name].targets[0].spans:
            assert text[span.start : span.end] == span.text
    apart = textattr.explain_prediction(model, texts, tokenizer=dict.fromkeys(texts, tokenizer))
    assert apart == explanation


def test_each_text_has_its_own_padding():
    inputs = [keras.Input((None,), dtype="int32", name=name) for name in ("premise", "hypothesis")]
    table, average = layers.Embedding(30, 4, mask_zero=True), layers.GlobalAveragePooling1D()
    pooled = layers.Concatenate()([average(table(x)) for x in inputs])
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(pooled))
    doc = {"premise": [3, 4, 0, 0], "hypothesis": [5, 6, 7, 0, 0]}
    explanation = textattr.explain_prediction(
        model, doc, tokens={n: list(map(str, d)) for n, d in doc.items()}
    )
    assert explanation["premise"].document == "34"
    assert explanation["hypothesis"].document == "567"
    alone = textattr.explain_prediction(model, {"premise": [3, 4], "hypothesis": [5, 6, 7]})
    for name in doc:
        weights, expected = (e[name].targets[0].heatmap for e in (explanation, alone))
        np.testing.assert_allclose(weights, expected, atol=2e-6 * np.abs(expected).max())


def test_what_belongs_to_one_text_says_so():
    model, doc = nli()
    explanation = textattr.explain_prediction(model, doc)
    for wrong in (
        lambda e: e.document,
        lambda e: e.tokens,
        lambda e: e.heatmap,
        lambda e: e.spans,
        lambda e: e.targets[0].heatmap,
        lambda e: e.targets[0].spans,
    ):
        with pytest.raises(errors.SeveralTextsError, match=r"explanation\[name\]"):
            wrong(explanation)
    with pytest.raises(errors.SeveralTextsError, match="premise, hypothesis"):
        explanation["conclusion"]


def test_several_texts_there_and_back():
    model, doc = nli()
    explanation = textattr.explain_prediction(model, doc, tokens=NLI_TOKENS, targets="all")
    data = json.loads(json.dumps(textattr.format_as_dict(explanation), allow_nan=False))
    assert textattr.Explanation.from_dict(data) == explanation
    assert {"premise", "hypothesis"} <= set(textattr.format_as_dataframe(explanation)["input"])
    assert "hypothesis" in explanation._repr_mimebundle_()["text/html"]


def test_a_pair_packed_into_one_input():
    model = kind("convolution").model
    texts = {"premise": "so good", "hypothesis": "so bad"}
    packed = textattr.Encoding(
        text="so good\nso bad",
        ids=[1, 3, 4, 2, 3, 5, 2],
        tokens=["[CLS]", "so", "good", "[SEP]", "so", "bad", "[SEP]"],
        offsets=[(0, 0), (0, 2), (3, 7), (0, 0), (0, 2), (3, 6), (0, 0)],
        special=[True, False, False, True, False, False, True],
        texts=texts,
        text_of=[None, "premise", "premise", None, "hypothesis", "hypothesis", None],
    )
    explanation = textattr.explain_prediction(model, packed)
    flat = textattr.explain_prediction(model, list(packed.ids)).targets[0].heatmap
    for name, positions in {"premise": [1, 2], "hypothesis": [4, 5]}.items():
        [target] = explanation[name].targets
        assert explanation[name].document == texts[name]
        assert " ".join(span.text for span in target.spans) == texts[name]
        np.testing.assert_allclose(target.heatmap, flat[positions], atol=1e-6)
    assert explanation.targets[0].shares["special"] == pytest.approx(flat[[0, 3, 6]].sum(), abs=1e-5)


@pytest.mark.parametrize(
    "method", [name for name, method in textattr.METHODS.items() if issubclass(method, VectorMethod)]
)
def test_numbers_beside_the_text_keep_their_values_and_have_a_share(method):
    case = kind("dict_with_numbers")
    doc = case.rows(0)
    explanation = textattr.explain_prediction(case.model, doc, tokens=LETTERS, method=method)
    output = case.model.predict(case.rows(slice(0, 1)), verbose=0)[0]
    np.testing.assert_allclose(explanation.prediction.probabilities, output, atol=1e-6)
    assert explanation.document == "abcdef"
    assert explanation.targets[0].shares["other inputs"] != 0


def test_the_share_of_numbers_is_gradient_times_value():
    case = kind("dict_with_numbers")
    kernel = case.model.layers[-1].kernel.numpy()  # the numbers go straight into it
    numbers = case.inputs["numbers"][0]
    for method in ("gradient_x_input", "integrated_gradients"):
        [target] = textattr.explain_prediction(case.model, case.rows(0), method=method, targets=1).targets
        expected = float(numbers @ kernel[-2:, 1])
        assert target.shares["other inputs"] == pytest.approx(expected, abs=1e-5)


def test_segments_are_no_text():
    case = kind("segments")
    explanation = textattr.explain_prediction(case.model, case.rows(0), tokens=LETTERS)
    assert explanation.document == "abcdef"
    assert (
        "other inputs" not in explanation.targets[0].shares
    )  # what says of each token which segment it is in
    conserved = textattr.explain_prediction(case.model, case.rows(0), tokens=LETTERS, method="lrp").targets[0]
    assert conserved.shares["other inputs"] != 0  # without it the shares would not sum to the score


def test_features_are_a_table():
    case = kind("bag_of_words")
    names = [f"word{i}" for i in range(12)]
    explanation = textattr.explain_prediction(case.model, case.inputs[0], tokens=names)
    assert explanation.layout == "features"
    assert [span.text for span in explanation.targets[0].spans] == names
    assert len(explanation.targets[0].heatmap) == 12
    assert (explanation.targets[0].heatmap[case.inputs[0] == 0] == 0).all()


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_sentences_of_words(family):
    case = kind("hierarchical", family)
    tokens = [[f"{s}{w}" for w in "abcde"] for s in "xyz"]
    explanation = textattr.explain_prediction(case.model, case.inputs[0], tokens=tokens)
    assert explanation.document.split() == [token for sentence in tokens for token in sentence]
    array = textattr.methods.DeepLIFT().attribute(case.model, case.inputs[:1])
    assert array.shape == (1, 3, 5, 4)
    np.testing.assert_allclose(explanation.targets[0].heatmap, array.sum(-1).reshape(-1), atol=1e-6)


def test_a_model_that_takes_strings():
    model = kind("strings").model
    text = "So good, so far!"
    explanation = textattr.explain_prediction(model, text)
    assert explanation.document == text
    assert [span.text for span in explanation.targets[0].spans] == ["So", "good", "so", "far"]
    both = list(textattr.Explainer(model).explain_many([text, "bad"]))
    assert both[0] == explanation
    assert both[1].document == "bad"


def test_outputs_by_name(two_heads):
    names = {"topic": ["a", "b", "c"], "tone": ["cold", "warm"]}
    explanation = textattr.explain_prediction(
        two_heads, [3, 4, 5], targets={"topic": "all", "tone": "warm"}, target_names=names
    )
    assert [(t.output, t.label) for t in explanation.targets] == [
        ("topic", "a"),
        ("topic", "b"),
        ("topic", "c"),
        ("tone", "warm"),
    ]
    output = two_heads.predict(np.array([[3, 4, 5]]), verbose=0)
    assert explanation.prediction.output == "topic"
    np.testing.assert_allclose(explanation.prediction.probabilities, output["topic"][0], atol=1e-6)
    [tone] = explanation.other_predictions
    assert tone.probabilities[1] == pytest.approx(output["tone"][0, 0], abs=1e-6)
    assert textattr.Explanation.from_dict(textattr.format_as_dict(explanation)) == explanation


def test_every_output_is_explained_by_default(two_heads):
    assert [t.output for t in textattr.explain_prediction(two_heads, [3, 4]).targets] == ["topic", "tone"]
    only = textattr.explain_prediction(two_heads, [3, 4], targets={"tone": None})
    assert [t.output for t in only.targets] == ["tone"]


def test_a_function_as_target(two_heads):
    def warm_topic(outputs):
        return outputs["topic"][:, 0] * outputs["tone"][:, 0]

    explanation = textattr.explain_prediction(two_heads, [3, 4, 5], targets=warm_topic, tolerance=1e-3)
    [target] = explanation.targets
    output = two_heads.predict(np.array([[3, 4, 5]]), verbose=0)
    assert target.label == "warm_topic"
    assert target.target is None
    assert target.score == pytest.approx(float(output["topic"][0, 0] * output["tone"][0, 0]), abs=1e-6)
    gained = target.score - target.diagnostics["baseline_score"]
    assert target.heatmap.sum() == pytest.approx(gained, abs=1e-3 * abs(gained) + 1e-6)


def test_several_linear_outputs_of_a_regression():
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, 2),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2),
        ]
    )
    model.compile(loss="mse")
    explanation = textattr.explain_prediction(model, [3, 4])
    assert [t.label for t in explanation.targets] == ["output 0", "output 1"]
    np.testing.assert_allclose(
        [t.score for t in explanation.targets], model.predict(np.array([[3, 4]]), verbose=0)[0]
    )


def test_after_a_normalisation_gradient_x_input_warns():
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(30, 4, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0, seed=0))(
        ids
    )
    post = layers.LayerNormalization()(x)
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(post)))
    found = textattr.explain_prediction(model, [3, 4, 5], method="gradient_x_input")
    assert abs(found.targets[0].heatmap).max() < 1e-2
    [warning] = found.warnings
    assert "sums to zero there by construction" in warning
    assert "use method='lrp'" in warning
    assert textattr.explain_prediction(model, [3, 4, 5]).warnings == ()
    pre = x + layers.Dense(4)(layers.LayerNormalization()(x))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(pre)))
    assert textattr.explain_prediction(model, [3, 4, 5], method="gradient_x_input").warnings == ()


def test_many_documents_with_a_wish_each():
    docs = [[3, 4, 5], [6, 7, 8], [9, 10, 11, 12]]
    explainer = textattr.Explainer(
        kind("convolution").model, method="gradient_x_input", target_names=["a", "b", "c"]
    )
    found = list(explainer.explain_many(docs, targets=["a", ["b", "c"], None], truth=["a", "b", "c"]))
    assert [[t.label for t in e.targets] for e in found[:2]] == [["a"], ["b", "c"]]
    assert found[2].targets[0].label == found[2].prediction.label
    assert [e.truth for e in found] == ["a", "b", "c"]
    contrasts = list(
        explainer.explain_many(docs, targets="a", against="b", tokens=[["x"] * len(d) for d in docs])
    )
    assert {e.targets[0].against for e in contrasts} == {1}
    assert contrasts[0].document.replace(" ", "") == "xxx"
    for doc, many in zip(docs, contrasts, strict=True):
        alone = explainer.explain(doc, targets="a", against="b")
        np.testing.assert_allclose(many.targets[0].heatmap, alone.targets[0].heatmap, atol=1e-6)


def test_settings_can_be_pickled():
    explainer = textattr.Explainer(kind("convolution").model, method="saliency", target_names=["a", "b", "c"])
    again = pickle.loads(pickle.dumps(explainer))
    assert again.explain([3, 4, 5]) == explainer.explain([3, 4, 5])


@pytest.mark.parametrize(
    ("error", "says", "settings"),
    [
        (
            errors.TargetError,
            "unknown output 'topics': the outputs are 'topic', 'tone'",
            {"targets": {"topics": 1}},
        ),
        (errors.TargetError, r"write targets=\{'topic': 1\}", {"targets": 1}),
        (errors.TargetError, "as a dict", {"target_names": ["a", "b", "c"]}),
        (errors.TargetError, "range", {"targets": {"tone": 2}}),
        (errors.TargetError, "rather than", {"targets": {"tone": 1}, "against": {"tone": 1}}),
        (
            errors.TargetError,
            "against=.*'tone'.*asks nothing",
            {"targets": {"topic": 1}, "against": {"tone": 0}},
        ),
        (errors.TargetError, "unknown output 'tones'", {"against": {"tones": 0}}),
        (errors.TargetError, "unknown output 'tones'", {"truth": {"tones": 0}}),
        (errors.TargetError, r"write truth=\{'topic': 1\}", {"truth": 1}),
        (errors.TargetError, "targets= names no output: the outputs are 'topic', 'tone'", {"targets": {}}),
    ],
)
def test_wrong_outputs(two_heads, error, says, settings):
    with pytest.raises(error, match=says):
        textattr.explain_prediction(two_heads, [3, 4], **settings)


@pytest.mark.parametrize(
    ("error", "says", "doc", "settings"),
    [
        (errors.DocumentError, "hypothesis is missing", {"premise": [3, 4]}, {}),
        (errors.DocumentError, "other is none", {"premise": [3], "hypothesis": [3], "other": [3]}, {}),
        (errors.DocumentError, "takes 2 inputs .premise, hypothesis., got 3", ([3], [3], [3]), {}),
        (errors.DocumentError, "batch of 2", {"premise": [[3], [4]], "hypothesis": [[3], [4]]}, {}),
        (
            errors.TokensError,
            "names question",
            {"premise": [3], "hypothesis": [3]},
            {"tokens": {"question": ["a"]}},
        ),
        (
            errors.TokensError,
            "2 tokens and 1 ids",
            {"premise": [3], "hypothesis": [3]},
            {"tokens": {"premise": ["a", "b"]}},
        ),
        (
            errors.TokensError,
            "no input of that length",
            {"premise": [3], "hypothesis": [3]},
            {"tokens": ["a", "b"]},
        ),
        (errors.TokenizerError, "tokenizer=", {"premise": "so", "hypothesis": "good"}, {}),
        (
            errors.TokenizerError,
            "tokenizer= names premise, question, but the inputs are premise, hypothesis",
            {"premise": "so", "hypothesis": "good"},
            {
                "tokenizer": {
                    name: textattr.Words({"a": 1}, unknown=2, splitting="words")
                    for name in ("premise", "question")
                }
            },
        ),
        (errors.DocumentError, "premise, hypothesis is missing", {}, {}),
        (errors.DocumentError, r"got one list: pass a dict \{'premise': ...,.* or a tuple", [[3], [4]], {}),
        (
            errors.DocumentError,
            "at least one token for the input 'premise'",
            {"premise": [], "hypothesis": [3]},
            {},
        ),
        (errors.DocumentError, "'premise', got NoneType", {"premise": None, "hypothesis": [3]}, {}),
        (
            errors.DocumentError,
            "different length.*'premise'",
            {"premise": [[1], [2, 3]], "hypothesis": [3]},
            {},
        ),
        (errors.IdOutsideTableError, "id 99 at position 0", {"premise": [3], "hypothesis": [99]}, {}),
    ],
)
def test_wrong_texts(error, says, doc, settings):
    with pytest.raises(error, match=says):
        textattr.explain_prediction(kind("shared_table").model, doc, **settings)


def test_other_wrong_wishes():
    model = kind("convolution").model
    with pytest.raises(errors.TargetError, match="only one"):
        textattr.explain_prediction(model, [3, 4, 5], targets={"topic": 1})
    with pytest.raises(errors.TargetError, match="let the function subtract"):
        textattr.explain_prediction(model, [3, 4, 5], targets=lambda o: o[:, 0], against=1)
    with pytest.raises(errors.DocumentError, match="too short"):
        textattr.explain_prediction(model, [3])


DOCS = [[3, 4, 5], [6, 7, 8]]


@pytest.mark.parametrize(
    ("error", "says", "docs", "wishes"),
    [
        (errors.OptionError, "tokens= .*1 for 2 documents", DOCS, {"tokens": [list("abc")]}),
        (errors.OptionError, "targets= .*3 for 2 documents", DOCS, {"targets": [0, 1, 2]}),
        (errors.OptionError, "against= .*1 for 2 documents", DOCS, {"against": [0]}),
        (errors.OptionError, "truth= .*1 for 2 documents", DOCS, {"truth": [0]}),
        (errors.OptionError, "targets= .*1 for 2 documents or more", iter(DOCS), {"targets": [0]}),
        (errors.OptionError, "targets= .*3 for 2 documents", iter(DOCS), {"targets": [0, 1, 2]}),
        (
            errors.OptionError,
            "tokens= as a list with one entry per document, got 'abc'",
            DOCS,
            {"tokens": "abc"},
        ),
        (errors.OptionError, "tokens= as a list with one entry per document, got 3", DOCS, {"tokens": 3}),
        (errors.TokensError, "2 tokens and 3 ids", DOCS, {"tokens": [list("abc"), list("de")]}),
        (errors.TargetError, "target 9 is out of range", DOCS, {"targets": [0, 9]}),
        (errors.DocumentError, "single number 3", DOCS[0], {}),
        (errors.DocumentError, r"one string: pass \[document\]", "a text", {}),
        (errors.DocumentError, "one dict", {"text": DOCS[0]}, {}),
        (errors.DocumentError, "one NoneType", None, {}),
    ],
)
def test_wrong_wishes_for_many(error, says, docs, wishes):
    explainer = textattr.Explainer(kind("convolution").model, method="gradient_x_input")
    with pytest.raises(error, match=says):
        list(explainer.explain_many(docs, **wishes))


def test_predict_is_as_strict():
    explainer = textattr.Explainer(kind("convolution").model)
    with pytest.raises(errors.OptionError, match="1 for 2 documents"):
        explainer.predict(DOCS, tokens=[list("abc")])
    with pytest.raises(errors.IdOutsideTableError, match="id 99 at position 0"):
        explainer.predict([[99, 1, 2]])
    with pytest.raises(errors.DocumentError, match="one string"):
        explainer.predict("a text")


@pytest.mark.parametrize("name", ["explain", "predict", "another model", "init_scope", "attribute"])
def test_a_target_function_that_asks_textattr_is_told_so(name):
    model = kind("convolution").model
    explainer = textattr.Explainer(model, method="gradient_x_input")
    before = explainer.explain(DOCS[0]).targets[0].heatmap

    def score():
        if name == "predict":
            return explainer.predict(DOCS)[0].scores[0]
        if name == "attribute":
            return textattr.methods.Saliency().attribute(model, DOCS).sum()
        if name == "another model":
            return textattr.explain_prediction(kind("two_tables").model, DOCS[0]).targets[0].score
        return explainer.explain(DOCS[0]).targets[0].score

    def asks(outputs):
        with tf.init_scope() if name == "init_scope" else nullcontext():
            asked = score()
        return outputs[:, 0] * asked

    with pytest.raises(textattr.TextAttrError, match="inside a function that is being traced, .*targets="):
        explainer.explain(DOCS[0], targets=asks)
    np.testing.assert_array_equal(explainer.explain(DOCS[0]).targets[0].heatmap, before)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_target_function_gives_numbers(value):
    with pytest.raises(errors.ModelOutputError, match="finite numbers, but .*the function in targets= gives"):
        textattr.explain_prediction(
            kind("convolution").model,
            DOCS[0],
            targets=lambda outputs: outputs[:, 0] * value,
            method="gradient_x_input",
        )
