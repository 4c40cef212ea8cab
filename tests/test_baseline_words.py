"""Baselines and replacements given as words: the text's own tokenizer says which ids stand at which position."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
from keras import layers

import textattr
from textattr import errors
from textattr.methods import LIME, DeepLIFT, IntegratedGradients, Occlusion, ShapleySampling

WORDS = ["[PAD]", "[UNK]", "[MASK]", *"the mean film is dull and long".split()]
TEXT = "The film is long and dull"
THE, FILM, MASK = 3, 5, 2


@cache
def words():
    return textattr.Words(WORDS, unknown=1, splitting="words")


@cache
def classifier():
    keras.utils.set_random_seed(5)
    parts = layers.Conv1D(4, 2, activation="relu"), layers.GlobalMaxPooling1D(), layers.Dense(3)
    return keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(12, 4), *parts])


def target(method, doc=TEXT, model=None, **settings):
    settings = {"tokenizer": words(), "task": "multiclass", **settings}
    return textattr.explain_prediction(model or classifier(), doc, method=method, **settings).targets[0]


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ("the", [THE] * 6),
        ("The", [THE] * 6),
        ("[MASK]", [MASK] * 6),
        ("the film", [THE, FILM] * 3),
        ("the film is dull", [THE, FILM, 6, 7, THE, FILM]),
        ("the film is dull the film is dull", [THE, FILM, 6, 7, THE, FILM]),
    ],
)
def test_words_stand_one_after_the_other(given, ids):
    for kind in (DeepLIFT, IntegratedGradients):
        found, expected = target(kind(baseline=given)), target(kind(baseline=ids))
        np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)
        assert found.baseline_score == pytest.approx(expected.baseline_score, abs=1e-6)
    assert found.diagnostics["baseline"] == given


def test_several_words_are_several_baselines_in_a_list():
    found = target(DeepLIFT(baseline=["the", "zero"])).heatmap
    expected = (target(DeepLIFT(baseline="the")).heatmap + target(DeepLIFT(baseline="zero")).heatmap) / 2
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    "kind", [Occlusion, lambda **o: ShapleySampling(samples=3, **o), lambda **o: LIME(samples=20, **o)]
)
def test_replacements(kind):
    found, expected = target(kind(replacement="the")), target(kind(replacement=[THE] * 6))
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)


def test_names_keep_their_meaning():
    table = np.asarray(classifier().layers[0].embeddings)
    found, expected = target(DeepLIFT(baseline="mean")), target(DeepLIFT(baseline=table.mean(0)))
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)


def test_ids_with_a_tokenizer():
    ids = words()(TEXT).ids
    found, expected = target(DeepLIFT(baseline="the"), ids), target(DeepLIFT(baseline="the"))
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)


def test_special_tokens_around_the_words_do_not_count():
    def tokenizer(text, *, length=None):
        inside = words()(text)
        special = [True, *[False] * len(inside), True]
        tokens, offsets = ["<s>", *inside.tokens, "</s>"], [(0, 0), *inside.offsets, (0, 0)]
        return textattr.Encoding(text, [10, *inside.ids, 11], tokens, offsets, special, unknown_id=1)

    found = target(DeepLIFT(baseline="the"), tokenizer=tokenizer)
    expected = target(DeepLIFT(baseline=[THE] * 8), tokenizer=tokenizer)
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)


def test_each_text_is_asked_for_its_own_ids():
    keras.utils.set_random_seed(5)
    a, b = (keras.Input((None,), dtype="int32", name=name) for name in ("a", "b"))
    pools = [layers.GlobalMaxPooling1D()(layers.Embedding(12, 4)(each)) for each in (a, b)]
    model = keras.Model([a, b], layers.Dense(3)(layers.Concatenate()(pools)))
    tokenizers = {"a": words(), "b": textattr.Words(WORDS, unknown=1, splitting="words", offset=1, pad=None)}
    doc = {"a": TEXT, "b": "The film"}
    settings = {"tokenizer": tokenizers, "task": "multiclass", "method": "deeplift", "targets": 1}
    found = textattr.explain_prediction(model, doc, baseline="the", **settings)
    scores = model.predict({"a": np.full((1, 6), THE), "b": np.full((1, 2), THE + 1)}, verbose=0)
    assert found.targets[0].baseline_score == pytest.approx(scores[0, 1], abs=1e-5)


def test_in_a_model_of_strings():
    keras.utils.set_random_seed(5)
    text = keras.Input((1,), dtype="string")
    vectorize = layers.TextVectorization(vocabulary=WORDS[3:], output_sequence_length=8)
    x = layers.Conv1D(4, 2, activation="relu")(layers.Embedding(12, 4)(vectorize(text)))
    model = keras.Model(text, layers.Dense(3)(layers.GlobalMaxPooling1D()(x)))
    found = target(DeepLIFT(baseline="the film"), model=model, tokenizer=None)
    expected = target(DeepLIFT(baseline=[2, 4] * 4), model=model, tokenizer=None)
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)


def test_in_windows():
    found = target(DeepLIFT(baseline="the film"), window=3)
    expected = target(DeepLIFT(baseline=[THE, FILM, THE]), window=3)
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "settings", "says"),
    [
        ("fillm", {}, "does not know 'fillm': did you mean 'film'"),
        ("the fillm", {}, "does not know 'fillm': did you mean 'film'"),
        ("zeros", {}, "did you mean 'zero'.*does not know 'zeros'"),
        ("zeros", {"tokenizer": None}, "unknown baseline 'zeros': did you mean 'zero'.*with tokenizer="),
        (" ", {}, "unknown baseline ' '"),
        (["the", ""], {}, "unknown baseline ''"),
    ],
)
def test_unknown_words(given, settings, says):
    doc = TEXT if settings == {} else [3, 4, 5]
    with pytest.raises(errors.BaselineError, match=says):
        target("integrated_gradients", doc, baseline=given, **settings)


def test_without_a_document_no_tokenizer_is_known():
    with pytest.raises(errors.BaselineError, match="unknown baseline 'the'.*with tokenizer="):
        DeepLIFT(baseline="the").attribute(classifier(), np.array([[3, 4, 5]]))
