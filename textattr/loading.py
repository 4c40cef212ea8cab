"""Saved models: a file in, a Keras model out, with an error that says what the file is instead."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import Any

from textattr._optional import require
from textattr.errors import MissingExtraError, OptionError, TextAttrError, UnknownModelError
from textattr.saved import keras_2, keras_3
from textattr.saved.config import findings
from textattr.saved.contents import Contents, read_contents
from textattr.saved.findings import Finding, ForbiddenError, TooLargeError
from textattr.saved.kind import kind_of
from textattr.saved.limits import DEFAULT_MAX_SIZE, Limits
from textattr.saved.policy import register_keras_hub
from textattr.saved.weights import check_outputs, weights_within
from textattr.split.family import require_keras_model


def load_model(
    path: str | PathLike[str],
    *,
    safe: bool = True,
    custom_objects: Mapping[str, Any] | None = None,
    max_size: int = DEFAULT_MAX_SIZE,
) -> Any:
    """Load a model that Keras saved as `.keras` or `.h5`.

    What Keras 2 saved and Keras 3 cannot read, or would read as another model, is loaded with `tf_keras`.

    A file from a stranger may be tried: before Keras sees it, its whole config is compared with a list of what is
    known to be harmless, and its size once unpacked is bounded.

    Args:
        path: the file.
        safe: refuse a file that names anything but layers, functions and ops of Keras that only compute, and classes
            and functions that this process registered. Without it, a file may run any code as soon as it is loaded.
        custom_objects: {name: class or function} for layers that Keras does not know.
        max_size: how many bytes the model may take beyond four times the size of its file. Bounds for its config and
            its vocabularies (an eighth of it, each) and for the number of its layers follow from it.

    Raises:
        MissingExtraError: when TensorFlow is not installed, or `tf_keras` where the file needs it.
        BackendError: when Keras runs on another backend than TensorFlow.
        OptionError: when `max_size` is no positive whole number.
        UnknownModelError: when there is no such file, when it holds no model, when it needs code that is missing
            or not allowed to run, when it is larger than allowed.

    Example:
        >>> load_model("nowhere.keras")
        Traceback (most recent call last):
        ...
        textattr.errors.UnknownModelError: expected a .keras or .h5 file, but there is no file nowhere.keras
    """
    if not isinstance(max_size, int) or isinstance(max_size, bool) or max_size < 1:
        raise OptionError(f"expected max_size as a whole number of bytes above 0, got {max_size!r}")
    if not isinstance(path, (str, PathLike)):
        raise UnknownModelError(f"expected the path of a .keras or .h5 file, got {type(path).__name__}")
    path = Path(path)
    kind = kind_of(path)
    require("tensorflow", extra="tensorflow")
    require("keras", extra="tensorflow")
    limits = Limits(path.stat().st_size, max_size)
    try:
        contents = read_contents(path, kind, limits)
        model = _Source(path, contents, limits, safe, dict(custom_objects or {})).load()
    except TextAttrError:
        raise
    except TooLargeError as error:
        raise UnknownModelError(
            f"{path} is refused as too large, for {error}, where {limits} allows less: if you trust where it comes "
            "from, give load_model a larger max_size (on the command line --max-model-size)"
        ) from error
    except ForbiddenError as error:
        raise UnknownModelError(
            f"{path} is refused, for {error}: load it where you trust it, and save it again with model.save"
        ) from error
    except Exception as error:
        raise UnknownModelError(_reason(path, error)) from error
    require_keras_model(model)
    return model


@dataclass(frozen=True)
class _Source:
    """A file that was read under bounds, and what its user lets it bring."""

    path: Path
    contents: Contents
    limits: Limits
    safe: bool
    own: dict[str, Any]

    def load(self) -> Any:
        """The model, by the loader that reads it as it was; each loader has a policy of its own."""
        if not self.contents.version.startswith("2."):
            return self._load_keras_3()
        if self.contents.holds("hard_sigmoid", self.limits):
            # Keras 3 would load it silently, but its hard_sigmoid is another function
            return self._load_keras_2()
        try:
            return self._load_keras_3()
        except UnknownModelError:
            return self._load_keras_2()

    def _load_keras_3(self) -> Any:
        return self._load(require("keras", extra="tensorflow"), keras_3)

    def _load_keras_2(self) -> Any:
        try:
            tf_keras = require("tf_keras", extra="tf-keras")
        except MissingExtraError as error:
            raise MissingExtraError(
                f"{self.path} was saved by Keras 2, which Keras 3 does not read: {error}"
            ) from error
        return self._load(tf_keras, keras_2)

    def _load(self, loader: ModuleType, family: ModuleType) -> Any:
        """The model with its loss, which tells the task; without it where the loss is the only thing in the way."""
        register_keras_hub(self.contents.names(self.limits))
        policy = family.known_objects({**family.registry(), **self.own})
        refused = list(findings(self.contents.model, policy, self.limits))
        in_training = list(findings(self.contents.training, policy, self.limits))
        if self.safe:
            for where, found in refused + [each for each in in_training if not _is_own_loss(each[1])]:
                raise UnknownModelError(_refusal(self.path, where, found))
        if not (self.safe and in_training):
            # a loss of one's own raises what it likes
            with suppress(Exception):
                return self._run(loader, with_loss=True)
        try:
            return self._run(loader, with_loss=False)
        except TooLargeError:
            raise
        except Exception as error:
            for where, found in refused:
                if found.unknown:
                    raise UnknownModelError(_refusal(self.path, where, found)) from error
            raise UnknownModelError(_reason(self.path, error)) from error

    def _run(self, loader: ModuleType, *, with_loss: bool) -> Any:
        with warnings.catch_warnings(), weights_within(loader, self.limits):
            # The state of the optimizer is of no use here.
            warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
            # What Keras 3 reports of the arguments of Keras 2 does not help a user who has a file.
            warnings.filterwarnings("ignore", message="Argument `input_length` is deprecated")
            warnings.filterwarnings("ignore", message="Do not pass an `input_shape`")
            # keras-hub's classifiers compile themselves in a way that Keras cannot repeat, and need not here.
            warnings.filterwarnings("ignore", message=r"`compile\(\)` was not called")
            model = loader.saving.load_model(
                self.path, custom_objects=self.own, safe_mode=self.safe, compile=with_loss
            )
            check_outputs(model, self.limits)
            return model


def _is_own_loss(found: Finding) -> bool:
    """Whether a model can do without: somebody's own loss, metric or optimizer is not loaded at all."""
    return found.unknown is not None or found.what == "__lambda__"


def _refusal(path: Path, where: str, found: Finding) -> str:
    trust = "if you trust where it comes from, pass safe=False (on the command line --allow-unsafe-model)"
    if found.unknown:
        return (
            f"{path} needs {found.unknown!r}, which Keras does not know, at {where[:200]}: load it in Python with "
            f"textattr.load_model(path, custom_objects={{{found.unknown!r}: ...}}); {trust}"
        )
    return (
        f"{path} brings or calls code that is not known to be harmless, {found.what[:120]}, at {where[:200]}, which "
        f"would run when it is loaded or explained: {trust}"
    )


def _reason(path: Path, error: Exception) -> str:
    """Keras' message, of which many are a page long, in one sentence."""
    message = str(error)
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
