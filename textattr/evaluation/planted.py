"""Models and texts of which it is known which words decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import MOST_SEED, choice, whole_number
from textattr.evaluation.metrics.plausibility import Stretches
from textattr.tokenizers.words import Words

Array = npt.NDArray[Any]

LABELS = ("dull", "bright")
_CUES = (("grey", "gloomy", "bleak", "drab"), ("sunny", "vivid", "golden", "radiant"))
_PLAIN = (
    "the a of to and in on at with by from over under near behind before after while where when it they we one two "
    "three house street garden river table window road field letter morning evening door walked stood waited looked"
).split()
_UNKNOWN = 1
_LENGTH = 12  # words of a text
_TRAINING = 3000  # texts
_UNREAD = 0.15  # of the words of the training are unknown, so that the unknown word says nothing


@dataclass(frozen=True, eq=False)
class Planted:
    """A trained model, and texts with the words that decide in them.

    Args:
        model: Keras model: ids int (B, 12) -> probabilities (B, 2).
        tokenizer: its own.
        labels: names of the classes.
        texts: texts that it has not seen, of which it classifies all as planted.
        truth: for each text the stretches (start, end) of the words that decide.
        accuracy: on texts that it has not seen, before those with another answer were left out.
    """

    model: Any
    tokenizer: Words
    labels: tuple[str, str]
    texts: tuple[str, ...]
    truth: tuple[Stretches, ...]
    accuracy: float


def make(architecture: str = "cnn", *, texts: int = 40, seed: int = 0) -> Planted:
    """Train a small model on texts of twelve plain words, into which one to three words of one class are planted.

    Nothing else differs between the classes, so that a model that tells them apart goes by the planted words.

    Args:
        architecture: one of `ARCHITECTURES`: "mean", "cnn", "lstm" or "transformer".
        texts: how many to keep for the comparison.
        seed: of texts, first weights and training. It is set in Keras, too.

    Raises:
        OptionError: for an unknown architecture.

    Example:
        >>> planted = make("mean", texts=2)
        >>> start, end = planted.truth[0][0]
        >>> planted.texts[0][start:end] in ("grey", "gloomy", "bleak", "drab", "sunny", "vivid", "golden", "radiant")
        True
    """
    build = ARCHITECTURES[choice("architecture", architecture, tuple(ARCHITECTURES))]
    whole_number("texts", texts)
    whole_number("seed", seed, 0, MOST_SEED)
    import keras

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    vocabulary = {word: i for i, word in enumerate([*_PLAIN, *_CUES[0], *_CUES[1]], 2)}
    tokenizer = Words(vocabulary, unknown=_UNKNOWN, splitting="words")
    ids, labels, _ = _documents(rng, vocabulary, _TRAINING)
    ids[rng.random(ids.shape) < _UNREAD] = _UNKNOWN
    model = build(len(vocabulary) + 2)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    model.fit(ids, labels, epochs=4, batch_size=64, verbose=0)
    unseen, right, planted = _documents(rng, vocabulary, 2 * texts + 20)
    answers = model.predict(unseen, verbose=0).argmax(1)
    kept = np.flatnonzero(answers == right)[:texts]
    words = {i: word for word, i in vocabulary.items()}
    placed = [_placed([words[i] for i in unseen[row].tolist()], planted[row]) for row in kept]
    return Planted(
        model,
        tokenizer,
        LABELS,
        tuple(text for text, _ in placed),
        tuple(stretches for _, stretches in placed),
        float((answers == right).mean()),
    )


def _documents(
    rng: np.random.Generator, vocabulary: Mapping[str, int], count: int
) -> tuple[Array, Array, Array]:
    """Ids int (count, 12), labels int (count,), and which words are planted, bool (count, 12)."""
    plain = np.array([vocabulary[word] for word in _PLAIN])
    cues = np.array([[vocabulary[word] for word in of_class] for of_class in _CUES])
    ids = rng.choice(plain, (count, _LENGTH))
    labels = rng.integers(0, 2, count)
    places = rng.random((count, _LENGTH)).argsort(1) < rng.integers(1, 4, (count, 1))
    ids[places] = cues[labels][np.arange(count)[:, None], rng.integers(0, cues.shape[1], ids.shape)][places]
    return ids, labels, places


def _placed(words: list[str], planted: Array) -> tuple[str, Stretches]:
    """The text, and where the planted words stand in it."""
    stretches, end = [], 0
    for word, is_planted in zip(words, planted.tolist(), strict=True):
        if is_planted:
            stretches.append((end, end + len(word)))
        end += len(word) + 1
    return " ".join(words), tuple(stretches)


def _mean(size: int) -> Any:
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input((_LENGTH,), dtype="int32"),
            layers.Embedding(size, 8),
            layers.GlobalAveragePooling1D(),
            layers.Dense(16, "relu"),
            layers.Dense(2, "softmax"),
        ]
    )


def _cnn(size: int) -> Any:
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input((_LENGTH,), dtype="int32"),
            layers.Embedding(size, 8),
            layers.Conv1D(16, 3, padding="same", activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, "softmax"),
        ]
    )


def _lstm(size: int) -> Any:
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input((_LENGTH,), dtype="int32"),
            layers.Embedding(size, 8),
            layers.LSTM(12),
            layers.Dense(2, "softmax"),
        ]
    )


def _transformer(size: int) -> Any:
    from keras import Input, Model, layers

    ids = Input((_LENGTH,), dtype="int32")
    x = layers.Embedding(size, 16)(ids)
    attended = layers.MultiHeadAttention(2, 8)(x, x)
    x = layers.LayerNormalization()(x + attended)
    x = layers.LayerNormalization()(x + layers.Dense(16)(layers.Dense(32, "gelu")(x)))
    return Model(ids, layers.Dense(2, "softmax")(layers.GlobalAveragePooling1D()(x)))


ARCHITECTURES: Mapping[str, Callable[[int], Any]] = {
    "mean": _mean,
    "cnn": _cnn,
    "lstm": _lstm,
    "transformer": _transformer,
}
