"""Models with scores for each token: taggers, encoders with decoders, language models."""

from __future__ import annotations

import json
from functools import cache

import keras
import numpy as np
import pytest
from kinds import TAGGERS, kind

import textattr
from textattr import Entities, TokenClass
from textattr.diagnosis.diagnose import diagnose
from textattr.errors import TargetError
from textattr.methods import METHODS, IntegratedGradients, ShapleySampling
from textattr.targets.head import Head
from textattr.targets.token_class import TokenClasses
from textattr.targets.tokens import OutputTokens, token_request

OPTIONS = {"integrated_gradients": {"steps": 8}, "smoothgrad": {"samples": 2}, "lime": {"samples": 50}}


LABELS = ("O", "PER", "LOC")


@cache
def sliced(name, position):
    """The model of that kind with the scores of one position alone, before its last activation."""
    model = kind(name).model
    last = model.layers[-1]
    logits = last.input if isinstance(last, keras.layers.Activation) else linear(last)(last.input)
    one = keras.layers.Lambda(
        lambda scores: scores[:, position], output_shape=lambda shape: (shape[0], shape[2])
    )
    return keras.Model(model.inputs, one(logits))


def linear(layer):
    dense = keras.layers.Dense(layer.units)
    dense.build(layer.input.shape)
    dense.set_weights(layer.get_weights())
    return dense


def document(case, row=0):
    leaves = case.inputs if isinstance(case.inputs, list) else [case.inputs]
    return tuple(leaf[row] for leaf in leaves) if len(leaves) > 1 else leaves[0][row]


def heatmaps(explanation):
    texts = getattr(explanation, "texts", None)
    return (
        [explanation.targets[0].heatmap] if texts is None else [t.targets[0].heatmap for t in texts.values()]
    )


def options_of(method, model):
    if method != "gradcam":
        return OPTIONS.get(method, {})
    return {"layer": next(each.name for each in model.layers if len(each.output.shape) == 3 and each.weights)}


@pytest.mark.product
@pytest.mark.filterwarnings("ignore:.*Lambda.*")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", TAGGERS)
def test_a_token_is_explained_as_the_model_cut_to_it_is(name, method):
    case, row, position, index = kind(name), 1, 2, 1
    alone = sliced(name, position)
    settings = {"method": method, **options_of(method, case.model)}
    task = "binary" if name == "one_unit_tagger" else "multiclass"
    doc = document(case, row)
    got = textattr.explain_prediction(
        case.model, doc, targets=TokenClass(position, index), task=task, **settings
    )
    expected = textattr.explain_prediction(alone, doc, targets=index, task=task, **settings)
    for one, other in zip(heatmaps(got), heatmaps(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6 * max(1, np.abs(other).max()))
    assert got.targets[0].score == pytest.approx(expected.targets[0].score, abs=1e-5)
    assert got.targets[0].probability == pytest.approx(expected.targets[0].probability, abs=1e-6)
    assert got.prediction.scores.shape[0] == len(got.prediction.token_labels)


# that heads are read alike in both is shown in `test_heads.py`
@pytest.mark.parametrize("family", ["keras", pytest.param("tf_keras", marks=pytest.mark.rest)])
def test_what_is_predicted_there_and_the_contrast_of_two_classes(family):
    case = kind("bilstm_tagger", family)
    explainer = textattr.Explainer(case.model, method="gradient_x_input", target_names=LABELS)
    doc = document(case, 1)
    best = explainer.explain(doc, targets=(3, None))
    assert best.targets[0].label == best.prediction.token_labels[3]
    assert best.targets[0].position == 3
    first, second, both = (
        explainer.explain(doc, targets=(3, one), against=other).targets[0]
        for one, other in (("PER", None), ("LOC", None), ("PER", "LOC"))
    )
    np.testing.assert_allclose(both.heatmap, first.heatmap - second.heatmap, atol=1e-6)
    assert both.score == pytest.approx(first.score - second.score, abs=1e-6)


def test_the_prediction_has_a_line_for_each_token_that_is_no_padding():
    case = kind("bilstm_tagger")
    explainer = textattr.Explainer(case.model, target_names=LABELS)
    whole = np.asarray(case.model(case.inputs))
    for row, prediction in enumerate(explainer.predict(list(case.inputs))):
        kept = case.inputs[row] != 0
        np.testing.assert_allclose(prediction.probabilities, whole[row][kept], atol=1e-6)
        assert prediction.token_labels == tuple(LABELS[i] for i in whole[row][kept].argmax(-1))
        np.testing.assert_allclose(prediction.token_probabilities, whole[row][kept].max(-1), atol=1e-6)


def test_the_last_token_is_the_last_that_is_no_padding():
    case = kind("bilstm_tagger")
    row = 2  # two tokens of padding at the end
    explainer = textattr.Explainer(case.model, method="saliency")
    last, known = (explainer.explain(case.inputs[row], targets=(at, 0)).targets[0] for at in (-1, 3))
    np.testing.assert_array_equal(last.heatmap, known.heatmap)
    assert last.position == 3


def test_a_word_names_its_token():
    case = kind("convolution_tagger")
    words = "Ann saw Berlin and Ann slept".split()
    explainer = textattr.Explainer(case.model, method="saliency", target_names=LABELS, task="multiclass")
    named = explainer.explain(case.inputs[0], tokens=words, targets=TokenClass("Berlin", "LOC")).targets[0]
    assert (named.position, named.label) == (2, "LOC")
    with pytest.raises(TargetError, match="'Ann' stands at the positions 0, 4"):
        explainer.explain(case.inputs[0], tokens=words, targets=TokenClass("Ann", "PER"))
    with pytest.raises(TargetError, match="no token of the document is 'Paris'"):
        explainer.explain(case.inputs[0], tokens=words, targets=("Paris", "LOC"))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ((6, 0), "position 6 is out of range: the document has the positions 0 to 5"),
        ((-6, 0), "position -6 is out of range"),
        ((5, 0), "position 5 is padding: the document's own tokens stand at 0 to 4"),
        ((0, "LOK"), "unknown label 'LOK': did you mean 'LOC'"),
        ((0, 3), "target 3 is out of range"),
        ("LOC", "expected a token and its class in targets=, got 'LOC'"),
        (1, "expected a token and its class in targets=, got 1"),
        ([], "expected at least one target"),
        ((1.5, 0), "expected a token and its class"),
    ],
)
def test_targets_that_name_no_token_are_refused(targets, message):
    case = kind("bilstm_tagger")
    explainer = textattr.Explainer(case.model, method="saliency", target_names=LABELS)
    with pytest.raises(TargetError, match=message):
        explainer.explain(case.inputs[1], targets=targets)


def test_a_class_is_not_contrasted_with_itself():
    case = kind("bilstm_tagger")
    explainer = textattr.Explainer(case.model, method="saliency", target_names=LABELS)
    for targets in ((0, "LOC"), [(0, "PER"), (1, 2)]):
        with pytest.raises(TargetError, match="why 'LOC' rather than 'LOC'. Give two different classes"):
            explainer.explain(case.inputs[1], targets=targets, against="LOC")


def test_a_token_of_a_model_with_scores_for_the_whole_text_is_refused():
    case = kind("lstm_masked")
    for targets in (TokenClass(0, 1), [TokenClass(0, 1)], Entities()):
        with pytest.raises(TargetError, match="is the class of a token, but the model's scores"):
            textattr.explain_prediction(case.model, case.inputs[0], targets=targets, method="saliency")


def test_without_targets_a_model_that_has_no_background_asks_for_some():
    case = kind("bilstm_tagger")
    with pytest.raises(TargetError, match="the model has scores for each token: say in targets="):
        textattr.explain_prediction(case.model, case.inputs[0], method="saliency")


@pytest.mark.parametrize(
    ("predicted", "found"),
    [
        ("O LOC LOC O PER", [((1, 2), "LOC"), ((4,), "PER")]),
        ("LOC PER", [((0,), "LOC"), ((1,), "PER")]),
        ("B-LOC I-LOC B-LOC O", [((0, 1), "LOC"), ((2,), "B-LOC")]),
        ("B-LOC L-LOC U-LOC U-PER", [((0, 1), "LOC"), ((2,), "U-LOC"), ((3,), "U-PER")]),
        ("I-PER I-PER I-LOC", [((0, 1), "PER"), ((2,), "I-LOC")]),
        ("O B-PER E-PER S-PER", [((1, 2), "PER"), ((3,), "S-PER")]),
    ],
)
def test_neighbours_of_one_kind_are_one_entity(predicted, found):
    predicted = predicted.split()
    labels = tuple(dict.fromkeys(["O", *predicted]))
    count = len(predicted)
    words = [f"w{i}" for i in range(count)]
    no = np.zeros(count, bool)
    of = OutputTokens(None, words, no, no, words)
    probabilities = np.eye(len(labels))[[labels.index(label) for label in predicted]]
    head = kind_of_head(len(labels))
    targets = token_request("entities", None, labels).targets(head, labels, of, probabilities)
    got = [
        (
            tuple(token.position for token in t.selector.tokens),
            t.selector.label(labels, t.selector.tokens[0].index),
        )
        for t in targets
    ]
    assert got == found


def kind_of_head(classes):
    return Head("multiclass", classes, "softmax", is_per_token=True)


def test_an_entity_is_the_sum_of_its_tokens():
    case = kind("bilstm_tagger")
    explainer = textattr.Explainer(case.model, method="gradient_x_input", target_names=LABELS)
    label = explainer.predict([case.inputs[0]])[0].token_labels
    whole = explainer.explain(case.inputs[0], targets=Entities(background=("O",)))
    assert sorted(i for t in whole.targets for i in t.positions) == [
        i for i, each in enumerate(label) if each != "O"
    ]
    for target in whole.targets:
        each = [explainer.explain(case.inputs[0], targets=(i, None)).targets[0] for i in target.positions]
        np.testing.assert_allclose(target.heatmap, sum(t.heatmap for t in each), atol=1e-6)
        assert target.score == pytest.approx(sum(t.score for t in each), abs=1e-6)
        assert target.probability == pytest.approx(np.prod([t.probability for t in each]))
    assert explainer.explain(case.inputs[0]) == explainer.explain(case.inputs[0], targets="entities")


@pytest.mark.product
@pytest.mark.parametrize("score", ["logit", "log_odds", "probability"])
@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift", "shapley_sampling", "occlusion"])
def test_several_tokens_together_are_explained_by_every_method(method, score):
    case = kind("convolution_tagger")
    settings = {"method": method, "score": score, "task": "multiclass", **OPTIONS.get(method, {})}
    both = TokenClasses((TokenClass(1, 0), TokenClass(3, 2)), "both")
    explainer = textattr.Explainer(case.model, **settings)
    whole = explainer.explain(case.inputs[1], targets=both).targets[0]
    each = explainer.explain(case.inputs[1], targets=[(1, 0), (3, 2)]).targets
    np.testing.assert_allclose(whole.heatmap, sum(t.heatmap for t in each), atol=1e-5)
    assert whole.score == pytest.approx(sum(t.score for t in each), abs=1e-5)
    if whole.baseline_score is not None:
        assert whole.baseline_score == pytest.approx(sum(t.baseline_score for t in each), abs=1e-5)


def test_tokens_together_have_a_class_each():
    for tokens in ((), (TokenClass(1, 0), TokenClass(3, None)), (TokenClass(1, "LOC"),)):
        with pytest.raises(TargetError, match="expected tokens that have a class each"):
            TokenClasses(tokens, "both")


def test_a_function_of_scores_per_token_gets_the_logits_unless_probabilities_are_wanted():
    case = kind("bilstm_tagger")
    doc = document(case)
    settings = {"method": "gradient_x_input"}
    named = textattr.explain_prediction(case.model, doc, targets=(3, 2), **settings).targets[0]
    function = textattr.explain_prediction(
        case.model, doc, targets=lambda out: out[:, 3, 2], **settings
    ).targets[0]
    np.testing.assert_allclose(function.heatmap, named.heatmap, atol=1e-6)
    chance = textattr.explain_prediction(
        case.model, doc, targets=lambda out: out[:, 3, 2], score="probability", **settings
    ).targets[0]
    assert chance.score == pytest.approx(named.probability, abs=1e-6)


def test_tokens_that_come_later_are_shown_as_unseen():
    case = kind("tied_language_model")
    explained = textattr.explain_prediction(case.model, case.inputs[0], targets=(2, None), method="saliency")
    assert explained.targets[0].unseen == (3, 4, 5)
    assert textattr.explain_prediction(case.model, case.inputs[0], targets=(-1, 4)).targets[0].unseen == ()
    near = kind("convolution_tagger")
    found = textattr.explain_prediction(near.model, near.inputs[0], targets=(2, 1), task="multiclass")
    assert set(found.targets[0].unseen) >= {0, 4, 5}
    html = textattr.format_as_html(found)
    assert "grey: 3 tokens that this score cannot depend on" in html
    assert "outline:2px" in html


@pytest.mark.parametrize("row", [0, 2])
def test_the_scores_of_a_decoder_belong_to_its_own_text(row):
    case = kind("encoder_decoder")
    doc = {"source": case.inputs[0][row], "target": case.inputs[1][row]}
    for length in (5, 4):
        doc["source"] = doc["source"][:length]  # at 4 both texts are as long
        explained = textattr.explain_prediction(case.model, doc, targets=(1, 3), method="gradient_x_input")
        assert explained["target"].targets[0].positions == (1,)
        assert explained["source"].targets[0].positions == ()
        assert explained["target"].targets[0].unseen == (2, 3)
        assert len(explained.prediction.token_labels) == 4


@pytest.mark.parametrize("method", [IntegratedGradients(steps=300), ShapleySampling(samples=3)])
def test_weights_sum_to_what_was_gained(method):
    case = kind("transformer_tagger")
    target = textattr.explain_prediction(case.model, document(case), targets=(2, 1), method=method).targets[0]
    assert target.baseline_score == target.diagnostics["baseline_score"]
    total = target.heatmap.sum() + sum(target.shares.values())
    assert total == pytest.approx(target.score - target.baseline_score, abs=2e-3)


@pytest.mark.parametrize("name", ["bilstm_tagger", "encoder_decoder"])
def test_it_goes_into_a_dict_and_back_and_is_shown(name):
    case = kind(name)
    found = textattr.explain_prediction(
        case.model, document(case), targets=[(1, 0), (2, None)], method="saliency"
    )
    assert textattr.Explanation.from_dict(json.loads(json.dumps(textattr.format_as_dict(found)))) == found
    token = found.tokens[1].text if name == "bilstm_tagger" else found["target"].tokens[1].text
    assert f"at {token}" in textattr.format_as_text(found)
    assert f">{token}<" in textattr.format_as_text(found)
    assert len(textattr.format_as_dataframe(found))


def test_many_documents_at_once_are_explained_as_one_by_one():
    case = kind("bilstm_tagger")
    explainer = textattr.Explainer(case.model, method="gradient_x_input")
    together = list(explainer.explain_many(list(case.inputs), targets=(1, None)))
    for row, one in enumerate(together):
        alone = explainer.explain(case.inputs[row], targets=(1, None))
        np.testing.assert_allclose(one.targets[0].heatmap, alone.targets[0].heatmap, atol=1e-6)
        assert one.prediction.token_labels == alone.prediction.token_labels


def test_the_doctor_tries_every_method_on_a_token():
    found = diagnose(kind("transformer_tagger").model)
    assert found.problem is None
    assert [trial.error for trial in found.trials] == [None] * len(METHODS)
    assert found.outputs[0].is_per_token


def test_attribute_takes_the_class_of_a_token():
    case = kind("bilstm_tagger")
    each = METHODS["gradient_x_input"]().attribute(case.model, case.inputs, target=TokenClass(1, 2))
    for row, array in enumerate(each):
        alone = textattr.explain_prediction(
            case.model, case.inputs[row], targets=(1, 2), method="gradient_x_input"
        )
        kept = case.inputs[row] != 0
        np.testing.assert_allclose(array.sum(-1)[kept], alone.targets[0].heatmap, atol=1e-6)
    for wrong in (None, 1, TokenClass("word", 1), TokenClass(0, 7), [TokenClass(0, 1)]):
        with pytest.raises(TargetError):
            METHODS["saliency"]().attribute(case.model, case.inputs, target=wrong)


@cache
def tied():
    """A model whose table is also its last layer, and the same that gives only the logits of the last token."""
    keras.utils.set_random_seed(0)
    x = keras.Input((None,), dtype="int32")
    table = keras.layers.ReversibleEmbedding(30, 6)
    logits = table(keras.layers.LSTM(6, return_sequences=True)(table(x)), reverse=True)
    return keras.Model(x, keras.layers.Softmax()(logits)), keras.Model(x, logits[:, -1])


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift", "lrp", "occlusion"])
def test_a_table_that_is_read_and_written_with(method):
    whole, last = tied()
    doc = np.array([3, 7, 2, 9, 11], "int32")
    next_token = textattr.explain_prediction(whole, doc, targets=TokenClass(-1, 4), method=method).targets[0]
    expected = textattr.explain_prediction(last, doc, targets=4, task="multiclass", method=method).targets[0]
    np.testing.assert_allclose(next_token.heatmap, expected.heatmap, atol=1e-6)


def test_a_function_explains_an_output_of_any_shape():
    x = keras.Input((4,), dtype="int32")
    vectors = keras.layers.Embedding(30, 6)(x)
    scores = keras.layers.Dense(3, activation="softmax")(keras.layers.Reshape((4, 2, 3))(vectors))
    model = keras.Model(x, scores)
    doc = np.array([3, 7, 2, 9], "int32")
    found = textattr.explain_prediction(
        model, doc, targets=lambda out: out[:, 1, 0, 2], method="gradient_x_input", score="logit"
    ).targets[0]
    kernel, bias = (np.asarray(weight) for weight in model.layers[-1].weights)
    vector = np.asarray(model.layers[1].embeddings)[7]
    assert found.score == pytest.approx(vector[:3] @ kernel[:, 2] + bias[2], abs=1e-6)
    np.testing.assert_allclose(found.heatmap, [0, vector[:3] @ kernel[:, 2], 0, 0], atol=1e-6)
    with pytest.raises(TargetError, match="neither one score per class nor"):
        textattr.explain_prediction(model, doc, targets=1, method="saliency")


def vectors_of_any_length():
    x = keras.Input((None,), dtype="int32")
    return x, keras.layers.Embedding(30, 6)(x)


@pytest.mark.parametrize("score", [None, "logit", "probability"])
def test_a_function_explains_an_output_whose_size_is_that_of_the_text(score):
    x, vectors = vectors_of_any_length()
    of_each = keras.layers.TimeDistributed(keras.layers.Reshape((2, 3)))(vectors)
    model = keras.Model(x, keras.layers.Softmax()(of_each))
    explainer = textattr.Explainer(model, method="gradient_x_input", score=score)
    for doc in (np.array([3, 7, 2, 9], "int32"), np.array([3, 7], "int32")):
        found = explainer.explain(doc, targets=lambda out: out[:, 1, 0, 2])
        vector = np.asarray(model.layers[1].embeddings)[7]
        expected = vector[2]
        if score == "probability":
            expected = np.exp(vector[2]) / np.exp(vector[:3]).sum()
        assert found.targets[0].score == pytest.approx(expected, abs=1e-6)
        assert np.flatnonzero(found.targets[0].heatmap).tolist() == [1]
        assert found.prediction.scores.shape == (len(doc) * 6,)


@pytest.mark.parametrize("lines", [2, None])
def test_a_function_explains_lines_that_are_no_tokens(lines):
    x, vectors = vectors_of_any_length()
    if lines is None:  # one line less than there are tokens
        scores = keras.layers.Conv1D(3, 2)(vectors)
    else:
        scores = keras.layers.Reshape((2, 3))(keras.layers.GlobalAveragePooling1D()(vectors))
    model = keras.Model(x, scores)
    explainer = textattr.Explainer(model, method="gradient_x_input")
    doc = np.array([3, 7, 2, 9], "int32")
    found = explainer.explain(doc, targets=lambda out: out[:, 1, 2])
    assert found.targets[0].score == pytest.approx(float(model(doc[None])[0, 1, 2]), abs=1e-6)
    assert len(explainer.predict([doc])[0].labels) == 3 * (lines or 3)
    with pytest.raises(TargetError, match="pass targets= a function of the outputs"):
        explainer.explain(doc, targets=(1, 2))


def test_one_score_for_each_token_has_as_many_classes():
    x, vectors = vectors_of_any_length()
    pooled = keras.layers.Reshape((-1,))(keras.layers.Dense(1, use_bias=False)(vectors))
    model = keras.Model(x, keras.layers.Softmax()(pooled))
    explainer = textattr.Explainer(model, method="gradient_x_input")
    for doc in (np.array([3, 7, 2, 9], "int32"), np.array([3, 7], "int32")):
        target = explainer.explain(doc, targets=1).targets[0]
        assert target.probability == pytest.approx(float(model(doc[None])[0, 1]), abs=1e-6)
        assert np.flatnonzero(target.heatmap).tolist() in ([1], [0, 1])


def test_an_output_for_functions_beside_others_tells_how_to_name_these():
    x, vectors = vectors_of_any_length()
    lines = keras.layers.Reshape((2, 3))(keras.layers.GlobalAveragePooling1D()(vectors))
    classes = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalMaxPooling1D()(vectors))
    model = keras.Model(x, {"classes": classes, "lines": lines})
    doc = np.array([3, 7, 2, 9], "int32")
    with pytest.raises(
        TargetError, match="output 'lines' .* or name the output to explain, targets={'classes'"
    ):
        textattr.explain_prediction(model, doc, method="saliency")
    found = textattr.explain_prediction(model, doc, targets={"classes": None}, method="saliency")
    assert found.targets[0].output == "classes"


def test_a_model_that_splits_strings_has_scores_for_their_tokens():
    split = keras.layers.TextVectorization(vocabulary=["ann", "saw", "berlin"], output_sequence_length=6)
    x = keras.Input((), dtype="string")
    read = keras.layers.Conv1D(4, 3, padding="same")(keras.layers.Embedding(5, 4, mask_zero=True)(split(x)))
    model = keras.Model(x, keras.layers.Dense(3, activation="softmax")(read))
    explainer = textattr.Explainer(model, method="gradient_x_input", target_names=LABELS)
    found = explainer.explain("Ann saw Berlin!", targets=("Berlin", "LOC"))
    assert found.targets[0].spans[found.targets[0].position].text == "Berlin"
    assert len(found.prediction.token_labels) == 3


def test_a_chunk_of_one_gives_the_same():
    case = kind("bilstm_tagger")
    whole, alone = (
        list(
            textattr.Explainer(case.model, method="saliency", batch_size=size).explain_many(
                list(case.inputs), targets=(1, None)
            )
        )
        for size in (64, 1)
    )
    for one, other in zip(whole, alone, strict=True):
        np.testing.assert_allclose(one.targets[0].heatmap, other.targets[0].heatmap, atol=1e-6)
        assert one.prediction.token_labels == other.prediction.token_labels
        assert one.targets[0].unseen == other.targets[0].unseen


def test_a_number_for_each_token_is_explained():
    keras.utils.set_random_seed(0)
    x = keras.Input((None,), dtype="int32")
    hidden = keras.layers.LSTM(4, return_sequences=True)(keras.layers.Embedding(30, 6)(x))
    values = keras.layers.Dense(1)(hidden)
    doc = np.array([3, 7, 2, 9], "int32")
    settings = {"method": "gradient_x_input", "task": "regression"}
    found = textattr.explain_prediction(keras.Model(x, values), doc, targets=(2, 0), **settings)
    [expected] = textattr.explain_prediction(keras.Model(x, values[:, 2]), doc, **settings).targets
    np.testing.assert_allclose(found.targets[0].heatmap, expected.heatmap, atol=1e-6)
    assert found.targets[0].score == pytest.approx(expected.score, abs=1e-6)
    assert found.prediction.scores.shape == (4, 1)


def test_a_function_that_fails_is_an_error_that_tells_the_shape():
    case = kind("bilstm_tagger")
    for function in (lambda out: out[:, 0, 9], lambda out: out["slots"][:, 0, 1], lambda _: 1 / 0):
        with pytest.raises(TargetError, match=r"function in targets= failed on outputs of the shape \(None,"):
            textattr.explain_prediction(case.model, case.inputs[0], targets=function, method="saliency")


@pytest.mark.parametrize("targets", [TokenClass(1, 2), Entities(), "entities", None])
def test_the_output_that_has_scores_for_each_token_is_named(targets):
    x = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(30, 6)(x)
    intent = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling1D()(vectors))
    slots = keras.layers.Dense(4, activation="softmax")(vectors)
    model = keras.Model(x, {"intent": intent, "slots": slots})
    with pytest.raises(TargetError, match=r"\{'slots': "):
        textattr.explain_prediction(model, np.array([3, 7, 2]), targets=targets, method="saliency")
