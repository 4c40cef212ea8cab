"""What other threads see of a model while one of its explanations is traced: the model as it always is.

A layer of the model starts the other thread in the midst of its own call, while all interceptions are in force.
"""

from __future__ import annotations

import inspect
import threading
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from kinds import keras_of

import textattr
from textattr.methods import DeepLIFT, GradCAM, GradientXInput, IntegratedGradients, Occlusion
from textattr.methods.lrp import LRP
from textattr.split.layers import walk

IDS = np.array([[1, 2, 3, 4, 0]], "int32")
METHODS = [
    GradientXInput(),
    IntegratedGradients(steps=4),
    LRP(),
    DeepLIFT(),
    GradCAM(layer="lstm"),
    Occlusion(),
]
FAMILIES = ["keras", "tf_keras"]


class Looker:
    """Runs `look` in another thread each time that it is passed, but not while `look` runs."""

    def __init__(self):
        self.look, self.seen, self.is_busy = None, [], False

    def passed(self):
        if self.look is None or self.is_busy:
            return
        self.is_busy = True
        thread = threading.Thread(target=self._run)
        thread.start()
        thread.join()
        self.is_busy = False

    def _run(self):
        try:
            self.seen.append(self.look())
        except BaseException as error:  # noqa: BLE001  (raised in the test, by what it compares)
            self.seen.append(error)


LOOKER = Looker()
MADE = {}


def model_of(family):
    """A model with a mask, a recurrent loop, activations, and the layer that lets others look."""
    if family in MADE:
        return MADE[family]
    k = keras_of(family)

    class Passing(k.layers.Layer):
        def call(self, x):
            LOOKER.passed()
            return x

    k.utils.set_random_seed(0)
    la = k.layers
    parts = [
        k.Input((None,), dtype="int32"),
        la.Embedding(9, 4, mask_zero=True, name="lookup"),
        la.LSTM(5, return_sequences=True, name="lstm"),
        la.TimeDistributed(la.Dense(4, activation="relu")),
        la.GlobalMaxPooling1D(),
        la.Dense(6, activation="tanh"),
        Passing(),
        la.Dense(3, activation="softmax"),
    ]
    MADE[family] = k.Sequential(parts)
    if family == "tf_keras":  # notes on a cell the first call of it by itself, which LRP and DeepLIFT make
        MADE[family].get_layer("lstm").cell(tf.zeros((1, 4)), [tf.zeros((1, 5))] * 2)
    return MADE[family]


def looks_of(model, folder):
    """What somebody may do with a model, each a function that gives something to compare."""

    def save():
        path = folder / f"{len(list(folder.iterdir()))}.keras"
        model.save(path)
        with zipfile.ZipFile(path) as file:
            return {
                name: file.read(name) for name in file.namelist() if name != "metadata.json"
            }  # which has the time

    return {
        "config": lambda: str(model.get_config()),
        "json": model.to_json,
        "save": save,
        "scores": lambda: np.asarray(model(IDS, training=False)),
        "attributes": lambda: {
            path: {name: id(value) for name, value in vars(layer).items() if name != "call"}
            for path, layer in walk(model)
        },
        "signatures": lambda: {path: str(inspect.signature(layer.call)) for path, layer in walk(model)},
        "names": lambda: {path: layer.call.__name__ for path, layer in walk(model)},
        "weights": model.get_weights,
    }


LOOKS = ["config", "json", "save", "scores", "attributes", "signatures", "names", "weights"]


@pytest.mark.product
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("family", FAMILIES)
def test_other_threads_see_the_model_unchanged(family, method, tmp_path):
    model = model_of(family)
    looks = looks_of(model, tmp_path)
    assert list(looks) == LOOKS
    before = {name: look() for name, look in looks.items()}
    LOOKER.look, LOOKER.seen = lambda: {name: look() for name, look in looks.items()}, []
    try:
        textattr.explain_prediction(model, IDS[0], method=method)
    finally:
        LOOKER.look = None
    assert LOOKER.seen, "nobody looked"
    for seen in LOOKER.seen:
        if isinstance(seen, BaseException):
            raise seen
        for name in LOOKS:
            if name == "scores":
                np.testing.assert_allclose(seen[name], before[name], atol=1e-6, err_msg=name)
            elif name == "weights":
                for mine, own in zip(seen[name], before[name], strict=True):
                    np.testing.assert_array_equal(mine, own)
            else:
                assert seen[name] == before[name], name
