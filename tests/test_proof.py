"""The explained function is the model: cuts that are broken on purpose are caught, and nothing else is."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import KINDS, keras_of, kind

import textattr
from textattr.errors import DocumentError, ModelOutputError
from textattr.graph.layer_scopes import LayerScopes
from textattr.methods import METHODS, Saliency
from textattr.proof.agreement import ACTIVATED, INJECTED, UNINJECTED, agreement
from textattr.proof.copies import AMONG_COPIES
from textattr.proof.independence import are_independent
from textattr.proof.proof import Proof
from textattr.proof.walked import WALKED
from textattr.split.cut import Cut
from textattr.split.model import SplitModel
from textattr.split.rows import Rows
from textattr.split.sites import GATHER


def cut_of(case):
    """A kind cut anew, so that nothing is known of it, and its rows."""
    split = SplitModel(case.model)
    inputs = split.checked(case.inputs)
    rows = Rows.predicted(inputs, split.head(inputs))
    return split, rows[:1] if rows.hold_strings else rows


def can_inject(split, rows):
    return all(site.kind != GATHER for site in split.known(rows.inputs).sites.texts)


def caught(case):
    split, rows = cut_of(case)
    with pytest.raises(ModelOutputError, match="what would be explained is not the model"):
        agreement(split, rows)


@pytest.mark.product("every kind of model, compared")
@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_no_false_alarm(name, family):
    split, rows = cut_of(kind(name, family))
    found = agreement(split, rows)
    assert len(found.checks) >= 1 + can_inject(split, rows)
    assert all(check.holds for check in found.checks)


def altered(monkeypatch, alter):
    """Let the cut model run on vectors that are not those it is given."""
    run = Cut.run

    def wrong(self, rows=None, vectors=None, others=None, entered=None):
        if vectors is not None:
            vectors = tuple(map(alter, vectors))
        return run(self, rows, vectors, others, entered)

    monkeypatch.setattr(Cut, "run", wrong)


INJECTABLE = sorted(set(KINDS) - {"bare_gather"})


@pytest.mark.product("every kind of model, compared")
@pytest.mark.parametrize("name", INJECTABLE)
def test_vectors_that_are_not_those_given_are_caught(name, monkeypatch):
    altered(monkeypatch, lambda vectors: 1.5 * vectors)
    caught(kind(name))


# A functional model of Keras 3 has its masks in its own graph, where nothing can drop them.
MASKED = [("self_attention_masked", "keras"), ("self_attention_masked", "tf_keras")] + [
    (name, "tf_keras") for name in ("lstm_masked", "gru_masked", "bilstm_masked", "average_masked")
]


@pytest.mark.product
@pytest.mark.parametrize(("name", "family"), MASKED)
def test_a_mask_that_is_dropped_is_caught(name, family, monkeypatch):
    dropped = []
    run, embedding = Cut.run, keras_of(family).layers.Embedding
    mask = embedding.compute_mask

    def without_masks(self, rows=None, vectors=None, others=None):
        dropped[:] = [True] * (vectors is not None)
        try:
            return run(self, rows, vectors, others)
        finally:
            dropped.clear()

    monkeypatch.setattr(Cut, "run", without_masks)
    monkeypatch.setattr(embedding, "compute_mask", lambda *args: None if dropped else mask(*args))
    caught(kind(name, family))


# They pool over all positions: what stands where is nothing to them.
UNORDERED = {
    "custom_lookup",
    "dict_with_numbers",
    "hierarchical",
    "multilabel",
    "pre_norm_block",
    "regression",
    "strings",
    "traced_call",
    "two_tables",
}


@pytest.mark.product("every kind of model, compared")
@pytest.mark.parametrize("name", sorted(set(INJECTABLE) - UNORDERED))
def test_positions_that_are_shifted_are_caught(name, monkeypatch):
    altered(monkeypatch, lambda vectors: tf.roll(vectors, 1, 1))
    caught(kind(name))


def test_dropout_that_is_left_on_is_caught():
    la = keras.layers
    parts = la.Embedding(30, 4), la.Dropout(0.5, seed=1), la.GlobalAveragePooling1D(), la.Dense(3)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), *parts])
    split = SplitModel(model)
    inputs = split.checked(np.arange(1, 13).reshape(2, 6))
    rows = Rows.predicted(inputs, split.head(inputs))
    call = type(model).__call__
    calls = []

    def trained(self, *args, training=None, **kwargs):
        calls.append(training)
        return call(self, *args, training=len(calls) % 2 == 0, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(model), "__call__", trained)
        with pytest.raises(ModelOutputError, match="first layer whose output differs is 'dropout"):
            agreement(split, rows)


@pytest.mark.product("every kind of model, compared")
@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_head_that_is_wrong_is_caught(name, monkeypatch):
    understood = Cut.understood

    def wrong(self, outputs):
        output, logits = understood(self, outputs)
        return output, 1.5 * logits

    monkeypatch.setattr(Cut, "understood", wrong)
    caught(kind(name))


@pytest.mark.product
@pytest.mark.parametrize("dtype", ["float64", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["convolution", "lstm_masked", "self_attention_masked", "pre_norm_block"])
def test_no_false_alarm_in_other_precisions(name, dtype):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        case = KINDS[name](keras)
    finally:
        keras.config.set_dtype_policy(before)
    split, rows = cut_of(case)
    assert all(check.holds for check in agreement(split, rows).checks)
    assert are_independent(split, rows, agreement(split, rows))


class BatchMoments(keras.layers.Layer):
    """Normalises by the mean over the batch, as batch normalisation does in training."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=0, keepdims=True)


class BatchAttention(keras.layers.Layer):
    """Attends to all rows of the batch."""

    def call(self, x):
        flat = keras.ops.reshape(x, (keras.ops.shape(x)[0], -1))
        weights = tf.nn.softmax(keras.ops.matmul(flat, keras.ops.transpose(flat)))
        return keras.ops.reshape(keras.ops.matmul(weights, flat), keras.ops.shape(x))


class BatchRank(keras.layers.Layer):
    """Tells how many rows of the batch have a larger number."""

    def call(self, x):
        return x + keras.ops.cast(keras.ops.argsort(keras.ops.argsort(x, axis=0), axis=0), x.dtype)


def mixing(layer):
    keras.utils.set_random_seed(3)
    parts = keras.layers.Embedding(30, 4, embeddings_initializer="normal"), keras.layers.GlobalMaxPooling1D()
    model = keras.Sequential([keras.Input((None,), dtype="int32"), *parts, layer()])
    model.add(keras.layers.Dense(2, activation="softmax"))
    model.layers[0].set_weights([np.random.default_rng(0).normal(size=(30, 4))])
    return model


@pytest.mark.parametrize("layer", [BatchMoments, BatchAttention, BatchRank])
def test_rows_that_influence_each_other_run_one_at_a_time(layer):
    model = mixing(layer)
    docs = np.random.default_rng(1).integers(1, 30, (8, 5))
    alone = np.concatenate([model.predict(doc[None], verbose=0) for doc in docs])
    explainer = textattr.Explainer(model, method="gradient_x_input")
    predictions = explainer.predict(list(docs))
    np.testing.assert_allclose([p.probabilities for p in predictions], alone, atol=1e-6)
    for explanation, expected in zip(explainer.explain_many(list(docs)), alone, strict=True):
        np.testing.assert_allclose(explanation.prediction.probabilities, expected, atol=1e-6)
        assert any("depends on what stands beside it" in warning for warning in explanation.warnings)


def test_an_explanation_says_what_was_compared():
    case = kind("lstm_masked")
    explanation = textattr.explain_prediction(case.model, case.inputs[0], method="saliency")
    assert {check.name for check in explanation.checks} >= {UNINJECTED, INJECTED, ACTIVATED}
    assert all(check.holds for check in explanation.checks)
    data = textattr.format_as_dict(explanation)
    assert [check["name"] for check in data["checks"]] == [check.name for check in explanation.checks]
    again = textattr.Explanation.from_dict(data)
    assert again.checks == explanation.checks
    del data["checks"]
    assert textattr.Explanation.from_dict(data).checks == ()


def test_outputs_that_are_no_floats_are_compared_as_well():
    tokens = keras.Input((None,), dtype="int32")
    scores = keras.layers.Dense(3)(
        keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(30, 4)(tokens))
    )
    model = keras.Model(tokens, {"scores": scores, "class": keras.ops.argmax(scores, axis=-1)})
    explanation = textattr.explain_prediction(model, [1, 2, 3], targets={"scores": 0}, method="saliency")
    assert all(check.holds for check in explanation.checks)


def test_a_model_for_batches_of_one_size_is_compared_in_another_order_alone():
    tokens = keras.Input(batch_shape=(4, 5), dtype="int32")
    pooled = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(30, 4)(tokens))
    model = keras.Model(tokens, keras.layers.Dense(2)(keras.layers.Reshape((4,))(pooled)))
    split = SplitModel(model)
    inputs = split.checked(np.arange(1, 21).reshape(4, 5))
    rows = Rows.predicted(inputs, split.head(inputs))
    assert are_independent(split, rows, agreement(split, rows))


class TwoStarts(keras.Model):
    """Begins with first states of its own, two of them, so that a single document has two lines of scores."""

    def __init__(self, second):
        super().__init__()
        self.lookup, self.loop, self.last = (
            keras.layers.Embedding(30, 4),
            keras.layers.GRU(3),
            keras.layers.Dense(2),
        )
        self.start = np.float32([[0.5, -1, 2], second])

    def call(self, ids):
        return self.last(self.loop(self.lookup(ids), initial_state=self.start))


def test_a_model_that_answers_for_another_number_of_documents_is_refused():
    two = np.array([[1, 2, 3], [4, 5, 6]], "int32")
    same, alone, other = TwoStarts([0.5, -1, 2]), TwoStarts([0.5, -1, 2]), TwoStarts([-2, 1, 0])
    for model in (same, alone, other):
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert np.abs(Saliency().attribute(same, two)).min() > 0
    with pytest.raises(DocumentError):
        Saliency().attribute(same, two[:1])
    for ask in (
        lambda: Saliency().attribute(same, two[:1], score="log_odds"),
        lambda: textattr.Explainer(same).predict([[1, 2, 3]]),
    ):
        with pytest.raises(DocumentError, match="one line of scores for each document, got 2 for 1"):
            ask()
    with pytest.raises(DocumentError, match="one line of scores for each document, got 2 for 1"):
        Saliency().attribute(alone, two[:1])
    with pytest.raises(DocumentError, match="one line of scores for each document, got 2 for 1"):
        Saliency().attribute(other, two)  # where it counts which document is first


@pytest.mark.product
@pytest.mark.parametrize(
    "method", ["smoothgrad", "integrated_gradients", "occlusion", "shapley_sampling", "lime"]
)
@pytest.mark.parametrize("layer", [BatchMoments, BatchAttention, BatchRank])
def test_copies_of_one_document_that_influence_each_other_run_one_at_a_time(layer, method):
    doc = np.random.default_rng(1).integers(1, 30, 5)
    told = textattr.explain_prediction(mixing(layer), doc, method=method)
    assert any("depends on what stands beside it" in warning for warning in told.warnings)
    alone = textattr.explain_prediction(mixing(layer), doc, method=method, batch_size=1)
    np.testing.assert_allclose(told.targets[0].heatmap, alone.targets[0].heatmap, atol=1e-6)
    assert all(check.holds for check in told.checks)


@pytest.mark.product
@pytest.mark.parametrize("method", ["smoothgrad", "integrated_gradients", "occlusion"])
@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_an_untouched_copy_is_compared_with_the_document(method, batch_size, monkeypatch):
    case = kind("lstm_masked")
    found = textattr.explain_prediction(case.model, case.inputs[0], method=method, batch_size=batch_size)
    assert [check.holds for check in found.checks if check.name == AMONG_COPIES] == [True]
    assert not any("depends on what stands beside it" in warning for warning in found.warnings)
    altered(monkeypatch, lambda vectors: 1.5 * vectors)
    split, rows = cut_of(case)
    monkeypatch.setattr("textattr.methods.method.proof_of", lambda *_: Proof((), True))
    with pytest.raises(ModelOutputError, match="where rounding explains"):
        METHODS[method]().explain_rows(split, replace(rows, batch_size=batch_size))


@pytest.mark.product
@pytest.mark.parametrize("layer", [BatchMoments, BatchAttention, BatchRank])
@pytest.mark.parametrize("replacement", [lambda ids, out: np.where(out, 1, ids), "remove"])
def test_copies_with_other_tokens_that_influence_each_other_run_one_at_a_time(layer, replacement):
    doc = np.random.default_rng(1).integers(1, 30, 5)
    options = {"method": "occlusion", "replacement": replacement}
    told = textattr.explain_prediction(mixing(layer), doc, **options)
    assert any("depends on what stands beside it" in warning for warning in told.warnings)
    alone = textattr.explain_prediction(mixing(layer), doc, **options, batch_size=1)
    np.testing.assert_allclose(told.targets[0].heatmap, alone.targets[0].heatmap, atol=1e-6)
    assert AMONG_COPIES in {check.name for check in told.checks}


@pytest.mark.parametrize("method", ["lrp", "deeplift"])
@pytest.mark.parametrize(
    "name", ["lstm_masked", "convolution"]
)  # two runs; one, whose ops are those of the model
def test_the_run_that_is_walked_back_is_compared_with_the_model(name, method, monkeypatch):
    case = kind(name)
    found = textattr.explain_prediction(case.model, case.inputs[0], method=method)
    assert [check.holds for check in found.checks if check.name == WALKED] == [True]
    run = Cut.run

    def elsewhere(cut, rows=None, vectors=None, others=None):
        return run(cut, rows, tuple(1.5 * each for each in vectors or run(cut).vectors), others)

    recorded = LayerScopes.recorded

    @contextmanager
    def wrong(scopes):
        with recorded(scopes), monkeypatch.context() as patch:
            patch.setattr(Cut, "run", elsewhere)
            yield

    monkeypatch.setattr(LayerScopes, "recorded", wrong)
    split, rows = cut_of(case)
    with pytest.raises(ModelOutputError, match="as the method ran it to walk back"):
        METHODS[method]().explain_rows(split, rows)


# One kind for each way in which copies are run.
IN_ANY_PRECISION = (
    "convolution",
    "vectors",
    "vectors_masked",
    "segments",
    "shared_table",
    "pre_norm_block",
    "attention_masked",
)


@pytest.mark.product
@pytest.mark.parametrize("dtype", ["float32", "float64", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", IN_ANY_PRECISION)
def test_no_false_alarm_among_copies_in_any_precision(name, dtype):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        case = KINDS[name](keras)
    finally:
        keras.config.set_dtype_policy(before)
    split, rows = cut_of(case)
    found = METHODS["integrated_gradients"](steps=3).explain_rows(split, rows)
    assert AMONG_COPIES in {check.name for check in found.checks}
    assert all(check.holds for check in found.checks)
    assert not any("depends on what stands beside it" in each for row in found.warnings for each in row)
