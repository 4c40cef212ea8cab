"""What Keras 3 may make of a file."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from textattr._optional import require
from textattr.keras_private import source_module
from textattr.saved.policy import KnownObjects, classes_of, functions_of, own_objects

_EXPORTS = (
    "layers models initializers losses metrics optimizers optimizers.schedules regularizers constraints quantizers "
    "dtype_policies"
).split()
_ROLES = "activations losses metrics initializers regularizers constraints".split()
_OPS = "core einops image linalg math nn numpy".split()
_LITERALS = frozenset(
    "__keras_tensor__ __tensor__ __numpy__ __bytes__ __ellipsis__ __slice__ __tuple__ TensorShape".split()
)


def known_objects(own: Mapping[str, Any]) -> KnownObjects:
    """What Keras 3 exports for models, its plain ops, and what is the user's own."""
    keras = require("keras", extra="tensorflow")
    models = source_module("keras", "models")
    classes: dict[str, dict[str, type]] = {}
    for name in _EXPORTS:
        classes[f"keras.{name}"] = classes_of(importlib.import_module(f"keras.{name}"))
    classes["keras.random"] = {"SeedGenerator": keras.random.SeedGenerator}
    classes["keras"] = {
        "Sequential": keras.Sequential,
        "Model": keras.Model,
        "Functional": models.Functional,
        "DTypePolicy": keras.DTypePolicy,
        "FloatDTypePolicy": keras.dtype_policies.FloatDTypePolicy,
    }
    for model in (models.Functional, models.Model, models.Sequential):
        classes.setdefault(model.__module__, {})[model.__name__] = model
    classes["keras.models"] = {**classes["keras.models"], "Functional": models.Functional}
    for name in _OPS:
        module = source_module("keras", f"ops.{name}")
        classes[module.__name__] = {
            op: found
            for op, found in classes_of(module).items()
            if issubclass(found, keras.Operation) and found.__module__ == module.__name__
        }
    optimizers = classes["keras.optimizers"]
    optimizers.update({name.lower(): found for name, found in optimizers.items()})  # as HDF5 files have it
    functions = {f"keras.{name}": functions_of(getattr(keras, name)) for name in _ROLES}
    return KnownObjects(classes, functions, _LITERALS, own)


def registry() -> dict[str, Any]:
    """{name: class or function} of what this process registered with Keras 3."""
    return own_objects(require("keras", extra="tensorflow").saving.get_custom_objects())
