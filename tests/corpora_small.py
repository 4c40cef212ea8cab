"""Small explainers and tables, which the tests of corpora share."""

from __future__ import annotations

import time

import numpy as np

import textattr

VOCABULARY = {f"w{i}": i for i in range(2, 30)}
WORDS = textattr.Words(VOCABULARY, splitting="words", unknown=1)
GOOD = {"w3": 1.0, "w4": 0.5, "w5": -1.0, "w6": -2.0}


def margins(texts):
    return np.array([sum(GOOD.get(word, 0.0) for word in text.split()) for text in texts])


def slow_margins(texts):
    time.sleep(0.002)
    return margins(texts)


def black_box(function=margins, **settings):
    names = {"target_names": ["negative", "positive"], "task": "binary"} | settings
    return textattr.Explainer(function, method="occlusion", **names)


def of_model(name, **settings):
    import keras
    import kinds

    keras.utils.set_random_seed(3)
    options = {"method": "integrated_gradients", "steps": 4} | settings
    return textattr.Explainer(getattr(kinds, name)(keras).model, tokenizer=WORDS, **options)


EXPLAINERS = {
    "convolution": lambda: of_model("convolution"),
    "masked BiLSTM": lambda: of_model("bilstm_masked"),
    "black box": black_box,
}


def texts(count, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(f"w{i}" for i in rng.integers(2, 32, rng.integers(3, 9))) for _ in range(count)]
