"""What says something of the tokens of a text, and nothing else, has no share beside them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from kinds import ids, lookup

import textattr
from textattr.backends.accompanying import says_of_tokens


@pytest.mark.parametrize(
    ("numbers", "name", "expected"),
    [
        ([1, 1, 0, 0], "weights", True),
        ([0, -1e9, -1e9, 0], "bias", True),
        ([0, 1, 2, 3], "where", True),
        ([1, 2, 3, 0], "where", True),
        ([0, 0, 1, 2], "where", True),
        ([0, 0.25, 0.5, 0.75], "where", True),
        ([0.5, 0.5, 0.5, 0.5], "weights", True),
        ([0.2, 0.9, 0.1, 0.3], "tfidf", False),
        ([0, 0, 5, 0], "counts", False),
        ([0, 0, 2.5, 4], "counts", False),
        ([[1], [1], [0], [0]], "mask", True),
        (np.tril(np.ones((4, 4))), "mask", True),
        (np.arange(16.0).reshape(4, 4), "relations", False),
        ([4], "length", True),
        (3, "text_length", True),
        ([3], "num_tokens", True),
        ([5], "length", False),
        ([4], "age", False),
        ([[2.0, 1.0]], "vitals", False),
    ],
)
def test_numbers_of_the_tokens_are_told_from_others(numbers, name, expected):
    of = np.asarray(numbers, np.float32)
    assert says_of_tokens(of, name, [(4,)], {4, 3}, is_looked_up=False) == expected


def test_ids_are_of_the_tokens_where_there_is_one_for_each():
    for numbers, expected in (([0, 0, 1], True), ([2], False), ([1, 2], False)):
        found = says_of_tokens(np.array(numbers), "kind", [(3,)], {3}, is_looked_up=True)
        assert found == expected
    assert says_of_tokens(np.array([0]), "segment_ids", [(1,)], {1}, is_looked_up=True)
    assert not says_of_tokens(np.array([b"nl"]), "length", [(3,)], {3}, is_looked_up=True)


@pytest.mark.parametrize("method", ["gradient_x_input", "deeplift"])
@pytest.mark.parametrize("padded", [False, True])
def test_lengths_positions_and_masks_of_pairs_have_no_share(method, padded):
    la = keras.layers
    x, length, where, pairs, age = (
        keras.Input(shape, dtype=dtype, name=name)
        for name, shape, dtype in (
            ("text", (None,), "int32"),
            ("length", (1,), "float32"),
            ("where", (None,), "float32"),
            ("pairs", (None, None), "float32"),
            ("age", (1,), "float32"),
        )
    )
    vectors = la.Multiply()([lookup(keras, mask_zero=padded)(x), la.Reshape((-1, 1))(where)])
    mixed = la.Dot(axes=(2, 1))([pairs, vectors])
    read = la.Dense(4, activation="tanh")(keras.ops.sum(mixed, axis=1) / length)

    def model_of(*beside):
        ends = la.Dense(3)(la.Concatenate()([read, *beside])) if beside else la.Dense(3)(read)
        return keras.Model([x, length, where, pairs, age], ends)

    document = {
        "text": np.array([4, 9, 3, 7, 0, 0], "int32") if padded else ids()[0],
        "length": np.array([4.0 if padded else 6.0]),
        "where": np.array([1, 2, 3, 4, 0, 0] if padded else [1, 2, 3, 4, 5, 6]),
        "pairs": np.tril(np.ones((6, 6))),
        "age": np.array([30.0]),
    }
    settings = {"method": method, "task": "multiclass"}
    for target in textattr.explain_prediction(model_of(), document, targets="all", **settings).targets:
        assert target.shares.get("other inputs", 0) == 0
    some = textattr.explain_prediction(model_of(age), document, **settings).targets[0]
    assert some.shares["other inputs"] != 0


@pytest.mark.parametrize("table", [[1, 0, 1, 1, 0, 1], [1, 2, 3, 4, 5, 6]])
@pytest.mark.parametrize("length", [5, 6])
def test_a_table_has_a_share_also_beside_a_text_of_as_many_tokens(length, table):
    x, flags = keras.Input((None,), dtype="int32", name="text"), keras.Input((6,), name="flags")
    read = keras.layers.GlobalAveragePooling1D()(lookup(keras)(x))
    model = keras.Model([x, flags], keras.layers.Dense(3)(keras.layers.Concatenate()([read, flags])))
    document = {"text": ids()[0][:length], "flags": np.array(table, "float32")}
    found = textattr.explain_prediction(model, document, method="gradient_x_input", task="multiclass")
    assert "other inputs" in found.targets[0].shares


@pytest.mark.parametrize("method", ["gradient_x_input", "deeplift", "lrp", "occlusion"])
def test_an_input_that_nothing_depends_on_has_no_share(method):
    x, spare, age = (
        keras.Input(shape, dtype=dtype, name=name)
        for name, shape, dtype in (
            ("text", (None,), "int32"),
            ("spare", (2,), "float32"),
            ("age", (1,), "float32"),
        )
    )
    read = keras.layers.GlobalAveragePooling1D()(lookup(keras)(x))
    document = {"text": ids()[0], "spare": np.array([3.0, 1.0]), "age": np.array([30.0])}
    settings = {"method": method, "task": "multiclass"}
    alone = keras.Model([x, spare, age], keras.layers.Dense(3)(read))
    assert not textattr.explain_prediction(alone, document, **settings).targets[0].shares
    beside = keras.Model([x, spare, age], keras.layers.Dense(3)(keras.layers.Concatenate()([read, age])))
    assert "other inputs" in textattr.explain_prediction(beside, document, **settings).targets[0].shares
