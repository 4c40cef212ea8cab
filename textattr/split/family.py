"""Is this a Keras model, and does it run on TensorFlow?"""

from __future__ import annotations

import functools
import sys
from typing import Any

from textattr._optional import require
from textattr.errors import BackendError, UnknownModelError


@functools.cache
def tensorflow() -> Any:
    """The TensorFlow module, imported when first needed."""
    return require("tensorflow", extra="tensorflow")


def is_keras_model(model: Any) -> bool:
    """True for an instance of a Keras 3 or tf_keras model; imports neither."""
    return bool(_families_of(model))


def _families_of(model: Any) -> set[str]:
    """Which of Keras 3 ("keras") and "tf_keras" has the layer or model that an object is one of; none for others."""
    bases = (cls for cls in type(model).__mro__ if cls.__name__ in ("Model", "Layer"))
    return {cls.__module__.partition(".")[0] for cls in bases} & {"keras", "tf_keras"}


def require_keras_model(model: Any) -> None:
    """Pass a Keras model that runs on TensorFlow; refuse everything else.

    Raises:
        UnknownModelError: for anything but a Keras 3 or tf_keras model.
        BackendError: for a Keras 3 model on another backend than TensorFlow.
    """
    if isinstance(model, type):
        raise UnknownModelError(f"expected a model, got the class {model.__name__}: make an instance first")
    families = _families_of(model)
    if not families:
        raise UnknownModelError(
            f"expected a Keras model, a scikit-learn pipeline or a function of a list of texts, got "
            f"{type(model).__name__}: load a saved model with keras.models.load_model(path) first"
        )
    keras = sys.modules.get("keras")
    if "tf_keras" in families:
        return
    backend = keras.backend.backend() if keras else "tensorflow"
    if backend != "tensorflow":
        raise BackendError(
            f"expected Keras on the TensorFlow backend, but it runs on {backend!r}: set the environment variable "
            "KERAS_BACKEND=tensorflow before Keras is imported and load the model again"
        )
