"""Whatever is passed as a document or a wish: one of textattr's own errors, or a finite weight for each token."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import textattr
from textattr import errors

VOCABULARY = ["so", "good", "film", "a", "bad"]


class Pipeline:
    """As scikit-learn's: a vector of word counts, and a probability."""

    classes_ = np.array(["bad", "good"])

    def predict_proba(self, texts):
        good = np.array([(text.count("good") + 1) / (len(text.split()) + 3) for text in texts])
        return np.stack([1 - good, good], axis=1)


def ask(texts):
    """The length of each text and how often it says "good"."""
    return np.array([[len(text), text.count("good")] for text in texts], float)


@cache
def model(name):
    keras.utils.set_random_seed(5)
    if name == "function":
        return ask
    if name == "pipeline":
        return Pipeline()
    if name in ("strings", "counts"):
        given = keras.Input((1,), dtype="string")
        mode = "int" if name == "strings" else "multi_hot"
        ids = layers.TextVectorization(vocabulary=VOCABULARY, output_mode=mode)(given)
    else:
        given = ids = keras.Input((None,), dtype="int32")
    if name == "counts":
        return keras.Model(given, layers.Dense(3, activation="softmax")(ids))
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(9, 3)(ids))
    return keras.Model(given, layers.Dense(3, activation="softmax")(pooled))


MODELS = ["ids", "strings", "counts", "function", "pipeline"]
TOKENIZER = textattr.Words({"so": 2, "good": 3, "film": 4}, unknown=1, splitting="words")


@cache
def explainer(name):
    method = "occlusion" if name in ("counts", "function", "pipeline") else "gradient_x_input"
    tokenizer = TOKENIZER if name == "ids" else None
    return textattr.Explainer(model(name), method=method, tokenizer=tokenizer)


def require_sound(ask):
    """The outcome is one of our errors, or every token has a finite weight."""
    try:
        explanation = ask()
    except textattr.TextAttrError:
        return
    for target in explanation.targets:
        assert target.heatmap.shape == (len(explanation.tokens),)
        assert np.isfinite(target.heatmap).all()
        assert np.isfinite(target.score)


class Odd:
    """An object that looks like an array of some kind, and is none."""

    def __len__(self):
        return 3


words = st.sampled_from(["so", "good", "film", "\x00", "\ud83d", "a\udc00 b", "", " ", "é", "👍", "\u202e"])
numbers = (
    st.integers(-3, 12)
    | st.sampled_from([2**31, 2**63, 2**70, -(2**70), 0.5, 1.0, np.nan, np.inf, 1j, True, np.int8(3)])
    | st.sampled_from([np.float32(2), np.datetime64("2020-01-01"), np.bool_(True), np.uint64(2**64 - 1)])
)
leaves = (
    numbers
    | words
    | st.lists(words, max_size=5).map(" ".join)
    | st.sampled_from([None, b"so good", bytearray(b"so"), ..., Odd(), object(), int, range(4), len])
)
arrays = st.sampled_from(
    [
        np.array(3),
        np.array("so good"),
        np.array(["so", "good"]),
        np.array(["so good"], object),
        np.array([1, None], object),
        np.array([[1, 2], [3]], object),
        np.array([b"so"]),
        np.array([3, 4], "datetime64[D]"),
        np.array([(1, 2.0)], [("a", int), ("b", float)]),
        np.zeros((0,), int),
        np.zeros((1, 0), int),
        np.zeros((1, 1, 1, 1), int),
        np.full((1, 3), 2),
        np.full((2, 3), 2),
        np.full((3,), 2.0),
        np.full((3,), 2.5),
        np.full((3,), 2, np.uint64),
        np.full((3,), 2, np.float16),
        np.full((3,), 2, complex),
        np.ma.masked_array([2, 3, 4], [False, True, False]),
    ]
)
values = st.recursive(
    leaves | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(words | st.integers(0, 2) | st.none(), inner, max_size=2)
        | st.sets(st.integers(0, 5), max_size=3)
        | st.lists(inner, max_size=3).map(iter)
        | st.lists(inner, max_size=3).map(lambda items: (item for item in items))
    ),
    max_leaves=8,
)
good_docs = {
    "ids": [3, 4, 5],
    "strings": "so good",
    "counts": "so good",
    "function": "so good",
    "pipeline": "so good",
}


@given(name=st.sampled_from(MODELS), doc=values)
@fuzz
def test_any_document(name, doc):
    require_sound(lambda: explainer(name).explain(doc))


@given(doc=values, tokens=values)
@fuzz
def test_any_document_with_any_tokens(doc, tokens):
    require_sound(lambda: explainer("ids").explain(doc, tokens=tokens))


@given(name=st.sampled_from(MODELS), targets=values, against=st.none() | values, truth=st.none() | values)
@fuzz
def test_any_wish(name, targets, against, truth):
    require_sound(
        lambda: explainer(name).explain(good_docs[name], targets=targets, against=against, truth=truth)
    )


SETTINGS = (
    "tokenizer target_names task score pad_value padding embedding_layer batch_size method progress".split()
)


@given(name=st.sampled_from(MODELS), setting=st.sampled_from(SETTINGS), value=values)
@fuzz
def test_any_setting(name, setting, value):
    method = {} if setting == "method" else {"method": explainer(name).method}
    require_sound(
        lambda: textattr.explain_prediction(model(name), good_docs[name], **{**method, setting: value})
    )


@given(
    name=st.sampled_from(MODELS),
    docs=values,
    wish=st.sampled_from(["tokens", "targets", "against", "truth"]),
    given=st.none() | values,
)
@fuzz
def test_any_documents(name, docs, wish, given):
    try:
        explanations = list(explainer(name).explain_many(docs, **{wish: given}))
    except textattr.TextAttrError:
        return
    for explanation in explanations:
        require_sound(lambda explanation=explanation: explanation)


@pytest.mark.parametrize("name", ["strings", "counts"])
@pytest.mark.parametrize("text", ["so \ud83d good", "\udc00"])
def test_half_a_character_is_told_before_tensorflow_sees_it(name, text):
    with pytest.raises(errors.DocumentError, match="valid Unicode, but at position .*half of a character"):
        explainer(name).explain(text)
    with pytest.raises(errors.DocumentError, match="half of a character"):
        textattr.explain_prediction(model(name), text, tokenizer=one_token)


@pytest.mark.parametrize("name", ["strings", "counts"])
@pytest.mark.parametrize("text", ["so\x00good", "so good \x00", "\x00 so"])
def test_a_nul_stays_in_the_text(name, text):
    explanation = explainer(name).explain(text)
    assert explanation.document == text
    said = model(name)(tf.constant([[text]])).numpy()[0]
    np.testing.assert_allclose(explanation.prediction.probabilities, said, atol=1e-6)


def one_token(text):
    return textattr.Encoding(text, [1], ["it"], [(0, len(text))])
