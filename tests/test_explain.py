"""From a document to spans: ids, tokens, padding, targets, warnings."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from kinds import SIZE, kind

import textattr

IDS = [3, 4, 3, 5]
WORDS = ["so", "good", "so", "far"]


def explain(name, doc=IDS, **settings):
    return textattr.explain_prediction(kind(name).model, doc, **settings)


def check_spans(explanation):
    for target in explanation.targets:
        assert len(target.heatmap) == len(explanation.tokens)
        for span in target.spans:
            assert explanation.document[span.start : span.end] == span.text


def test_words_are_joined_with_spaces_and_repeated_ones_keep_their_weights():
    explanation = explain("convolution", tokens=WORDS)
    assert explanation.document == "so good so far"
    check_spans(explanation)
    [target] = explanation.targets
    assert [span.text for span in target.spans] == WORDS
    assert [span.weight for span in target.spans] == list(target.heatmap)
    assert target.heatmap[0] != target.heatmap[2]
    expected = textattr.METHODS["deeplift"]().attribute(kind("convolution").model, [IDS])
    np.testing.assert_allclose(target.heatmap, expected[0].sum(-1), rtol=1e-6)


@pytest.mark.parametrize(
    ("tokens", "document"),
    [
        (["h", "i", " ", "!"], "hi !"),
        (["New York", "is", "a", "city"], "New York is a city"),
        (["a", "b", "<UNK>", "c"], "a b <UNK> c"),
        (["مرحبا", "يا", "عالم", "!"], "مرحبا يا عالم !"),
        (["世", "界", "你", "好"], "世界你好"),
        (
            ["<script>alert(1)</script>", "\u202e", "👍🏽", "</style>"],
            "<script>alert(1)</script> \u202e 👍🏽 </style>",
        ),
    ],
)
def test_tokens_become_exact_characters(tokens, document):
    explanation = explain("convolution", tokens=tokens)
    assert explanation.document == document
    check_spans(explanation)
    assert [span.text for span in explanation.targets[0].spans] == tokens


def test_ids_alone_are_their_own_tokens():
    assert explain("convolution").document == "3 4 3 5"


def test_a_batch_axis_of_one_is_fine():
    one = explain("convolution", np.array([IDS]), tokens=[WORDS])
    assert one == explain("convolution", IDS, tokens=WORDS)


@pytest.mark.parametrize("doc", [IDS, np.array(IDS), np.array(IDS, "float32"), keras.ops.array([IDS])])
def test_ids_of_any_type(doc):
    assert explain("convolution", doc) == explain("convolution")


def test_vectors_as_a_document():
    case = kind("vectors")
    explanation = textattr.explain_prediction(case.model, case.inputs[0], tokens=list("abcdef"))
    assert explanation.document == "abcdef"
    batch_of_one = textattr.explain_prediction(case.model, case.inputs[:1], tokens=list("abcdef"))
    assert batch_of_one == explanation
    assert case.inputs.shape[2] == SIZE


PADDED = ["so", "good", "<PAD>", "far", "<PAD>", "<PAD>"]
PADDED_IDS = [3, 4, 0, 5, 0, 0]


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, "so good <PAD> far <PAD> <PAD>"),
        ({"padding": "post"}, "so good <PAD> far <PAD> <PAD>"),
        ({"pad_value": "<PAD>"}, "so good far"),
        ({"pad_value": 0}, "so good far"),
        ({"pad_value": 0, "padding": "post"}, "so good <PAD> far"),
        ({"pad_value": "<PAD>", "padding": "post"}, "so good <PAD> far"),
        ({"pad_value": 0, "padding": "pre"}, "so good <PAD> far <PAD> <PAD>"),
    ],
)
def test_padding_is_stripped_where_it_is_known(settings, kept):
    explanation = explain("convolution", PADDED_IDS, tokens=PADDED, **settings)
    assert explanation.document == kept
    check_spans(explanation)


def test_padding_before_the_text():
    explanation = explain("lstm_masked", [0, 0, 3, 4], tokens=["<PAD>", "<PAD>", "so", "good"], padding="pre")
    assert explanation.document == "so good"


def test_padding_is_found_by_the_mask():
    explanation = explain("bilstm_masked", [3, 4, 5, 0, 0], tokens=["so", "good", "far", "", ""])
    assert explanation.document == "so good far"
    assert explanation.targets[0].shares == {"padding": 0.0}
    assert explanation.warnings == ()
    alone = explain("bilstm_masked", [3, 4, 5], tokens=["so", "good", "far"])
    np.testing.assert_allclose(explanation.targets[0].heatmap, alone.targets[0].heatmap, rtol=1e-4)


def test_the_share_of_unmasked_padding_is_told_and_warned_about():
    [target] = explain("convolution", [3, 0, 0, 0, 0, 0], pad_value=0, baseline="zero").targets
    explanation = explain("convolution", [3, 0, 0, 0, 0, 0], pad_value=0, baseline="zero")
    gained = target.score - target.diagnostics["baseline_score"]
    total = target.heatmap.sum() + target.shares["padding"]
    assert total == pytest.approx(gained + target.diagnostics["completeness_error"], abs=1e-5)
    assert any("padding took" in warning for warning in explanation.warnings)


def test_the_negative_class_is_the_positive_one_with_the_sign_turned():
    negative, positive = (explain("bilstm_masked", targets=t).targets[0] for t in (0, 1))
    np.testing.assert_allclose(negative.heatmap, -positive.heatmap, rtol=1e-5)
    assert negative.score == -positive.score
    assert negative.probability + positive.probability == pytest.approx(1)


def test_positive_weights_speak_for_the_class_that_is_named():
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(3, 1),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.set_weights([np.array([[0.0], [1.0], [-1.0]]), np.array([[1.0]]), np.zeros(1)])
    names = ["negative", "positive"]
    praise = textattr.explain_prediction(model, [1, 1, 2], tokens=["good", "good", "bad"], target_names=names)
    assert praise.prediction.label == praise.targets[0].label == "positive"
    assert [np.sign(w) for w in praise.targets[0].heatmap] == [1, 1, -1]
    blame = textattr.explain_prediction(model, [2, 2, 1], tokens=["bad", "bad", "good"], target_names=names)
    assert blame.targets[0].label == "negative"
    assert [np.sign(w) for w in blame.targets[0].heatmap] == [1, 1, -1]


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        (1, [1]),
        (np.int64(2), [2]),
        ("b", [1]),
        (["c", 0], [2, 0]),
        ("all", [0, 1, 2]),
        (np.array([1, 2]), [1, 2]),
    ],
)
def test_targets(targets, found):
    explanation = explain("convolution", targets=targets, target_names=["a", "b", "c"])
    assert [target.target for target in explanation.targets] == found
    assert [target.label for target in explanation.targets] == ["abc"[i] for i in found]
    for target in explanation.targets:
        assert target.score == pytest.approx(explanation.prediction.scores[target.target])
        assert target.probability == pytest.approx(explanation.prediction.probabilities[target.target])


def test_a_contrast_is_the_difference():
    one, other, contrast = (
        explain("convolution", tolerance=1e-4, **wish).targets[0]
        for wish in ({"targets": 0}, {"targets": 2}, {"targets": 0, "against": 2})
    )
    assert contrast.against == 2
    np.testing.assert_allclose(contrast.heatmap, one.heatmap - other.heatmap, atol=2e-3)
    assert contrast.score == pytest.approx(one.score - other.score, abs=1e-6)


def test_multilabel_explains_every_label_that_is_predicted():
    explanation = explain("multilabel", IDS)
    likely = [i for i, p in enumerate(explanation.prediction.probabilities) if p >= 0.5]
    assert [target.target for target in explanation.targets] == likely or len(explanation.targets) == 1


def test_a_regression_has_no_probability():
    explanation = explain("regression", task="regression")
    assert explanation.prediction.probabilities is None
    assert explanation.targets[0].probability is None
    assert explanation.targets[0].label == "output"
    output = kind("regression").model.predict(np.array([IDS]), verbose=0)
    assert explanation.targets[0].score == pytest.approx(float(output[0, 0]))


def test_a_guessed_task_is_noted_and_a_compiled_loss_is_believed():
    guessed = explain("regression")
    assert any("taken for a regression" in warning for warning in guessed.warnings)
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, 2),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1),
        ]
    )
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    told = textattr.explain_prediction(model, [3, 4])
    assert told.prediction.task == "binary"
    assert told.warnings == ()
    logit = float(model(np.array([[3, 4]]))[0, 0])
    assert told.prediction.probabilities[1] == pytest.approx(1 / (1 + np.exp(-logit)))


def test_all_zero_maps_are_warned_about():
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, 2),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, "softmax"),
        ]
    )
    model.layers[-1].kernel.assign(np.zeros((2, 2)))
    explanation = textattr.explain_prediction(model, [3, 4])
    assert any("exactly 0" in warning for warning in explanation.warnings)


def test_texts_are_padded_and_truncated_to_a_fixed_length():
    tokenizer = textattr.Words({"so": 2, "good": 3}, unknown=1, splitting="words")
    short = explain("dense_fixed_length", "So good!", tokenizer=tokenizer)
    assert short.document == "So good!"
    assert [span.text for span in short.targets[0].spans] == ["So", "good", "!"]
    assert "padding" in short.targets[0].shares
    long = explain("dense_fixed_length", "so good so good so good so good", tokenizer=tokenizer)
    assert len(long.tokens) == 6
    assert any("reads 6 of 8 tokens" in warning for warning in long.warnings)
    check_spans(long)


def test_truth_is_told():
    assert explain("convolution", truth=1, target_names=["a", "b", "c"]).truth == "b"
    assert explain("convolution", truth="c", target_names=["a", "b", "c"]).truth == "c"


def test_many_documents_come_in_order_and_equal_one_by_one():
    docs = [[3, 4, 5], [6, 7], [8, 9, 10], [11, 12, 13, 14], [15, 16]]
    explainer = textattr.Explainer(kind("lstm_masked").model, batch_size=2)
    for doc, explanation in zip(docs, explainer.explain_many(docs), strict=True):
        alone = explainer.explain(doc)
        assert explanation.document == alone.document
        np.testing.assert_allclose(explanation.targets[0].heatmap, alone.targets[0].heatmap, atol=1e-6)


def test_predict_is_what_the_model_says():
    docs = [[3, 4, 5], [6, 7], [8, 9, 10]]
    model = kind("bilstm_masked").model
    for doc, prediction in zip(docs, textattr.Explainer(model).predict(docs), strict=True):
        positive = float(model.predict(np.array([doc]), verbose=0)[0, 0])
        np.testing.assert_allclose(prediction.probabilities, [1 - positive, positive], atol=1e-6)


def test_integrated_gradients_says_when_it_did_not_converge():
    explanation = explain("convolution", steps=1, quadrature="riemann_left")
    assert any("did not converge: after 1 steps" in warning for warning in explanation.warnings)
    bounded = explain("convolution", steps=1, quadrature="riemann_left", tolerance=1e-6, max_steps=4)
    assert any("max_steps is 4" in warning for warning in bounded.warnings)
    assert bounded.targets[0].diagnostics["steps"] == 4
    reached = explain("convolution", steps=2, tolerance=1e-2)
    assert reached.warnings == ()


def test_baselines():
    model = kind("convolution").model
    table = np.asarray(model.get_layer("lookup").embeddings)

    def heat(baseline, **settings):
        return explain("convolution", baseline=baseline, **settings).targets[0].heatmap

    np.testing.assert_array_equal(heat("auto"), heat("zero"))
    np.testing.assert_array_equal(heat("zero"), heat(np.zeros(SIZE)))
    np.testing.assert_allclose(heat("mean"), heat(table.mean(0)), rtol=1e-5)
    np.testing.assert_allclose(heat(np.array([7, 7, 7, 7])), heat(table[7]), rtol=1e-6)
    np.testing.assert_allclose(heat(np.array([7, 8, 7, 9])), heat(table[[7, 8, 7, 9]]), rtol=1e-6)
    both = heat(["zero", "mean", table[[7, 8, 7, 9]]], steps=50)
    apart = sum(heat(each, steps=50) for each in ("zero", "mean", table[[7, 8, 7, 9]])) / 3
    np.testing.assert_allclose(both, apart, rtol=1e-4, atol=1e-7)

    tokenizer = textattr.Words({"so": 3, "good": 4, "far": 5}, unknown=1, splitting="words")

    def heat_of_text(baseline):
        [target] = explain("convolution", "so good so far", baseline=baseline, tokenizer=tokenizer).targets
        return target.heatmap

    np.testing.assert_allclose(heat_of_text("unknown"), heat(table[1]), rtol=1e-6)
    np.testing.assert_allclose(heat_of_text("auto"), heat(table[1]), rtol=1e-6)
    np.testing.assert_allclose(heat_of_text("pad"), heat(table[0]), rtol=1e-6)


def test_show_prediction_prints_in_a_terminal(capsys):
    explanation = textattr.show_prediction(kind("convolution").model, IDS, tokens=WORDS)
    assert "good" in capsys.readouterr().out
    assert explanation == explain("convolution", tokens=WORDS)
