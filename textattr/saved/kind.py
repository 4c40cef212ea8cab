"""Which kind of file it is, by what is in it, and what to do with one that holds no model."""

from __future__ import annotations

import zipfile
from pathlib import Path

from textattr.errors import UnknownModelError
from textattr.saved.archive import CONFIG

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def kind_of(path: Path) -> str:
    """Tell ".keras" from ".h5" by what is in the file, which has to agree with its name."""
    try:
        if path.is_dir():
            what = "a TensorFlow SavedModel" if (path / "saved_model.pb").exists() else "a folder"
            raise UnknownModelError(
                f"expected a .keras or .h5 file, but {path} is {what}: save the model with model.save('model.keras')"
            )
        if path.exists() and not path.is_file():
            raise UnknownModelError(f"expected a .keras or .h5 file, but {path} is a pipe or a device")
        with path.open("rb") as file:
            start = file.read(len(_HDF5_SIGNATURE))
    except FileNotFoundError as error:
        raise UnknownModelError(f"expected a .keras or .h5 file, but there is no file {path}") from error
    except OSError as error:
        raise UnknownModelError(f"the file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # NUL in the name
        raise UnknownModelError(
            f"expected the name of a .keras or .h5 file, got {str(path)!r}: {error}"
        ) from error
    if start == _HDF5_SIGNATURE:
        kind, names = ".h5", [".h5", ".hdf5"]
    elif CONFIG in _members(path):
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
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError):
        return []
