"""What belongs to one explainer, method or model does not leak into another, nor change behind its back."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
import pytest
from keras import layers
from kinds import kind

import textattr
from textattr.blackbox.keras_strings import counting_box
from textattr.errors import OptionError
from textattr.methods.gradient import GradientMethod
from textattr.methods.receptive_field import Field, Remembered


def counting():
    split = layers.TextVectorization(vocabulary=["good", "bad"], output_mode="count")
    x = keras.Input((), dtype="string")
    return keras.Model(x, layers.Dense(2, activation="softmax")(split(x)))


def test_a_model_that_counts_words_is_compiled_once():
    model = counting()
    box = counting_box(model, None)
    assert box is counting_box(model, None)
    assert counting_box(model, "probability") is not box
    assert counting_box(kind("strings").model, None) is None
    before = textattr.explain_prediction(model, "good film", method="occlusion").targets[0]
    model.layers[-1].kernel.assign(2 * model.layers[-1].kernel)
    after = textattr.explain_prediction(
        model, "good film", method="occlusion", targets=before.target
    ).targets[0]
    np.testing.assert_allclose(after.heatmap, 2 * before.heatmap, rtol=1e-5)
    reference = weakref.ref(model)
    del model, box
    keras.utils.clear_session()
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("name", ["tokenizer", "method", "target_names", "batch_size", "score", "model"])
def test_the_settings_of_an_explainer_are_fixed(name):
    explainer = textattr.Explainer(kind("convolution").model, method="saliency")
    with pytest.raises(OptionError, match=f"make another, Explainer\\(model, {name}=...\\)"):
        setattr(explainer, name, None)


@dataclass(frozen=True)
class Doubled(GradientMethod):
    """A method that has the name of something else that is compiled."""

    name: ClassVar[str] = "predict"
    title: ClassVar[str] = "Doubled"

    def relevance(self, gradient, vectors):
        return 2 * gradient

    def explain_group(self, split, rows):
        return super().explain_group(split, rows)


def test_what_is_compiled_under_one_name_is_not_taken_for_another():
    model = kind("convolution").model
    plain = textattr.methods.Saliency().attribute(model, kind("convolution").inputs, target=0)
    explainer = textattr.Explainer(model, method=Doubled())
    explainer.predict([[3, 4, 5]])
    doubled = Doubled().attribute(model, kind("convolution").inputs, target=0)
    np.testing.assert_allclose(np.abs(doubled), 2 * plain, rtol=1e-5)

    split = textattr.split.model.split_model(model)
    rows = _rows(split)

    def first(cut, target, against, given):
        return cut.run().logits

    def second(cut, target, against, given):
        return 2 * cut.run().logits

    np.testing.assert_allclose(
        split.program("predict", second, rows, {}), 2 * split.program("predict", first, rows, {})
    )


def _rows(split):
    from textattr.split.rows import NOTHING, PREDICTED, Rows

    inputs = split.arrays(kind("convolution").inputs)
    predicted = np.full(split.count(inputs), PREDICTED, np.int32)
    return Rows(inputs, predicted, np.full_like(predicted, NOTHING), split.head(inputs))


class Slow(Field):
    def seen(self, lengths):
        return tuple(np.ones((n, n)) for n in lengths)


def test_what_is_remembered_may_be_asked_for_by_threads():
    remembered, failures = Remembered(Slow()), []

    def ask(start):
        try:
            for i in range(2000):
                remembered.seen((1 + (start + i) % 40,))
        except BaseException as error:  # noqa: BLE001  (raised in the main thread)
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(7 * i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
