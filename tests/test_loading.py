"""What a file holds instead of a model, each with its own error."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest

from textattr.errors import MissingExtraError, UnknownModelError
from textattr.loading import load_model


class Doubled(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def half(truth, predicted):
    return keras.ops.mean(predicted) / 2


def build(*extra, **compiled):
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(5, 2),
            *extra,
            keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dense(2),
        ]
    )
    if compiled:
        model.compile(**compiled)
    return model


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_what_was_saved_is_loaded(tmp_path, suffix):
    model = build(loss="sparse_categorical_crossentropy")
    model.save(tmp_path / f"model{suffix}")
    loaded = load_model(tmp_path / f"model{suffix}")
    ids = np.array([[1, 2, 3]])
    np.testing.assert_array_equal(loaded(ids), model(ids))
    assert "sparse_categorical_crossentropy" in str(loaded.loss)  # which tells the task


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`:UserWarning")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("loss", [half, lambda truth, predicted: keras.ops.mean(predicted)])
def test_a_loss_of_ones_own_is_not_in_the_way(tmp_path, suffix, loss):
    build(loss=loss).save(tmp_path / f"model{suffix}")
    assert load_model(tmp_path / f"model{suffix}").count_params() == 16


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_code_runs_only_where_it_may(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    build(keras.layers.Lambda(lambda x: 2 * x)).save(path)
    with pytest.raises(UnknownModelError, match=r"Lambda.*safe=False.*--allow-unsafe-model"):
        load_model(path)
    assert load_model(path, safe=False).count_params() == 16


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_layer_of_ones_own_has_to_be_given(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    build(Doubled()).save(path)
    with pytest.raises(UnknownModelError, match=r"needs 'Doubled'.*custom_objects"):
        load_model(path)
    assert load_model(path, custom_objects={"Doubled": Doubled}).count_params() == 16


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("hello", encoding="utf-8")


def archive(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.txt", "b")


def hollow(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", "{}")


def cut_off(path):
    build().save(path)
    path.write_bytes(path.read_bytes()[:6000])


def foreign_hdf5(path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Nothing"})


def folder(path):
    path.mkdir()


def saved_model(path):
    path.mkdir()
    (path / "saved_model.pb").write_bytes(b"")


def weights(path):
    build().save_weights(path)


def renamed(path):
    build().save(path.with_name("model.keras"))
    shutil.move(path.with_name("model.keras"), path)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("missing.keras", lambda path: None, "there is no file"),
        ("model.keras", empty, "holds no Keras model"),
        ("model.h5", text, "holds no Keras model"),
        ("model.keras", archive, "holds no Keras model"),
        ("model.keras", hollow, "Keras cannot load"),
        ("model.keras", cut_off, "holds no Keras model"),
        ("model.h5", cut_off, "Keras cannot load .*truncated"),
        ("model.h5", foreign_hdf5, "model.h5"),
        ("model.keras", folder, "is a folder"),
        ("model", saved_model, r"SavedModel.*model\.save"),
        ("model.weights.h5", weights, "holds weights without a model"),
        ("model.h5", renamed, r"rename it to end in \.keras"),
        ("model.zip", renamed, r"rename it to end in \.keras"),
    ],
)
def test_what_is_no_model(tmp_path, name, make, message):
    make(tmp_path / name)
    with pytest.raises(UnknownModelError, match=message) as caught:
        load_model(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert len(str(caught.value)) < 600


def keras_2_file(path, gate):
    """A model with an LSTM, as Keras 2 saves it; what it predicts."""
    tf_keras = pytest.importorskip("tf_keras", reason="needs the extra textattr[tf-keras]")
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            layers.Embedding(
                9, 4, input_length=6, embeddings_initializer=tf_keras.initializers.RandomNormal(seed=1)
            ),
            layers.LSTM(
                3, recurrent_activation=gate, kernel_initializer=tf_keras.initializers.RandomNormal(seed=2)
            ),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    ids = np.array([[1, 2, 3, 4, 5, 6]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # HDF5 is a legacy format; that is what this is about
        model.save(path)
    return ids, model(ids).numpy()


@pytest.mark.parametrize("gate", ["hard_sigmoid", "sigmoid"])
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_file_of_keras_2_is_the_model_that_it_was(tmp_path, suffix, gate):
    path = tmp_path / f"model{suffix}"
    ids, expected = keras_2_file(path, gate)
    model = load_model(path)
    np.testing.assert_allclose(np.asarray(model(ids)), expected, atol=1e-7)
    if gate == "hard_sigmoid":
        assert type(model).__module__.startswith("tf_keras")


def test_a_file_of_keras_2_without_tf_keras_names_the_extra(tmp_path, monkeypatch):
    path = tmp_path / "model.h5"
    keras_2_file(path, "hard_sigmoid")
    monkeypatch.setitem(sys.modules, "tf_keras", None)
    with pytest.raises(MissingExtraError, match=r"saved by Keras 2.*pip install 'textattr\[tf-keras\]'"):
        load_model(path)
