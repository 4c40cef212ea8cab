"""Texts longer than a model reads: windows are explained as by hand and averaged, and what is said of them adds up."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from keras import layers

import textattr
from textattr import errors
from textattr.methods import (
    LIME,
    LRP,
    DeepLIFT,
    GradCAM,
    GradientXInput,
    IntegratedGradients,
    Occlusion,
    Saliency,
    ShapleySampling,
    SmoothGrad,
)

METHODS = [
    Saliency(),
    GradientXInput(),
    SmoothGrad(samples=3),
    IntegratedGradients(steps=8),
    DeepLIFT(),
    LRP(),
    GradCAM(),
    Occlusion(window=2),
    ShapleySampling(samples=2),
    LIME(samples=30),
]
WORDS = ["<PAD>", "<UNK>", *"a story that is dull at first but moves one to tears in the end".split()]
TEXT = "A story that is dull at first, but moves one to tears. In the end, a story."  # 16 words of the vocabulary
IDS = np.random.default_rng(1).integers(1, 30, 21)
TOKENS = [f"w{i}" for i in IDS]


@cache
def masked_bilstm(k, units=3):
    k.utils.set_random_seed(3)
    la = k.layers
    activation = "softmax" if units > 1 else "sigmoid"
    parts = la.Bidirectional(la.LSTM(3)), la.Dense(units, activation=activation)
    return k.Sequential([k.Input((None,), dtype="int32"), la.Embedding(30, 4, mask_zero=True), *parts])


@cache
def fixed_length():
    keras.utils.set_random_seed(3)
    parts = layers.Conv1D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(3, activation="softmax")
    return keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(30, 4), *parts])


class Positions(layers.Layer):
    """Adds the first rows of a table with 8 rows."""

    def __init__(self):
        super().__init__()
        self.table = layers.Embedding(8, 4)

    def call(self, x):
        return x + self.table(tf.range(tf.shape(x)[1]))


@cache
def transformer():
    keras.utils.set_random_seed(3)
    ids, mask, segments = inputs = [
        keras.Input((None,), dtype="int32", name=name)
        for name in ("token_ids", "padding_mask", "segment_ids")
    ]
    x = layers.Add()([layers.Embedding(30, 4)(ids), layers.Embedding(2, 4)(segments)])
    x = Positions()(x)
    x = x + layers.MultiHeadAttention(2, 2)(x, x, key_mask=tf_bool(mask))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x[:, 0]))


def tf_bool(mask):
    return keras.ops.cast(mask, "bool")


class WithSpecials:
    """Words between a start and an end token."""

    words = textattr.Words(WORDS, unknown=1, splitting="words")

    def __call__(self, text, *, length=None):
        inside = self.words(text)
        return textattr.Encoding(
            text,
            [28, *inside.ids, 29],
            ["[CLS]", *inside.tokens, "[SEP]"],
            [(0, 0), *inside.offsets, (0, 0)],
            special=[True, *[False] * len(inside), True],
            pad_id=0,
        )


def by_hand(model, windows, count, method, target, **settings):
    """The mean weight of each token over windows [(positions, document)] that are explained one by one."""
    explainer = textattr.Explainer(model, method=method, **settings)
    total, seen = np.zeros(count), np.zeros(count)
    for at, doc in windows:
        found = explainer.explain(doc, targets=target)
        total[at] += found.targets[0].heatmap
        seen[at] += 1
    return total / seen


def windows_of(ids, size, stride):
    starts = [*range(0, len(ids) - size, stride), len(ids) - size]
    return [(np.arange(s, s + size), ids[s : s + size]) for s in starts]


def sums(target):
    return target.heatmap.sum() + sum(target.shares.values()) + target.baseline_score


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_as_by_hand(method):
    model = masked_bilstm(keras)
    found = textattr.explain_prediction(model, IDS, tokens=TOKENS, method=method, window=8, stride=3)
    (target,) = found.targets
    windows = windows_of(IDS, 8, 3)
    expected = by_hand(model, windows, 21, method, target.target)
    np.testing.assert_allclose(target.heatmap, expected, rtol=1e-4, atol=1e-6)
    outputs = model.predict(np.stack([ids for _, ids in windows]), verbose=0)
    np.testing.assert_allclose(found.prediction.probabilities, outputs.mean(0), atol=1e-6)
    assert [token.text for token in found.tokens] == TOKENS
    assert target.diagnostics["windows"] == len(windows) == 6
    assert "21 tokens, and was read in 6 windows of 8: the prediction is the mean" in " ".join(found.warnings)
    assert ("windows" in target.shares) == (target.baseline_score is not None)
    if target.baseline_score is not None:
        assert sums(target) == pytest.approx(target.score, abs=1e-6)
        assert "the share 'windows'" in " ".join(found.warnings)


def test_in_the_other_family():
    model = masked_bilstm(tf_keras)
    method = GradientXInput()
    (target,) = textattr.explain_prediction(model, IDS, method=method, window=8, stride=4).targets
    expected = by_hand(model, windows_of(IDS, 8, 4), 21, method, target.target)
    np.testing.assert_allclose(target.heatmap, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("padded", [[*IDS, 0, 0, 0], [0, 0, *IDS]], ids=["post", "pre"])
def test_padding_is_in_no_window(padded):
    model, settings = masked_bilstm(keras), {"method": "gradient_x_input", "window": 8}
    (expected,) = textattr.explain_prediction(model, IDS, **settings).targets
    (found,) = textattr.explain_prediction(model, padded, **settings).targets
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)
    assert found.diagnostics["windows"] == 5


def test_a_padded_text_that_fits_into_one_window_is_read_with_as_much_padding():
    model = fixed_length()
    (found,) = textattr.explain_prediction(model, [5, 6, 7, 0, 0, 0, 0, 0], pad_value=0, window=6).targets
    (expected,) = textattr.explain_prediction(model, [5, 6, 7, 0, 0, 0], pad_value=0).targets
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-6)
    assert found.score == pytest.approx(expected.score, abs=1e-6)


def test_windows_of_padding_alone_are_left_out():
    ids = [5, 6, 7, *[0] * 12, 8, 9]
    found = textattr.explain_prediction(masked_bilstm(keras), ids, window=4, stride=2, method="saliency")
    assert len(found.tokens) == 5
    assert found.targets[0].diagnostics["windows"] < 6


def test_a_text_for_a_model_of_one_length():
    model, tokenizer = fixed_length(), textattr.Words(WORDS, unknown=1, splitting="words", length=6)
    settings = {"tokenizer": tokenizer, "method": "deeplift", "baseline": "zero"}
    found = textattr.explain_prediction(model, TEXT, window=6, stride=3, **settings)
    ids = textattr.Words(WORDS, unknown=1, splitting="words")(TEXT).ids
    expected = by_hand(model, windows_of(ids, 6, 3), len(ids), DeepLIFT(), found.targets[0].target)
    np.testing.assert_allclose(found.targets[0].heatmap, expected, rtol=1e-4, atol=1e-6)
    assert [span.text for span in found.targets[0].spans][-3:] == ["a", "story", "."]
    assert found.unread == ()
    assert not any("truncated" in warning for warning in found.warnings)
    cut = textattr.explain_prediction(model, TEXT, **settings)
    assert cut.unread


def test_special_tokens_stand_around_each_window():
    model = transformer()
    settings = {"tokenizer": WithSpecials(), "method": "integrated_gradients", "steps": 8}
    found = textattr.explain_prediction(model, TEXT, window=8, stride=4, **settings)
    (target,) = found.targets
    ids = WithSpecials()(TEXT).ids
    starts = [*range(1, len(ids) - 7, 4), len(ids) - 7]
    if starts[-2] == starts[-1]:
        starts.pop()
    windows = []
    for start in starts:
        at = np.array([0, *range(start, start + 6), len(ids) - 1])
        doc = {"token_ids": ids[at], "padding_mask": np.ones(8), "segment_ids": np.zeros(8)}
        windows.append((at, doc))
    total, seen = np.zeros(len(ids)), np.zeros(len(ids))
    for at, doc in windows:
        one = textattr.explain_prediction(
            model, doc, method="integrated_gradients", steps=8, targets=target.target, baseline=[1] * 8
        )
        total[at] += (
            next(iter(one.texts.values())).targets[0].heatmap
            if hasattr(one, "texts")
            else one.targets[0].heatmap
        )
        seen[at] += 1
    assert len(windows) == target.diagnostics["windows"]
    by_default = textattr.explain_prediction(
        model, TEXT, window=8, stride=4, baseline=[1] * 8, **settings
    ).targets[0]
    np.testing.assert_allclose(by_default.heatmap, total / seen, rtol=1e-3, atol=1e-5)
    assert target.shares["special"] == pytest.approx(target.heatmap[[0, -1]].sum())
    # the share of special tokens is part of the heat map
    rest = {name: share for name, share in target.shares.items() if name != "special"}
    assert target.heatmap.sum() + sum(rest.values()) == pytest.approx(
        target.score - target.baseline_score, abs=1e-5
    )
    with pytest.raises(errors.DocumentError, match="window=8"):
        textattr.explain_prediction(model, TEXT, **settings)


def test_a_dict_of_arrays_is_cut_together():
    model, count = transformer(), 20
    rng = np.random.default_rng(2)
    doc = {
        "token_ids": rng.integers(1, 30, count),
        "padding_mask": np.array([1] * 17 + [0] * 3),
        "segment_ids": np.array([0] * 9 + [1] * 11),
    }
    method = GradientXInput()
    found = textattr.explain_prediction(model, doc, method=method, window=8, stride=4)
    found = found.texts["token_ids"] if hasattr(found, "texts") else found
    windows = [
        (np.arange(s, s + 8), {name: array[s : s + 8] for name, array in doc.items()}) for s in (0, 4, 8, 9)
    ]
    expected = by_hand(model, windows, 17, method, found.targets[0].target)
    np.testing.assert_allclose(found.targets[0].heatmap, expected, rtol=1e-4, atol=1e-6)


def test_many_and_predict_as_one_by_one():
    model = masked_bilstm(keras)
    docs = [IDS, IDS[:5], IDS[::-1], IDS[3:20]]
    explainer = textattr.Explainer(model, method="deeplift", window=8, stride=3)
    together = list(explainer.explain_many(docs))
    predictions = explainer.predict(docs)
    for doc, found, prediction in zip(docs, together, predictions, strict=True):
        alone = explainer.explain(doc)
        np.testing.assert_allclose(found.targets[0].heatmap, alone.targets[0].heatmap, atol=1e-6)
        np.testing.assert_allclose(prediction.probabilities, alone.prediction.probabilities, atol=1e-6)
        assert prediction.label == alone.prediction.label == found.prediction.label


class Counted:
    """A tokenizer that reads several texts in one call, and counts how many it was given in each."""

    def __init__(self):
        self.calls = []

    def __call__(self, text, *, length=None):
        return self.encode_many([text], length=length)[0]

    def encode_many(self, texts, *, length=None):
        self.calls.append(len(texts))
        words = textattr.Words(WORDS, unknown=1, splitting="words")
        return [words(text, length=length) for text in texts]


def test_many_texts_are_tokenised_together():
    tokenizer, docs = Counted(), [TEXT, "a dull story", TEXT[:40], "the end"]
    explainer = textattr.Explainer(
        masked_bilstm(keras), tokenizer=tokenizer, method="gradient_x_input", window=8
    )
    together = list(explainer.explain_many(docs))
    assert tokenizer.calls == [4, 2]  # whole, and those that fit
    assert [found.document for found in together] == docs
    for doc, found in zip(docs, together, strict=True):
        expected = explainer.explain(doc)
        np.testing.assert_allclose(found.targets[0].heatmap, expected.targets[0].heatmap, atol=1e-6)


def test_a_text_that_fits_is_explained_as_without():
    model = masked_bilstm(keras)
    found = textattr.explain_prediction(model, IDS[:8], method="deeplift", window=8)
    expected = textattr.explain_prediction(model, IDS[:8], method="deeplift")
    assert textattr.format_as_dict(found) == textattr.format_as_dict(expected)


@pytest.mark.parametrize(
    ("join", "joined"),
    [
        ("mean", lambda p: p.mean(0)),
        ("max", lambda p: p.max(0)),
        (lambda scores: np.sort(scores, 0)[1], lambda p: np.sort(p, 0)[1]),
    ],
)
@pytest.mark.parametrize("units", [1, 3])
def test_joins(join, joined, units):
    model = masked_bilstm(keras, units)
    settings = {"method": "gradient_x_input", "window": 8, "stride": 3, "join": join}
    found = textattr.explain_prediction(model, IDS, targets="all", **settings)
    windows = np.stack([ids for _, ids in windows_of(IDS, 8, 3)])
    outputs = joined(model.predict(windows, verbose=0))
    expected = [1 - outputs[0], outputs[0]] if units == 1 else outputs
    np.testing.assert_allclose(found.prediction.probabilities, expected, atol=1e-6)
    for target in found.targets:
        assert target.probability == pytest.approx(expected[target.target], abs=1e-6)
        assert target.score == pytest.approx(found.prediction.scores[target.target], abs=1e-5)
    best = int(outputs[0] >= 0.5) if units == 1 else int(np.argmax(outputs))
    assert found.prediction.label == found.prediction.labels[best]
    (predicted,) = textattr.explain_prediction(model, IDS, **settings).targets
    assert predicted.target == best


def test_contrasts_and_functions_are_joined_for_themselves():
    model = masked_bilstm(keras)
    settings = {"method": "deeplift", "window": 8, "stride": 3}
    (contrast,) = textattr.explain_prediction(model, IDS, targets=1, against=2, **settings).targets
    windows = np.stack([ids for _, ids in windows_of(IDS, 8, 3)])
    outputs = model.predict(windows, verbose=0)
    assert contrast.score == pytest.approx(np.log(outputs[:, 1] / outputs[:, 2]).mean(), abs=1e-5)
    assert sums(contrast) == pytest.approx(contrast.score, abs=1e-6)
    (function,) = textattr.explain_prediction(
        model, IDS, targets=lambda outputs: outputs[:, 1], **settings
    ).targets
    assert function.score == pytest.approx(outputs[:, 1].mean(), abs=1e-6)


@cache
def of_strings(length):
    keras.utils.set_random_seed(3)
    text = keras.Input((1,), dtype="string")
    vectorize = layers.TextVectorization(vocabulary=WORDS[2:], output_sequence_length=length)
    x = layers.Embedding(30, 4)(vectorize(text))
    x = layers.Conv1D(4, 3, activation="relu", padding="same")(x)
    return keras.Model(text, layers.Dense(3, activation="softmax")(layers.GlobalMaxPooling1D()(x)))


@pytest.mark.parametrize("length", [None, 6, 9])
def test_a_model_of_strings_reads_the_characters_of_each_window(length):
    model = of_strings(length)
    found = textattr.explain_prediction(model, TEXT, method="gradient_x_input", window=6, stride=3)
    (target,) = found.targets
    assert found.document == TEXT
    assert [span.text for span in target.spans[:7]] == ["A", "story", "that", "is", "dull", "at", "first"]
    tokens = [TEXT[token.start : token.end] for token in found.tokens]
    starts = [*range(0, len(tokens) - 6, 3), len(tokens) - 6]
    outputs = model.predict(tf.constant([[" ".join(tokens[s : s + 6])] for s in starts]), verbose=0)
    np.testing.assert_allclose(found.prediction.probabilities, outputs.mean(0), atol=1e-6)
    assert ("padding" in target.shares) == (length == 9)


def test_of_several_strings_the_longer_one_is_cut():
    keras.utils.set_random_seed(3)
    title, body = (keras.Input((1,), dtype="string", name=name) for name in ("title", "body"))
    pools = []
    for text in (title, body):
        vectorize = layers.TextVectorization(vocabulary=WORDS[2:], output_sequence_length=6)
        pools.append(layers.GlobalMaxPooling1D()(layers.Embedding(30, 4)(vectorize(text))))
    x = layers.Dense(3, activation="softmax")(layers.Concatenate()(pools))
    model, doc = keras.Model([title, body], x), {"title": "A dull story", "body": TEXT}
    found = textattr.explain_prediction(model, doc, method="deeplift", window=6, stride=3)
    assert (found["title"].document, found["body"].document) == (doc["title"], TEXT)
    assert found["title"].targets[0].spans[-1].text == "story"
    assert found["body"].targets[0].spans[-1].text == "story"
    tokens = [TEXT[token.start : token.end] for token in found["body"].tokens]
    starts = [*range(0, len(tokens) - 6, 3), len(tokens) - 6]
    ones = [{**doc, "body": " ".join(tokens[s : s + 6])} for s in starts]
    alone = [prediction.probabilities for prediction in textattr.Explainer(model).predict(ones)]
    np.testing.assert_allclose(found.prediction.probabilities, np.mean(alone, 0), atol=1e-6)


def test_a_black_box_reads_the_characters_of_each_window():
    asked = []

    def scores(texts):
        asked.extend(texts)
        return [[len(text.split()), text.count("!")] for text in texts]

    text = "So good! So bad! So so, and the end is near."
    settings = {"method": ShapleySampling(samples=5), "target_names": ["a", "b"]}
    found = textattr.explain_prediction(scores, text, window=5, stride=4, targets="b", **settings)
    assert {"So good! So bad", "the end is near."} <= set(asked)
    assert text not in asked
    (target,) = found.targets
    marks = [span for span in target.spans if span.weight > 1e-9]
    assert [(span.text, span.start) for span in marks] == [("!", 7), ("!", 15)]
    assert sums(target) == pytest.approx(target.score, abs=1e-6)
    own = textattr.explain_prediction(scores, text, method="occlusion", window=2, target_names=["a", "b"])
    assert "windows" not in own.targets[0].diagnostics  # of occlusion by its name it is the method's own
    auto = textattr.explain_prediction(scores, text, window=2, target_names=["a", "b"])
    assert auto.method == "shapley_sampling"
    assert "windows" in auto.targets[0].diagnostics


def test_of_two_texts_the_longer_one_is_cut():
    keras.utils.set_random_seed(3)
    question, passage = (keras.Input((None,), dtype="int32", name=name) for name in ("question", "passage"))
    table, pool = layers.Embedding(30, 4), layers.GlobalAveragePooling1D()
    x = layers.Concatenate()([pool(table(question)), pool(table(passage))])
    model = keras.Model([question, passage], layers.Dense(3, activation="softmax")(x))
    method, settings = DeepLIFT(), {"window": 8, "stride": 3}
    doc = {"question": IDS[:4], "passage": IDS}
    found = textattr.explain_prediction(model, doc, method=method, **settings)
    target = found.targets[0].target
    ones = [
        (at, textattr.explain_prediction(model, {**doc, "passage": ids}, method=method, targets=target))
        for at, ids in windows_of(IDS, 8, 3)
    ]
    questions = np.mean([one["question"].targets[0].heatmap for _, one in ones], 0)
    np.testing.assert_allclose(found["question"].targets[0].heatmap, questions, atol=1e-6)
    total, seen = np.zeros(21), np.zeros(21)
    for at, one in ones:
        total[at] += one["passage"].targets[0].heatmap
        seen[at] += 1
    np.testing.assert_allclose(found["passage"].targets[0].heatmap, total / seen, atol=1e-6)
    weights = sum(found[name].targets[0].heatmap.sum() for name in doc)
    (shared,) = found.targets
    assert weights + sum(shared.shares.values()) == pytest.approx(
        shared.score - shared.baseline_score, abs=1e-6
    )
    in_order = textattr.explain_prediction(model, (IDS[:4], IDS), method=method, **settings)
    np.testing.assert_array_equal(in_order["passage"].targets[0].heatmap, found["passage"].targets[0].heatmap)
    with pytest.raises(errors.DocumentError, match=r"several inputs .*: question \(21\), passage \(21\)"):
        textattr.explain_prediction(model, {"question": IDS, "passage": IDS}, method=method, **settings)


def test_of_occlusion_by_its_name_the_window_is_the_methods_own():
    model = masked_bilstm(keras)
    by_name = textattr.explain_prediction(model, IDS, method="occlusion", window=2, stride=2)
    by_instance = textattr.explain_prediction(model, IDS, method=Occlusion(window=2, stride=2))
    np.testing.assert_array_equal(by_name.targets[0].heatmap, by_instance.targets[0].heatmap)
    assert "windows" not in by_name.targets[0].diagnostics
    both = textattr.explain_prediction(model, IDS, method=Occlusion(window=2), window=8)
    assert both.targets[0].diagnostics["windows"] == 5
    assert both.options["window"] == 2
    with pytest.raises(
        errors.OptionError, match=r"join= joins windows of the document: .*methods.Occlusion\(\)"
    ):
        textattr.explain_prediction(model, IDS, method="occlusion", window=2, join="max")


def tagger():
    parts = layers.Embedding(30, 4), layers.Dense(3, activation="softmax")
    return keras.Sequential([keras.Input((None,), dtype="int32"), *parts])


WRONG = [
    ({"window": 0}, "window must be a whole number of at least 1"),
    ({"window": 2.5}, "window must be a whole number"),
    ({"window": 8, "stride": 0}, "stride must be a whole number of at least 1"),
    ({"window": 8, "stride": 9}, "stride 9 is larger than window 8: it would skip"),
    ({"stride": 2}, "stride= goes with window="),
    ({"join": "max"}, "join= goes with window="),
    ({"window": 8, "join": "sum"}, "unknown join 'sum': choose 'mean', 'max', or give a function"),
    ({"window": 8, "join": ["mean"]}, "unknown join"),
    ({"window": 8, "join": lambda scores: scores}, r"returns one of each class, \(3,\).*got shape \(5, 3\)"),
    ({"window": 8, "join": lambda scores: scores[0] * np.nan}, "all finite"),
    ({"window": 8, "join": lambda scores: scores.nonsense()}, "raised AttributeError"),
    ({"window": 8, "join": lambda scores: scores.sum(0)}, "probabilities for probabilities, between 0 and 1"),
    (
        {"window": 10},
        "the model reads 6 tokens, no more and no fewer: expected window=6, got 10",
        fixed_length,
    ),
    ({"window": 8}, "window= joins scores of whole documents, and here each token has scores", tagger),
]


@pytest.mark.parametrize("case", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_settings(case):
    settings, says, *make = case
    model = make[0]() if make else masked_bilstm(keras)
    with pytest.raises(errors.TextAttrError, match=says):
        textattr.explain_prediction(model, IDS, method="saliency", **settings)


def test_a_window_has_to_hold_more_than_the_special_tokens():
    settings = {"tokenizer": WithSpecials(), "method": "saliency"}
    with pytest.raises(errors.OptionError, match="window=2 has no room .* beside its 2 special tokens"):
        textattr.explain_prediction(transformer(), TEXT, window=2, **settings)
    with pytest.raises(errors.OptionError, match="stride=7 is larger than the 6 tokens"):
        textattr.explain_prediction(transformer(), TEXT, window=8, stride=7, **settings)


def test_a_window_of_more_words_than_a_model_of_strings_reads_is_refused():
    with pytest.raises(errors.OptionError, match="reads 6 words of a text: expected window=6 at most, got 8"):
        textattr.explain_prediction(of_strings(6), TEXT, method="saliency", window=8)


def test_a_window_of_more_tokens_than_the_tokenizer_keeps_is_refused():
    settings = {
        "tokenizer": textattr.Words(WORDS, unknown=1, splitting="words", length=6),
        "method": "saliency",
    }
    with pytest.raises(errors.OptionError, match="cuts texts to 6 tokens: expected window=6 at most, got 30"):
        textattr.explain_prediction(masked_bilstm(keras), TEXT, window=30, **settings)


@pytest.mark.parametrize("length", [5, 30])
def test_hugging_face_tokenizers_that_cut_and_fill_up(length):
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {"[UNK]": 26, "[CLS]": 27, "[SEP]": 28, "[PAD]": 29}
    vocabulary |= {word: i for i, word in enumerate(WORDS[2:], 1)}
    given = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    given.normalizer = tokenizers.normalizers.Lowercase()
    given.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    given.post_processor = tokenizers.processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 27), ("[SEP]", 28)]
    )
    given.enable_truncation(length)
    given.enable_padding(length=length, pad_id=29, pad_token="[PAD]")
    settings = {"tokenizer": given, "method": "gradient_x_input"}
    found = textattr.explain_prediction(masked_bilstm(keras), TEXT, window=5, stride=2, **settings)
    assert given.truncation["max_length"] == length
    assert [span.text for span in found.targets[0].spans[-3:]] == ["a", "story", "."]
    assert found.targets[0].diagnostics["windows"] == 10


def test_a_classifier_of_keras_hub_in_windows_of_its_preprocessor():
    pytest.importorskip("tensorflow_text")
    keras_hub = pytest.importorskip("keras_hub")
    keras.utils.set_random_seed(3)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS[2:]]
    tokenizer = keras_hub.tokenizers.BertTokenizer(vocabulary=vocabulary, lowercase=True)
    sizes = {
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 8,
        "max_sequence_length": 8,
    }
    backbone = keras_hub.models.BertBackbone(vocabulary_size=len(vocabulary), **sizes)
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=8)
    model = keras_hub.models.BertTextClassifier(backbone, num_classes=2, preprocessor=preprocessor)
    found = textattr.explain_prediction(model, TEXT, method="gradient_x_input", window=8, stride=4)
    assert [span.text for span in found.targets[0].spans[-3:]] == ["a", "story", "."]
    assert found.targets[0].shares["special"]
    pieces = [span.text for span in found.targets[0].spans]
    starts = [*range(0, len(pieces) - 6, 4), len(pieces) - 6]
    texts = [" ".join(pieces[s : s + 6]) for s in dict.fromkeys(starts)]
    np.testing.assert_allclose(
        found.prediction.probabilities,
        keras.ops.softmax(model.predict(texts, verbose=0)).numpy().mean(0),
        atol=1e-6,
    )


def test_a_tokenizer_that_cuts_by_itself_is_refused():
    def tokenizer(text, *, length=None):
        return textattr.Words(WORDS, unknown=1, splitting="words")(text, length=12)

    with pytest.raises(
        errors.TokenizerError, match=r"cuts the text to 12 of its \d+ tokens: window= needs all"
    ):
        textattr.explain_prediction(
            masked_bilstm(keras), TEXT, tokenizer=tokenizer, method="saliency", window=8
        )


def test_packed_texts_are_not_cut():
    packed = textattr.Encoding(
        "a story the end", range(2, 18), ["w"] * 16, [(0, 0)] * 16, texts={"a": "a story", "b": "the end"}
    )
    with pytest.raises(errors.DocumentError, match="a, b are packed into one sequence"):
        textattr.explain_prediction(masked_bilstm(keras), packed, method="saliency", window=8)


def test_sentences_are_not_cut():
    keras.utils.set_random_seed(3)
    ids = keras.Input((None, 4), dtype="int32")
    x = layers.Embedding(30, 4)(ids)
    x = layers.GlobalAveragePooling1D()(layers.TimeDistributed(layers.GlobalAveragePooling1D())(x))
    model = keras.Model(ids, layers.Dense(3, activation="softmax")(x))
    with pytest.raises(errors.DocumentError, match="one row of tokens"):
        textattr.explain_prediction(model, IDS[:20].reshape(5, 4), method="saliency", window=8)


def test_numbers_beside_the_text_get_their_mean():
    keras.utils.set_random_seed(3)
    note, vitals = keras.Input((None,), dtype="int32", name="note"), keras.Input((2,), name="vitals")
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(layers.Embedding(30, 4)(note)), vitals])
    x = layers.Dense(3, activation="softmax")(layers.Dense(4, activation="tanh")(x))
    model = keras.Model([note, vitals], x)
    settings = {"method": "deeplift", "feature_names": {"vitals": ["age", "pulse"]}}
    doc = {"note": IDS, "vitals": [36.0, 0.7]}
    (found,) = textattr.explain_prediction(model, doc, window=8, stride=3, **settings).targets
    ones = [
        textattr.explain_prediction(model, {**doc, "note": ids}, targets=found.target, **settings).targets[0]
        for _, ids in windows_of(IDS, 8, 3)
    ]
    expected = np.mean([[feature.weight for feature in one.features] for one in ones], 0)
    np.testing.assert_allclose([feature.weight for feature in found.features], expected, atol=1e-6)
    weights = found.heatmap.sum() + sum(feature.weight for feature in found.features)
    assert weights + sum(found.shares.values()) == pytest.approx(found.score - found.baseline_score, abs=1e-6)


def test_a_number_of_tokens_beside_the_text_is_that_of_the_window():
    keras.utils.set_random_seed(3)
    ids, length = keras.Input((None,), dtype="int32", name="ids"), keras.Input((1,), name="length")
    mean = layers.Lambda(lambda both: keras.ops.sum(both[0], 1) / both[1])(
        [layers.Embedding(30, 4)(ids), length]
    )
    model = keras.Model([ids, length], layers.Dense(3, activation="softmax")(mean))
    doc = {"ids": IDS, "length": [21.0]}
    found = textattr.explain_prediction(model, doc, method="gradient_x_input", window=8, stride=3)
    windows = np.stack([ids for _, ids in windows_of(IDS, 8, 3)])
    outputs = model.predict({"ids": windows, "length": np.full((len(windows), 1), 8.0)}, verbose=0)
    np.testing.assert_allclose(found.prediction.probabilities, outputs.mean(0), atol=1e-6)


def test_kept_without_loss(tmp_path):
    found = textattr.explain_prediction(masked_bilstm(keras), IDS, method="deeplift", window=8)
    found.save(tmp_path / "long.json")
    again = textattr.Explanation.from_json(tmp_path / "long.json")
    assert again.targets[0].shares == found.targets[0].shares
    assert "windows" in textattr.format_as_text(found)
