"""No result depends on what else is explained beside it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import kind

import textattr

WORDS = {"good": 0.4, "excellent": 2.0, "awful": -3.0, "bad": -1.5, "fine": 0.2}
TEXTS = ["a good film", "awful", "a fine film", "an excellent film", "plain", "bad, bad film"]


def margin(texts):
    return np.array([sum(WEIGHT for word, WEIGHT in WORDS.items() if word in text) for text in texts])


def probability(texts):
    return 1 / (1 + np.exp(-margin(texts)))


def two_margins(texts):
    return np.stack([-margin(texts), margin(texts)], axis=1)


def labelled(texts):
    return [[{"label": "no", "score": 1 - p}, {"label": "yes", "score": p}] for p in probability(texts)]


def multilabel(texts):
    return np.stack([margin(texts), probability(texts)], axis=1)


FUNCTIONS = [
    (margin, {"task": "binary"}, lambda m: m > 0),
    (margin, {"target_names": ["no", "yes"]}, lambda m: m > 0),
    (probability, {"task": "binary"}, lambda m: m > 0),
    (probability, {"target_names": ["no", "yes"]}, lambda m: m > 0),
    (margin, {}, None),
    (two_margins, {}, lambda m: m > 0),
    (labelled, {}, lambda m: m > 0),
    (multilabel, {"task": "multilabel"}, None),
]


def plain(prediction):
    probabilities = None if prediction.probabilities is None else prediction.probabilities.tolist()
    return prediction.label, prediction.scores.tolist(), probabilities, prediction.task


@pytest.mark.parametrize(("function", "settings", "is_second"), FUNCTIONS)
def test_a_score_means_the_same_alone_and_in_any_batch(function, settings, is_second):
    alone = [textattr.Explainer(function, **settings).predict([text])[0] for text in TEXTS]
    together = textattr.Explainer(function, **settings).predict(TEXTS)
    backwards = textattr.Explainer(function, **settings).predict(TEXTS[::-1])[::-1]
    assert [*map(plain, alone)] == [*map(plain, together)] == [*map(plain, backwards)]
    if is_second is not None:
        right = [bool(is_second(m)) for m in margin(TEXTS) if m != 0]
        got = [p.label == p.labels[1] for p, m in zip(alone, margin(TEXTS), strict=True) if m != 0]
        assert got == right


@pytest.mark.parametrize(("function", "settings", "is_second"), FUNCTIONS)
def test_explanations_are_the_same_alone_and_in_any_batch(function, settings, is_second):
    settings = {**settings, "method": "occlusion"}
    alone = [textattr.explain_prediction(function, text, **settings) for text in TEXTS]
    together = list(textattr.Explainer(function, **settings).explain_many(TEXTS))
    for one, other in zip(alone, together, strict=True):
        assert textattr.format_as_dict(one) == textattr.format_as_dict(other)


def test_what_contradicts_the_reading_of_a_score_is_said():
    def looks_like_a_probability(texts):
        return [5.0 if "zebra" in text else 0.3 for text in texts]

    explainer = textattr.Explainer(looks_like_a_probability, task="binary", method="occlusion")
    odd, usual = explainer.explain_many(["a zebra", "a horse"])
    assert any("is no probability" in warning for warning in odd.warnings)
    assert odd.prediction.probabilities is None
    assert not any("is no probability" in warning for warning in usual.warnings)
    np.testing.assert_allclose(usual.prediction.probabilities, [0.7, 0.3])


@pytest.mark.parametrize("name", ["bilstm_masked", "three_branches", "multilabel", "regression"])
def test_documents_of_a_keras_model_are_explained_the_same_alone_and_together(name):
    case = kind(name)
    documents = [*case.inputs, case.inputs[0][:-1], *case.inputs[::-1]]
    explainer = textattr.Explainer(case.model, method="gradient_x_input")
    for one, other in zip(map(explainer.explain, documents), explainer.explain_many(documents), strict=True):
        assert one.prediction.label == other.prediction.label
        assert [t.label for t in one.targets] == [t.label for t in other.targets]
        for mine, others in zip(one.targets, other.targets, strict=True):
            np.testing.assert_allclose(mine.heatmap, others.heatmap, atol=1e-6)


def test_however_large_the_batches_explanations_come_early():
    read = []

    def documents():
        for i in range(5000):
            read.append(i)
            yield "good film"

    explainer = textattr.Explainer(margin, method="occlusion", batch_size=1_000_000)
    next(explainer.explain_many(documents()))
    assert len(read) <= 1024


class Branching(keras.layers.Layer):
    """Does one of two things by the sign of a mean over the batch, which halves of it may well share."""

    def call(self, x):
        return tf.cond(tf.reduce_mean(x) > 0, lambda: 2 * x, lambda: x - 1)


def test_a_branch_that_most_of_a_batch_takes_is_not_taken_for_a_document_that_does_not():
    vectors = keras.layers.Embedding(30, 1, embeddings_initializer=keras.initializers.Constant(0))
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            vectors,
            Branching(),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    vectors.embeddings.assign(np.linspace(-1, 3, 30)[:, None])
    docs = [
        np.array(each, "int32")
        for each in ([29, 28, 27], [20, 21, 22], [1, 2, 3], [25, 24, 23], [19, 18, 17])
    ]
    explainer = textattr.Explainer(model, method="gradient_x_input")
    alone = [textattr.Explainer(model, method="gradient_x_input").explain(doc) for doc in docs]
    for one, other in zip(explainer.explain_many(docs), alone, strict=True):
        np.testing.assert_allclose(one.targets[0].heatmap, other.targets[0].heatmap, atol=1e-6)
        np.testing.assert_allclose(one.prediction.probabilities, other.prediction.probabilities, atol=1e-6)
