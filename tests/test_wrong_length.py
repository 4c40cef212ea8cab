"""A text that is too long for a model, or too short: told apart, with how many tokens came and how many it takes."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import textattr
from textattr import errors

average = layers.GlobalAveragePooling1D


class Positions(layers.Layer):
    """Adds the first rows of a table with 8 rows, which it reads in one of several ways."""

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.table = layers.Embedding(8, 4)

    def build(self, shape):
        self.table.build(None)

    def call(self, x):
        if self.way == "lookup":
            return x + self.table(tf.range(tf.shape(x)[1]))
        if self.way == "ops.slice":
            return x + keras.ops.slice(self.table.embeddings, (0, 0), (keras.ops.shape(x)[1], 4))
        return (
            x
            + tf.convert_to_tensor(self.table.embeddings)[
                : tf.shape(x)[1] if self.way == "slice" else x.shape[1]
            ]
        )


class Subclassed(keras.Model):
    def __init__(self, *parts):
        super().__init__()
        self.table, self.parts, self.out = layers.Embedding(30, 4), parts, layers.Dense(3)

    def call(self, x):
        x = self.table(x)
        for part in self.parts:
            x = part(x)
        return self.out(x)


def functional(*parts):
    ids = x = keras.Input((None,), dtype="int32")
    for part in (layers.Embedding(30, 4), *parts, layers.Dense(3)):
        x = part(x)
    return keras.Model(ids, x)


def subclassed(length, *parts):
    model = Subclassed(*parts)
    model(np.ones((1, length), "int32"))
    return model


def of_strings(*parts):
    text = x = keras.Input((1,), dtype="string")
    for part in (
        layers.TextVectorization(vocabulary=["so"]),
        layers.Embedding(30, 4),
        *parts,
        layers.Dense(3),
    ):
        x = part(x)
    return keras.Model(text, x)


LONG = [
    ("lookup", lambda: functional(Positions("lookup"), average()), 12, "8 at most"),
    ("slice", lambda: functional(Positions("slice"), average()), 9, "8 at most"),
    ("ops.slice", lambda: functional(Positions("ops.slice"), average()), 100, "8 at most"),
    ("static", lambda: subclassed(4, Positions("static"), average()), 12, "8 at most"),
    ("reshape", lambda: functional(layers.Reshape((24,))), 9, "6 exactly"),
    ("dense", lambda: subclassed(7, layers.Flatten()), 12, "7 exactly"),
]
SHORT = [
    ("convolution", lambda: functional(layers.Conv1D(3, 5), average()), 1, "5 at least"),
    ("pooling", lambda: functional(layers.MaxPooling1D(4), layers.Conv1D(3, 3), average()), 3, "12 at least"),
    ("subclassed", lambda: subclassed(8, layers.Conv1D(3, 5), average()), 3, "5 at least"),
    ("reshape", lambda: functional(layers.Reshape((24,))), 4, "6 exactly"),
    ("dense", lambda: subclassed(7, layers.Flatten()), 3, "7 exactly"),
]


@pytest.mark.parametrize(("name", "make", "count", "takes"), LONG, ids=[each[0] for each in LONG])
def test_too_long(name, make, count, takes):
    ways = f".*window={takes[0]} .*length={takes[0]} cuts it; a shorter text"
    says = f"too long for the model: it has {count} tokens, .*takes {takes}. {ways}"
    with pytest.raises(errors.DocumentError, match=says):
        textattr.explain_prediction(make(), [3] * count, method="saliency")


@pytest.mark.parametrize(("name", "make", "count", "takes"), SHORT, ids=[each[0] for each in SHORT])
def test_too_short(name, make, count, takes):
    number = takes.split()[0]
    says = rf"too short for the model: it has {count} tokens, .*takes {takes}. Fill .*padding; .*length={number} does"
    with pytest.raises(errors.DocumentError, match=says):
        textattr.explain_prediction(make(), [3] * count, method="saliency")


def test_of_a_model_of_strings_words_are_counted():
    with pytest.raises(
        errors.DocumentError, match="too long.*12 words.*takes 8 at most.*output_sequence_length=8"
    ):
        textattr.explain_prediction(of_strings(Positions("lookup"), average()), "so " * 12, method="saliency")


def test_a_text_that_fails_for_what_it_says_is_neither():
    class Picky(layers.Layer):
        def call(self, x):
            return x + tf.gather(tf.zeros((8, 4)), tf.cast(x[..., 0], "int32"))

    table = layers.Embedding(30, 4)
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, layers.Dense(3)(average()(Picky()(table(ids)))))
    table.set_weights([np.arange(30.0)[:, None] * np.ones((30, 4))])
    with pytest.raises(
        errors.DocumentError, match=r"cannot run on inputs of shape \(1, 3\). TensorFlow says: indices"
    ):
        textattr.explain_prediction(model, [3, 4, 20], method="saliency")


@pytest.mark.parametrize(
    ("padding", "left_out"), [("post", "'good that one has to see…'"), ("pre", "'So good'")]
)
def test_a_text_that_was_cut_says_what_was_left_out(padding, left_out):
    words = textattr.Words(
        ["so", "good"],
        unknown=2,
        splitting="words",
        pad=3,
        length=2 if padding == "post" else 14,
        padding=padding,
    )
    text = (
        "So so good that one has to see it again and again." if padding == "post" else "So good " + "so " * 14
    )
    model = functional(average())
    found = textattr.explain_prediction(model, text, tokenizer=words, method="saliency")
    (warning,) = [w for w in found.warnings if "truncated" in w]
    count = 13 if padding == "post" else 16
    assert f"the model reads {words.length} of {count} tokens, and not " in warning
    assert "window= explains all of it" in warning
    assert left_out[:-2] in warning
