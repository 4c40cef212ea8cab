"""The kinds of model that every method is tested on. A new kind joins with one function and one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import layers

VOCABULARY, SIZE = 30, 4


@dataclass(frozen=True, eq=False)
class Kind:
    """A model and a batch for it."""

    model: Any
    inputs: Any  # with a batch axis
    padding: np.ndarray | None = None  # bool (B, T): where a masked model must give nothing
    length: int | None = None

    @property
    def count(self) -> int:
        return len(self.inputs)

    def document(self, i: int) -> Any:
        return self.inputs[i]


def ids(count=3, length=6, padded=False):
    rng = np.random.default_rng(7)
    out = rng.integers(1, VOCABULARY, (count, length)).astype("int32")
    if padded:
        for row in range(1, count):
            out[row, length - row :] = 0
    return out


def _padded(model):
    inputs = ids(padded=True)
    return Kind(model, inputs, padding=inputs == 0)


def _sequential(*parts, mask_zero=False, length=None):
    lookup = layers.Embedding(VOCABULARY, SIZE, mask_zero=mask_zero, name="lookup")
    return keras.Sequential([keras.Input((length,), dtype="int32"), lookup, *parts])


def convolution():
    return Kind(
        _sequential(
            layers.Conv1D(5, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(4, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ),
        ids(),
    )


def dense_fixed_length():
    return Kind(
        _sequential(
            layers.Flatten(), layers.Dense(5, activation="tanh"), layers.Dense(3, activation="softmax"), length=6
        ),
        ids(),
    )


def lstm_masked():
    return _padded(_sequential(layers.LSTM(5), layers.Dense(3, activation="softmax"), mask_zero=True))


def bilstm_masked():
    return _padded(
        _sequential(
            layers.Bidirectional(layers.LSTM(3)), layers.Dense(1, activation="sigmoid"), mask_zero=True
        )
    )


def average_masked():
    return _padded(
        _sequential(
            layers.GlobalAveragePooling1D(),
            layers.Dense(4, activation="tanh"),
            layers.Dense(2, activation="softmax"),
            mask_zero=True,
        )
    )


def three_branches():
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(VOCABULARY, SIZE)(tokens)
    branches = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(3, k, padding="same", activation="relu")(x)) for k in (2, 3, 4)
    ]
    scores = layers.Dense(1)(layers.Concatenate()(branches))
    return Kind(keras.Model(tokens, layers.Activation("sigmoid")(scores)), ids())


def regression():
    return Kind(_sequential(layers.GlobalAveragePooling1D(), layers.Dense(1, activation="tanh")), ids())


def multilabel():
    return Kind(_sequential(layers.GlobalAveragePooling1D(), layers.Dense(3, activation="sigmoid")), ids())


def vectors():
    model = keras.Sequential(
        [
            keras.Input((None, SIZE)),
            layers.Conv1D(4, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    return Kind(model, np.random.default_rng(7).normal(size=(3, 6, SIZE)).astype("float32"))


KINDS: dict[str, Callable[[], Kind]] = {
    builder.__name__: builder
    for builder in (
        convolution,
        dense_fixed_length,
        lstm_masked,
        bilstm_masked,
        average_masked,
        three_branches,
        regression,
        multilabel,
        vectors,
    )
}

SEQUENTIAL = ("convolution", "dense_fixed_length", "lstm_masked", "bilstm_masked", "average_masked")


@lru_cache(maxsize=None)
def kind(name: str) -> Kind:
    """The kind of that name, built once; its weights are scaled up so that every token matters."""
    keras.utils.set_random_seed(len(name))
    made = KINDS[name]()
    rng = np.random.default_rng(len(name))
    for weight in made.model.trainable_weights:
        scale = 0.8 if weight.path.endswith("embeddings") else 0.5
        weight.assign(rng.normal(scale=scale, size=weight.shape))
    return made
