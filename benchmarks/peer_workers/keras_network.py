"""The network of `benchmarks/peers.py` in Keras 2 or 3, whichever the environment has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from work import Case

keras = tf.keras
layers = keras.layers


def global_maximum(_: int) -> list[Any]:
    return [layers.GlobalMaxPooling1D()]


def pooled_maximum(length: int) -> list[Any]:
    """The same numbers, for programs that have no rule for a maximum over an axis."""
    return [layers.MaxPooling1D(length), layers.Flatten()]


def networks(case: Case, maximum: Callable[[int], list[Any]] = global_maximum) -> tuple[Any, Any]:
    """From ids (B, T) to the logit (B, 1), and from vectors (B, T, D)."""
    length, (words, size) = case.ids.shape[1], case.weights["table"].shape
    filters = {width: case.weights[f"kernel_{width}"].shape[-1] for width in case.widths}
    vectors = keras.Input((length, size))
    pooled = []
    for width, count in filters.items():
        x = layers.Conv1D(count, width, padding="same", activation="relu", name=f"windows_{width}")(vectors)
        for layer in maximum(length):
            x = layer(x)
        pooled.append(x)
    behind = keras.Model(vectors, layers.Dense(1, name="score")(layers.Concatenate()(pooled)))
    for width in case.widths:
        named = case.weights[f"kernel_{width}"], case.weights[f"bias_{width}"]
        behind.get_layer(f"windows_{width}").set_weights(named)
    behind.get_layer("score").set_weights([case.weights["score_kernel"], case.weights["score_bias"]])
    ids = keras.Input((length,), dtype="int32")
    lookup = layers.Embedding(words, size, name="words")
    whole = keras.Model(ids, behind(lookup(ids)))
    lookup.set_weights([case.weights["table"]])
    return whole, behind


def scores_of(model: Any) -> Callable[[Any], Any]:
    """Compiled once, for any number of documents."""
    compiled = tf.function(
        lambda ids: model(ids, training=False)[:, 0],
        input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.int32)],
    )
    return lambda ids: compiled(tf.constant(ids, tf.int32)).numpy()


def vectors_of(case: Case, ids: Any) -> Any:
    return case.weights["table"][ids]
