"""`batch_size="auto"`: as many rows at a time as fit, with the same explanations."""

from __future__ import annotations

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf

import textattr
from textattr import errors
from textattr.split import row_memory
from textattr.split.row_memory import RowMemory

KINDS = ["convolution", "bilstm_masked", "self_attention_masked"]


def documents(count=9):
    rng = np.random.default_rng(0)
    docs = [rng.integers(2, 20, 6) for _ in range(count)]
    return docs, [[str(i) for i in doc] for doc in docs]


def test_bytes_are_counted_by_powers_of_the_length():
    scores = tf.function(lambda x: tf.nn.softmax(tf.matmul(x, x, transpose_b=True)) @ tf.ones((5, 5)))
    graph = scores.get_concrete_function(tf.TensorSpec((None, 5, 3), tf.float32)).graph
    assert RowMemory.of(graph.get_operations()).bytes_by_power == {0: 3 * 5 * 5 * 4}
    graph = scores.get_concrete_function(tf.TensorSpec((None, None, 3), tf.float32)).graph
    assert RowMemory.of(graph.get_operations()).bytes_by_power == {2: 2 * 4, 1: 5 * 4}


@pytest.mark.parametrize("kind", KINDS)
def test_chunks_of_any_size_explain_alike(kind, monkeypatch):
    docs, tokens = documents()
    model = getattr(kinds, kind)(keras).model
    found = {}
    for size in ("auto", 64):
        for room in ("_ROOM", "_LITTLE"):
            monkeypatch.setattr(row_memory, room, 1.0)  # one row at a time
        explainer = textattr.Explainer(model, method="gradient_x_input", batch_size=size)
        found[size] = [e.targets[0].heatmap for e in explainer.explain_many(docs, tokens=tokens)]
    np.testing.assert_allclose(found["auto"], found[64], atol=1e-6)


@pytest.mark.parametrize(
    ("rooms", "most"), [({"_ROOM": 50_000, "_LITTLE": 0}, 64), ({"_ROOM": 0, "_LITTLE": 50_000}, 128)]
)
def test_long_documents_go_in_smaller_chunks(rooms, most, monkeypatch):
    sizes = []
    for name, room in rooms.items():
        monkeypatch.setattr(row_memory, name, room)
    explainer = textattr.Explainer(kinds.self_attention_masked(keras).model, method="saliency")
    attributed = type(explainer.method).explain_rows
    monkeypatch.setattr(
        type(explainer.method),
        "explain_rows",
        lambda self, split, rows: sizes.append(rows.batch_size) or attributed(self, split, rows),
    )
    for length in (2, 8):
        explainer.explain(np.full(length, 3), tokens=["w"] * length)
    assert 1 <= sizes[1] < sizes[0] <= most


@pytest.mark.parametrize("given", ["all", 0, 2.0, True, [64]])
def test_what_is_no_size_is_refused(given):
    with pytest.raises(errors.OptionError, match="batch_size must be a whole number of at least 1"):
        textattr.Explainer(lambda texts: np.zeros(len(texts)), batch_size=given)
