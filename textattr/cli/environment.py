"""Does it work here? Versions for a bug report, and a self-test."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata, util
from pathlib import Path
from time import perf_counter

from textattr._optional import require
from textattr.errors import BackendError, TextAttrError

LIBRARIES = (
    "tensorflow",
    "keras",
    "tf_keras",
    "numpy",
    "scipy",
    "pandas",
    "jinja2",
    "regex",
    "rich",
    "typer",
    "tokenizers",
)
SENTENCE = "A warm and funny film, though the ending is a little too neat."
TOLERANCE = 0.05  # of the difference between the score and the baseline's


def versions() -> dict[str, str]:
    """The version of everything that matters, by name. Imports none of it."""
    import textattr

    found = {
        "textattr": f"{textattr.__version__} ({Path(textattr.__file__).parent})",
        "Python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
    }
    by_module = metadata.packages_distributions()
    for name in LIBRARIES:
        if util.find_spec(name) is None or name not in by_module:
            found[name] = "not installed"
        else:
            found[name] = ", ".join(f"{metadata.version(d)} ({d})" for d in sorted(set(by_module[name])))
    return found


def require_tensorflow_backend() -> None:
    """Refuse a setting under which Keras would run on something else.

    Raises:
        BackendError: when the environment asks for another backend.
    """
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        raise BackendError(f"expected Keras on TensorFlow, but KERAS_BACKEND is {backend!r}: unset it")


def runtime() -> dict[str, str]:
    """What only a running TensorFlow can tell: the Keras backend and the devices, by name.

    Raises:
        MissingExtraError: when TensorFlow is not installed.
    """
    tensorflow = require("tensorflow", extra="tensorflow")
    keras = require("keras", extra="tensorflow")
    devices = tensorflow.config.list_physical_devices()
    return {
        "backend": keras.backend.backend(),
        "devices": ", ".join(device.device_type for device in devices),
    }


def self_test() -> str:
    """Explain one sentence with the demo model and check the sum; tells how it went.

    Raises:
        TextAttrError: when the result is wrong.
    """
    import textattr.demo

    started = perf_counter()
    example = textattr.demo.load("sentiment")
    explanation = textattr.explain_prediction(
        example.model,
        SENTENCE,
        tokenizer=example.tokenizer,
        target_names=example.labels,
        method="integrated_gradients",
        targets="positive",
    )
    target = explanation.targets[0]
    relevance = float(target.heatmap.sum()) + target.shares.get("padding", 0.0)
    difference = target.score - target.diagnostics["baseline_score"]
    error = abs(relevance - difference) / abs(difference)
    if explanation.prediction.label != "positive" or not error <= TOLERANCE:
        raise TextAttrError(
            f"self-test failed: expected the label 'positive' and relevance {difference:.4g}, got "
            f"{explanation.prediction.label!r} and {relevance:.4g}"
        )
    return f"passed in {perf_counter() - started:.1f} s (completeness error {100 * error:.2g} %)"
