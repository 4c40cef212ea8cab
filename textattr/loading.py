"""Saved models: a file in, a Keras model out, with an error that says what the file is instead."""

from __future__ import annotations

import json
import re
import warnings
import zipfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from textattr._optional import require
from textattr.errors import MissingExtraError, UnknownModelError
from textattr.split.family import require_keras_model

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def load_model(
    path: str | PathLike[str], *, safe: bool = True, custom_objects: Mapping[str, Any] | None = None
) -> Any:
    """Load a model that Keras saved as `.keras` or `.h5`.

    What Keras 2 saved and Keras 3 cannot read, or would read as another model, is loaded with `tf_keras`.

    Args:
        path: the file.
        safe: refuse a file that brings Python code of its own, which would run as soon as it is loaded.
        custom_objects: {name: class or function} for layers that Keras does not know.

    Raises:
        MissingExtraError: when TensorFlow is not installed, or `tf_keras` where the file needs it.
        BackendError: when Keras runs on another backend than TensorFlow.
        UnknownModelError: when there is no such file, when it holds no model, when it needs code that is missing
            or not allowed to run.

    Example:
        >>> load_model("nowhere.keras")
        Traceback (most recent call last):
        ...
        textattr.errors.UnknownModelError: expected a .keras or .h5 file, but there is no file nowhere.keras
    """
    path = Path(path)
    suffix = _kind(path)
    require("tensorflow", extra="tensorflow")
    keras = require("keras", extra="tensorflow")
    try:
        config, version = _config(path), _saved_by(path, suffix)
    except Exception as error:
        raise UnknownModelError(_reason(path, str(error))) from error
    if safe and suffix == ".h5" and _holds(config, "class_name", "Lambda"):
        raise UnknownModelError(_unsafe(path))
    settings = {"custom_objects": dict(custom_objects or {}), "safe_mode": safe}
    is_keras_2 = version.startswith("2.")
    if is_keras_2 and _holds(config, None, "hard_sigmoid"):
        # Keras 3 would load it silently, but its hard_sigmoid is another function
        model = _load_keras_2(path, **settings)
    else:
        try:
            model = _load(keras, path, **settings)
        except Exception as error:
            if not is_keras_2 or "safe_mode" in str(error):
                raise UnknownModelError(_reason(path, str(error))) from error
            model = _load_keras_2(path, **settings)
    require_keras_model(model)
    return model


def _kind(path: Path) -> str:
    """Tell ".keras" from ".h5" by what is in the file, which has to agree with its name."""
    if path.is_dir():
        what = "a TensorFlow SavedModel" if (path / "saved_model.pb").exists() else "a folder"
        raise UnknownModelError(
            f"expected a .keras or .h5 file, but {path} is {what}: save the model with model.save('model.keras')"
        )
    try:
        with path.open("rb") as file:
            start = file.read(len(_HDF5_SIGNATURE))
    except FileNotFoundError as error:
        raise UnknownModelError(f"expected a .keras or .h5 file, but there is no file {path}") from error
    except OSError as error:
        raise UnknownModelError(f"the file {path} cannot be read: {error.strerror}") from error
    if start == _HDF5_SIGNATURE:
        kind, names = ".h5", [".h5", ".hdf5"]
    elif "config.json" in _members(path):
        kind, names = ".keras", [".keras"]
    else:
        raise UnknownModelError(f"{path} holds no Keras model: expected a file that model.save wrote")
    if path.name.endswith(".weights.h5"):
        raise UnknownModelError(
            f"{path} holds weights without a model: build the model, call model.load_weights, and save it whole "
            "with model.save('model.keras')"
        )
    if path.suffix not in names:
        raise UnknownModelError(
            f"{path} holds a {kind} model, but Keras goes by the name: rename it to end in {kind}"
        )
    return kind


def _members(path: Path) -> list[str]:
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _load(keras: Any, path: Path, **settings: Any) -> Any:
    """The model with its loss, which tells the task; without it where the loss is the only thing in the way."""
    with warnings.catch_warnings():
        # The state of the optimizer is of no use here.
        warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
        # What Keras 3 has to say about the arguments of Keras 2 helps nobody who has a file.
        warnings.filterwarnings("ignore", message="Argument `input_length` is deprecated")
        warnings.filterwarnings("ignore", message="Do not pass an `input_shape`")
        try:
            return keras.saving.load_model(path, **settings)
        except Exception:  # noqa: BLE001 a loss of one's own raises what it likes
            return keras.saving.load_model(path, compile=False, **settings)


def _load_keras_2(path: Path, **settings: Any) -> Any:
    try:
        tf_keras = require("tf_keras", extra="tf-keras")
    except MissingExtraError as error:
        raise MissingExtraError(
            f"{path} was saved by Keras 2, which Keras 3 does not read: {error}"
        ) from error
    try:
        return _load(tf_keras, path, **settings)
    except Exception as error:
        raise UnknownModelError(_reason(path, str(error))) from error


def _saved_by(path: Path, suffix: str) -> str:
    """The version of Keras that wrote the file; empty where it does not say."""
    if suffix == ".h5":
        h5py = require("h5py", extra="tensorflow")
        with h5py.File(path, "r") as file:
            version = file.attrs.get("keras_version", "")
            return version.decode() if isinstance(version, bytes) else str(version)
    if "metadata.json" not in _members(path):
        return ""
    with zipfile.ZipFile(path) as archive:
        return str(json.loads(archive.read("metadata.json")).get("keras_version", ""))


def _config(path: Path) -> Any:
    """What the file says of the model's layers."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    h5py = require("h5py", extra="tensorflow")
    with h5py.File(path, "r") as file:
        return json.loads(file.attrs.get("model_config", "{}"))


def _holds(part: Any, key: str | None, value: str) -> bool:
    """Whether a config says `value` somewhere below, under `key` or under any."""
    if isinstance(part, dict):
        return any((v == value and key in (None, k)) or _holds(v, key, value) for k, v in part.items())
    return isinstance(part, list) and any(v == value and key is None or _holds(v, key, value) for v in part)


def _unsafe(path: Path) -> str:
    return (
        f"{path} brings Python code of its own (a Lambda layer), which would run when it is loaded: if you trust "
        "where it comes from, pass safe=False (on the command line --allow-unsafe-model)"
    )


def _reason(path: Path, message: str) -> str:
    """Keras' message, of which many are a page long, in one sentence."""
    if "safe_mode" in message or "enable_unsafe_deserialization" in message:
        return _unsafe(path)
    if "NotEqual" in message:
        return (
            f"{path} is an .h5 file of a model with mask_zero=True, which Keras 3 cannot read back: load it with the "
            "program that made it and save it with model.save('model.keras')"
        )
    unknown = re.search(
        r"(?:Could not locate (?:class|function)|Unknown layer:) '(?:[^'>]*>)?([^']+)'", message
    )
    if unknown:
        return (
            f"{path} needs {unknown[1]!r}, which Keras does not know: load it in Python with "
            f"textattr.load_model(path, custom_objects={{{unknown[1]!r}: ...}})"
        )
    return f"Keras cannot load {path}: {' '.join(message.split()).partition('. ')[0].rstrip('.')[:300]}"
