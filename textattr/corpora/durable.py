"""Files that are there as a whole or not at all, whatever happens to the machine meanwhile."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from textattr.corpora.errors import RunError

UNFINISHED = ".unfinished"  # how the names of files end that are being written


def write_whole(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file under another name, bring it to the disk, and only then give it its name.

    Args:
        path: where it shall be; what is there is replaced.
        write: gets the open file.

    Raises:
        RunError: where there is no space, no permission, no folder.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}{UNFINISHED}")
    with as_run_error(path):
        try:
            with temporary.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove what runs left behind that were killed while they wrote."""
    for path in folder.glob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)


@contextmanager
def as_run_error(path: Path) -> Iterator[None]:
    """Turn what the system says into an error that tells what is lost, which is nothing that was finished."""
    try:
        yield
    except RunError:
        raise
    except OSError as error:
        raise RunError(
            f"cannot write {path}: {error.strerror or error}; what was finished stays, and the same call goes on from "
            "there"
        ) from error


def _sync_folder(folder: Path) -> None:
    """Bring the name itself to the disk, where the system can do that with folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
