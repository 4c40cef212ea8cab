"""A baseline that is the same for all rows is run once: DeepLIFT's weights are what they are with a run for each."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from textattr.deeplift import propagate
from textattr.deeplift.shared_baseline import rows_of_baseline
from textattr.lrp import added_rule
from textattr.methods import DeepLIFT
from textattr.split.model import split_model
from textattr.split.rows import Rows
from textattr.targets.target import Function, Target

ALIKE = np.array([[1, 2, 3, 4], [4, 3, 2, 1], [2, 2, 5, 1]])
MIXED = np.array([[1, 2, 3, 4], [4, 3, 0, 0], [2, 0, 0, 0]])
TABLE = {"input_dim": 6, "output_dim": 4, "embeddings_initializer": keras.initializers.RandomNormal(stddev=1)}


def made(read, masked=True, numbers=0):
    """ids, and perhaps numbers beside them, to three classes."""
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = read(layers.Embedding(**TABLE, mask_zero=masked)(ids))
    if not numbers:
        return keras.Model(ids, layers.Dense(3, activation="softmax")(x))
    beside = keras.Input((numbers,), name="beside")
    x = layers.Multiply()([x, layers.Dense(5, activation="tanh")(beside)])
    return keras.Model({"ids": ids, "beside": beside}, layers.Dense(3, activation="softmax")(x))


def convolved(x):
    return layers.Dense(5, activation="tanh")(
        layers.GlobalMaxPooling1D()(layers.Conv1D(7, 2, activation="relu")(x))
    )


def recurrent(x):
    return layers.Bidirectional(layers.LSTM(3))(x)


def attended(x):
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 3)(x, x))
    return layers.GlobalAveragePooling1D()(layers.Dense(5, activation="gelu")(x))


def windowed(x):
    return layers.GlobalAveragePooling1D()(layers.MaxPooling1D(2)(layers.Conv1D(5, 1, activation="elu")(x)))


def flattened(x):
    """Between all rows and positions on one axis, a function that is not linear."""
    x = layers.Dense(5)(x)
    rows = layers.Lambda(lambda t: tf.tanh(tf.reshape(t, [-1, 5])))(x)
    back = layers.Lambda(lambda both: tf.reshape(both[0], tf.shape(both[1])), output_shape=(None, 5))(
        [rows, x]
    )
    return layers.GlobalAveragePooling1D()(back)


# by name, and how many of three rows of the baseline are run where masks differ: convolutions read none
READ = {
    "convolved": (convolved, 1),
    "windowed": (windowed, 1),
    "recurrent": (recurrent, 3),
    "attended": (attended, 3),
}


class Watched:
    """DeepLIFT on a model, and how many rows of the baseline it ran last; None: as many as there are."""

    def __init__(self, model, monkeypatch, is_shared=True):
        self.model = model  # which the split model does not keep alive
        self.split = split_model(model)
        self.seen = []
        self.monkeypatch = monkeypatch
        self.is_shared = is_shared

    def explain(self, inputs, target=None):
        inputs = self.split.arrays(inputs)
        head = self.split.head(inputs)
        rows = Rows.predicted(inputs, head, per_number=True)
        if target is not None:
            rows = Rows(inputs, targets=(Target(target),) * len(rows), head=head, per_number=True)
        with self.monkeypatch.context() as patched:
            patched.setattr(propagate, "rows_of_baseline", self._rows)
            return DeepLIFT("mean").explain_group(self.split, rows)

    def _rows(self, *given):
        count = rows_of_baseline(*given) if self.is_shared else None
        if count is None:
            self.seen.append(None)
        else:
            tf.py_function(lambda n: self.seen.append(int(n)), [count], [])
        return count


def require_same(found, plain):
    for name in ("numbers", "others"):
        for mine, theirs in zip(getattr(found, name), getattr(plain, name), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-5 * np.abs(theirs).max())
    for name in ("baseline_score", "completeness_error"):
        np.testing.assert_allclose(found.diagnostics[name], plain.diagnostics[name], atol=2e-6)


@pytest.mark.parametrize(("read", "of_mixed"), READ.values(), ids=READ)
def test_one_run_stands_for_all_rows_where_masks_agree(read, of_mixed, monkeypatch):
    shared, plain = Watched(made(read), monkeypatch), Watched(made(read), monkeypatch, is_shared=False)
    for ids, count in ((ALIKE, 1), (MIXED, of_mixed)):
        require_same(shared.explain(ids), plain.explain(ids))
        assert (shared.seen[-1], plain.seen[-1]) == (count, None)


def test_other_inputs_have_to_agree(monkeypatch):
    shared = Watched(made(convolved, numbers=2), monkeypatch)
    plain = Watched(made(convolved, numbers=2), monkeypatch, is_shared=False)
    for numbers, count in (([[1, 2]] * 3, 1), ([[1, 2], [1, 2], [1, 3]], 3)):
        inputs = {"ids": MIXED, "beside": np.array(numbers, "float32")}
        require_same(shared.explain(inputs), plain.explain(inputs))
        assert shared.seen[-1] == count


def test_each_row_has_a_run_where_the_graph_does_not_show_that_rows_stay_apart(monkeypatch):
    merged, ruled = Watched(made(flattened), monkeypatch), Watched(made(convolved), monkeypatch)
    merged.explain(ALIKE)
    with added_rule("Tanh", lambda step, multiplier: [multiplier], method="deeplift"):
        ruled.explain(ALIKE)
    ruled.explain(ALIKE, Function(lambda outputs: outputs[:, 0]))
    assert merged.seen == [None]
    assert ruled.seen == [None, None]
