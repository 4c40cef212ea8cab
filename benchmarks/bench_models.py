"""The kinds of model that `./dev bench` measures on, untrained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

VOCABULARY, SIZE = 10_000, 50


def convolution() -> Any:
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(VOCABULARY, SIZE),
            layers.Conv1D(250, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(250, activation="relu"),
            layers.Dense(2, activation="softmax"),
        ]
    )


def three_convolutions() -> Any:
    """As Kim has them, side by side."""
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(VOCABULARY, SIZE)(ids)
    pooled = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(100, width, activation="relu")(x)) for width in (3, 4, 5)
    ]
    return keras.Model(ids, layers.Dense(2, activation="softmax")(layers.Concatenate()(pooled)))


def average() -> Any:
    """The mean of the vectors, and one hidden layer."""
    ids = keras.Input((None,), dtype="int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(VOCABULARY, SIZE, mask_zero=True)(ids))
    return keras.Model(ids, layers.Dense(2, activation="softmax")(layers.Dense(64, activation="relu")(x)))


def bilstm_masked() -> Any:
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(VOCABULARY, SIZE, mask_zero=True),
            layers.Bidirectional(layers.LSTM(32)),
            layers.Dense(2, activation="softmax"),
        ]
    )


def lstm() -> Any:
    return _recurrent(layers.LSTM(32))


def gru() -> Any:
    return _recurrent(layers.GRU(32))


def _recurrent(layer: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(VOCABULARY, SIZE),
            layer,
            layers.Dense(2, activation="softmax"),
        ]
    )


def transformer() -> Any:
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(VOCABULARY, SIZE, mask_zero=True)(ids)
    x = _block(x, SIZE, 4, 128)
    return keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def transformer_6_layers() -> Any:
    """As large as MiniLM, apart from its table."""
    ids = keras.Input((None,), dtype="int32")
    x = layers.LayerNormalization()(layers.Embedding(VOCABULARY, 384, mask_zero=True)(ids))
    for _ in range(6):
        x = _block(x, 384, 12, 1536)
    return keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def _block(x: Any, size: int, heads: int, inner: int) -> Any:
    attended = layers.MultiHeadAttention(heads, 16 if size < 100 else size // heads)(x, x)
    x = layers.LayerNormalization()(x + attended)
    return layers.LayerNormalization()(x + layers.Dense(size)(layers.Dense(inner, activation="gelu")(x)))


MODELS: dict[str, Callable[[], Any]] = {
    f.__name__: f for f in (convolution, lstm, gru, bilstm_masked, transformer, transformer_6_layers)
}

LARGE = "transformer_6_layers"  # left out where thousands of rows are run: ten thousand take minutes

# On these, integrated gradients begin their steps behind the vectors.
BEHIND: dict[str, Callable[[], Any]] = {
    f.__name__: f for f in (convolution, three_convolutions, average, transformer)
}
