"""Models that take strings, in several inputs, and cut them by themselves: explained as the same model fed ids."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from kinds import OF_STRINGS, RAGGED, WORDS, keras_of, kind

import textattr
from textattr import errors
from textattr.tokenizers.text_vectorization import FromTextVectorization

OPTIONS = {
    "saliency": {},
    "gradient_x_input": {},
    "lrp": {},
    "gradcam": {"layer": None},
    "smoothgrad": {"samples": 3},
    "integrated_gradients": {"baseline": "zero", "steps": 8},
    "deeplift": {"baseline": "zero"},
    "occlusion": {"replacement": "zero"},
    "shapley_sampling": {"replacement": "zero"},
    "lime": {"samples": 40, "replacement": "zero"},
}
BUILDS = [(name, "keras") for name in OF_STRINGS]
BUILDS += [(name, "tf_keras") for name in ("two_string_inputs", "hashing_inside", *RAGGED)]
NAMES = {"string_and_numbers": {"feature_names": {"numbers": ["age", "pulse"]}}}


def of_texts(explanation):
    """The explanation of each text, by name."""
    if isinstance(explanation, textattr.Explanation):
        return {None: explanation}
    return explanation.texts


def test_all_methods_are_met():
    assert set(OPTIONS) == set(textattr.METHODS)


@pytest.mark.product
@pytest.mark.parametrize("build", BUILDS, ids="-".join)
@pytest.mark.parametrize("method", OPTIONS)
def test_strings_are_explained_as_their_ids_are_and_on_their_own_characters(build, method):
    case, options = kind(*build), OPTIONS[method] | NAMES.get(build[0], {})
    if method == "gradcam" and build[0] in RAGGED:
        with pytest.raises(errors.LayerError, match="no layer of the model has a value per token"):
            textattr.explain_prediction(case.model, case.docs[0], method=method)
        return
    explainer = textattr.Explainer(case.model, method=method, **options)
    twin = textattr.Explainer(case.twin, method=method, **options)
    explanations = list(explainer.explain_many(case.docs))
    for i, explanation in enumerate(explanations):
        doc, expected = case.docs[i], of_texts(twin.explain(case.ids[i]))
        found = of_texts(explanation)
        assert set(found) == set(expected)
        for name, own in found.items():
            [one], [other] = own.targets, expected[name].targets
            np.testing.assert_allclose(one.heatmap, other.heatmap, atol=2e-6)
            assert [token.text for token in own.tokens] == list(case.tokens[i][name])
            given = doc[name] if name else next(v for key, v in doc.items() if key != "numbers")
            assert own.document == (given if isinstance(given, str) else " ".join(given))
            assert [own.document[t.start : t.end] for t in own.tokens] == list(case.tokens[i][name])
        for one, other in zip(explanation.targets, twin.explain(case.ids[i]).targets, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-6)
            assert [f.weight for f in one.features] == pytest.approx(
                [f.weight for f in other.features], abs=2e-6
            )


@pytest.mark.parametrize("build", BUILDS, ids="-".join)
def test_what_is_said_of_strings_is_what_the_model_says(build):
    case = kind(*build)
    said = textattr.Explainer(case.model, method="saliency").predict(case.docs)
    for i, prediction in enumerate(said):
        alone = {
            name: tf.constant([list(v) if isinstance(v, tuple) else v]) for name, v in case.docs[i].items()
        }
        np.testing.assert_allclose(prediction.probabilities, case.model(alone).numpy()[0], atol=1e-6)


def title_and_body(k=keras, *, shape=(), outputs=2):
    """Two texts, each cut by a layer of its own, and the layers."""
    cuts = {
        name: k.layers.TextVectorization(vocabulary=WORDS, name=f"cut_{name}") for name in ("title", "body")
    }
    inputs = {name: k.Input(shape, dtype="string", name=name) for name in cuts}
    pooled = [
        k.layers.GlobalAveragePooling1D()(k.layers.Embedding(9, 3)(cut(inputs[name])))
        for name, cut in cuts.items()
    ]
    model = k.Model(inputs, k.layers.Dense(outputs, activation="softmax")(k.layers.Concatenate()(pooled)))
    return model, cuts


DOC = {"title": "So GOOD!", "body": "a very bad film"}


@pytest.mark.parametrize("given", ["both", "one", "alone", "function"])
def test_a_tokenizer_may_be_given_for_each_input(given):
    model, cuts = title_and_body()
    tokenizer = {
        "both": cuts,
        "one": {"body": cuts["body"]},
        "alone": cuts["title"],
        "function": {"title": lambda text: FromTextVectorization(cuts["title"])(text)},
    }[given]
    found = textattr.explain_prediction(model, DOC, tokenizer=tokenizer, method="gradient_x_input")
    own = textattr.explain_prediction(model, DOC, method="gradient_x_input")
    for name, words in (("title", ["So", "GOOD"]), ("body", ["a", "very", "bad", "film"])):
        assert [token.text for token in found[name].tokens] == words
        np.testing.assert_array_equal(found[name].targets[0].heatmap, own[name].targets[0].heatmap)


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        ({"title": "title", "bdy": "body"}, "tokenizer= names title, bdy, but the inputs are body, title"),
        ({"title": "body"}, "has for the input 'title' the layer 'cut_body', which reads the input 'body'"),
    ],
)
def test_a_tokenizer_for_another_input_is_refused(tokenizer, message):
    model, cuts = title_and_body()
    with pytest.raises(errors.TokenizerError, match=message):
        textattr.explain_prediction(model, DOC, tokenizer={name: cuts[of] for name, of in tokenizer.items()})


@pytest.mark.parametrize(
    ("doc", "message"),
    [
        ("So good", r"takes 2 inputs \(body, title\), got one str: pass a dict"),
        ({"title": "So good"}, "expected the inputs body, title: body is missing"),
        ({"title": "So good", "body": " "}, "at least one word for the input 'body', got ' '"),
        ({"title": "So good", "body": ["a", "film"]}, "expected a text for the input 'body', got list"),
        ({"title": "So good", "body": 3}, "expected a text for the input 'body', got int"),
        ({"title": "So good", "body": "\ud800"}, "half of a character"),
    ],
)
def test_bad_documents_of_several_strings_are_refused(doc, message):
    model, _ = title_and_body()
    with pytest.raises(errors.TextAttrError, match=message):
        textattr.explain_prediction(model, doc, method="saliency")
    explainer = textattr.Explainer(model, method="saliency")
    with pytest.raises(errors.TextAttrError, match=message):
        explainer.predict([DOC, doc])


def test_documents_may_be_tuples_and_encodings():
    model, cuts = title_and_body()
    as_dict = textattr.explain_prediction(model, DOC, method="saliency")
    encoded = {name: FromTextVectorization(cuts[name])(text) for name, text in DOC.items()}
    for doc in (tuple(DOC[name] for name in ("body", "title")), encoded):
        found = textattr.explain_prediction(model, doc, method="saliency")
        for name in DOC:
            np.testing.assert_allclose(
                found[name].targets[0].heatmap, as_dict[name].targets[0].heatmap, atol=1e-7
            )


def test_a_tokenizer_for_numbers_is_refused():
    case = kind("string_and_numbers")
    words = textattr.Words({"so": 1}, unknown=2, splitting="words")
    with pytest.raises(
        errors.TokenizerError, match="for the input 'numbers', which the model does not read as a text"
    ):
        textattr.explain_prediction(case.model, case.docs[0], tokenizer={"numbers": words}, method="saliency")


class Subclassed(keras.Model):
    """Declares no inputs."""

    def __init__(self):
        super().__init__()
        self.cut = {name: layers.TextVectorization(vocabulary=WORDS) for name in ("title", "body")}
        self.table, self.out = layers.Embedding(9, 3), layers.Dense(2, activation="softmax")

    def call(self, inputs):
        pooled = [tf.reduce_mean(self.table(cut(inputs[name])), 1) for name, cut in self.cut.items()]
        return self.out(tf.concat(pooled, -1))


@pytest.mark.parametrize("given", [False, True])
def test_models_that_declare_no_inputs_take_strings(given):
    model = Subclassed()
    model({name: tf.constant([text]) for name, text in DOC.items()})
    tokenizer = {"title": model.cut["title"]} if given else None
    explainer = textattr.Explainer(model, tokenizer=tokenizer, method="gradient_x_input")
    found = explainer.explain(DOC)
    assert [token.text for token in found["title"].tokens] == ["So", "GOOD"]
    assert [token.text for token in found["body"].tokens] == ["a", "very", "bad", "film"]
    said = model({name: tf.constant([text]) for name, text in DOC.items()}).numpy()[0]
    np.testing.assert_allclose(explainer.predict([DOC, DOC])[1].probabilities, said, atol=1e-6)


class Cut(layers.Layer):
    """Strings to the ids of their words, in a way of its own."""

    def __init__(self, way, **options):
        super().__init__(**options)
        self.way = way
        self.table = layers.StringLookup(vocabulary=[*WORDS, "so good"], mask_token="")

    def call(self, texts):
        words = tf.strings.split(tf.strings.lower(tf.reshape(texts, [-1])))
        if self.way == "padded":
            return self.table(words.to_tensor("", shape=[None, 6]))
        if self.way == "cut":
            return self.table(words.to_tensor("", shape=[None, 3]))
        if self.way == "cut at the end":
            return self.table(words.to_tensor("")[:, -2:])
        if self.way == "end":
            return self.table(words.to_tensor(""))[:, -2:]
        if self.way == "reversed":
            return self.table(words.to_tensor(""))[:, ::-1]
        if self.way == "shifted":
            return self.table(words.to_tensor("")) + 1
        if self.way == "cleaned":
            cleaned = tf.strings.regex_replace(tf.strings.lower(texts), "<br />|very ", "")
            return self.table(tf.strings.split(tf.reshape(cleaned, [-1])).to_tensor(""))
        pairs = tf.strings.ngrams(words, 2)
        return self.table(pairs.to_tensor(""))

    def compute_output_shape(self, shape):
        return (shape[0], None)


def cut_in_a_way(way):
    text = keras.Input((), dtype="string")
    vectors = layers.Embedding(12, 3)(Cut(way)(text))
    return keras.Model(text, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(vectors)))


@pytest.mark.parametrize(
    ("way", "text", "document", "tokens", "warning"),
    [
        ("padded", "So good a film", None, ["So", "good", "a", "film"], None),
        ("padded", "a a a a a a a So", None, ["a"] * 6, "reads 6 of 8 tokens"),
        ("cut", "Good, bad a So good", None, ["Good,", "bad", "a"], "reads 3 of 5 tokens"),
        ("end", "a so z a so", None, ["a", "so"], "reads 2 of 5 tokens"),
        ("cut at the end", "a so z a so", None, ["a", "so"], "reads 2 of 5 tokens"),
        ("reversed", "So good a film", "film a good so", ["film", "a", "good", "so"], "could not be placed"),
        ("shifted", "So good", None, ["So", "good"], None),
        ("cleaned", "A VERY bad<br /> Film", None, ["A", "bad", "Film"], None),
        ("pairs", "So good film", "so good | good film", ["so good", "good film"], "could not be placed"),
    ],
)
def test_each_string_that_is_looked_up_stands_at_its_place(way, text, document, tokens, warning):
    model = cut_in_a_way(way)
    found = textattr.explain_prediction(model, text, method="gradient_x_input")
    assert found.document == (text if document is None else document)
    assert [token.text for token in found.tokens] == tokens
    if "end" in way:
        assert [token.start for token in found.tokens] == [7, 9]
    unread = [found.document[start:end].strip() for start, end in found.unread]
    assert unread == {"cut": ["So good"] if "Good," in tokens else [], "end": ["a so z"]}.get(way, unread)
    warnings = [each for each in found.warnings if "padding took" not in each]
    assert [each for each in warnings if warning is None or warning not in each] == []
    assert bool(warnings) == (warning is not None)
    said = model(tf.constant([text])).numpy()[0]
    np.testing.assert_allclose(found.prediction.probabilities, said, atol=1e-6)


def test_what_fills_up_a_text_is_padding():
    found = textattr.explain_prediction(cut_in_a_way("padded"), "So good", method="gradient_x_input")
    assert found.targets[0].shares.keys() == {"padding"}
    total = sum(found.targets[0].heatmap) + found.targets[0].shares["padding"]
    assert total == pytest.approx(found.targets[0].score, abs=1e-5)


def test_words_are_taken_as_they_are():
    case = kind("words_looked_up")
    with pytest.raises(errors.DocumentError, match="expected a list of words .* got str"):
        textattr.explain_prediction(case.model, {"body": "so good"}, method="saliency")
    named = textattr.explain_prediction(
        case.model, {"body": ["so", "good"]}, tokens={"body": ["So", "Good"]}, method="saliency"
    )
    assert [token.text for token in named.tokens] == ["So", "Good"]


def test_an_input_that_is_only_counted_has_no_weights():
    title, body = (keras.Input((), dtype="string", name=name) for name in ("title", "body"))
    counted = layers.TextVectorization(vocabulary=WORDS, output_mode="multi_hot")(body)
    vectors = layers.Embedding(9, 3)(layers.TextVectorization(vocabulary=WORDS)(title))
    both = layers.Concatenate()([layers.GlobalAveragePooling1D()(vectors), counted])
    model = keras.Model([title, body], layers.Dense(2, activation="softmax")(both))
    found = textattr.explain_prediction(model, DOC, method="gradient_x_input")
    assert [token.text for token in found.tokens] == ["So", "GOOD"]
    with pytest.raises(errors.TokenizerError, match="'body', which the model does not read as a text"):
        other = layers.TextVectorization(vocabulary=WORDS)
        textattr.explain_prediction(model, DOC, tokenizer={"body": other}, method="saliency")


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_a_layer_is_called_once_for_a_window_of_texts(family, monkeypatch):
    k = keras_of(family)
    model, _ = title_and_body(k)
    explainer = textattr.Explainer(model, method="saliency")
    docs = [{"title": " ".join(["So good"] * (i % 3 + 1)), "body": f"a film {i}"} for i in range(9)]
    expected = [explainer.predict([doc])[0] for doc in docs]
    called = []
    own = FromTextVectorization.encode_many

    def counted(self, texts, **options):
        called.append(len(texts))
        return own(self, texts, **options)

    monkeypatch.setattr(FromTextVectorization, "encode_many", counted)
    monkeypatch.setattr(FromTextVectorization, "__call__", None)
    for one, other in zip(explainer.predict(docs), expected, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)
    list(explainer.explain_many(docs))
    assert called == [9] * 4


def test_the_document_that_cannot_be_encoded_is_the_one_that_the_error_names():
    model, _ = title_and_body()
    explainer = textattr.Explainer(model, method="saliency")
    with pytest.raises(errors.DocumentError, match="half of a character"):
        explainer.predict([DOC, {"title": "so", "body": "\ud800"}, DOC])
    assert len(explainer.predict([DOC, DOC])) == 2
