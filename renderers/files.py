"""A file is there as a whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from textattr.errors import TextAttrError


class FolderError(TextAttrError, FileNotFoundError):
    """The folder that a file should go into does not exist."""


def replace_file(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text (UTF-8, line ends as they are) beside the file and then puts it in its place, in one step.

    Whoever reads the file meanwhile sees the old one; when something fails, the old one is still there and
    nothing else is.

    Raises:
        FolderError: when the folder does not exist.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FolderError(
            f"cannot write {path.name}: expected an existing folder, got {str(path.parent)!r}; create it first"
        )
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_bytes(text.encode("utf-8", errors="backslashreplace"))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
