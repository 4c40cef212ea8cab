"""What a saved model's file says of itself, without loading it."""

from __future__ import annotations

from pathlib import Path

from textattr.diagnosis.findings import File
from textattr.saved.contents import read_contents
from textattr.saved.kind import kind_of
from textattr.saved.limits import DEFAULT_MAX_SIZE, Limits


def file_of(path: Path, max_size: int = DEFAULT_MAX_SIZE) -> File:
    """What kind of file holds a model that `load_model` loaded.

    Args:
        path: the file.
        max_size: as for `load_model`.
    """
    kind = kind_of(path)
    version = read_contents(path, kind, Limits(path.stat().st_size, max_size)).version
    return File(str(path), kind, version)
