"""What a file says of its model, read under bounds and before any loader sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textattr._optional import require
from textattr.saved.archive import CONFIG, METADATA, check_archive, version_of
from textattr.saved.config import parse, walk
from textattr.saved.hdf5 import check_tables
from textattr.saved.limits import Limits
from textattr.saved.numbers import check_numbers


@dataclass(frozen=True)
class Contents:
    """The config of a model, that of its training under a key, and the version of Keras that the file names."""

    model: Any
    training: Any
    version: str

    def holds(self, value: str, limits: Limits) -> bool:
        """Whether the config says a word anywhere."""
        return any(
            value in (part.values() if isinstance(part, dict) else part)
            for _, _, part in walk(self.model, limits)
            if isinstance(part, (dict, list))
        )

    def names(self, limits: Limits) -> set[str]:
        """The names of classes and functions that the config looks up."""
        names = set()
        for _, _, part in walk([self.model, self.training], limits):
            if isinstance(part, dict) and "class_name" in part:
                names |= {
                    name
                    for key in ("class_name", "registered_name", "config")
                    if isinstance(name := part.get(key), str)
                }
        return names


def read_contents(path: Path, kind: str, limits: Limits) -> Contents:
    """Look at the whole file, and read what it says of the model.

    Raises:
        ForbiddenError: when the file reaches beyond itself.
        TooLargeError: when it unpacks to more than the limits.
    """
    if kind == ".keras":
        texts = check_archive(path, limits)
        model = parse(texts[CONFIG], limits)
        training = model.pop("compile_config", None) if isinstance(model, dict) else None
        check_numbers(model, limits)
        return Contents(model, {"compile_config": training}, version_of(texts.get(METADATA, b"{}")))
    check_tables(path, limits)
    h5py = require("h5py", extra="tensorflow")
    with h5py.File(path, "r") as file:
        model, training, version = (
            _text(file.attrs.get(name, default))
            for name, default in (("model_config", "{}"), ("training_config", "null"), ("keras_version", ""))
        )
    config = parse(model, limits)
    check_numbers(config, limits)
    return Contents(config, {"training_config": parse(training, limits)}, version)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
