"""A lock that keeps two runs out of one folder; it ends with the process, however that ends."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from textattr.corpora.durable import as_run_error
from textattr.corpora.errors import RunError

NAME = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder inside the `with`.

    Raises:
        RunError: while another run holds it.
    """
    path = folder / NAME
    with as_run_error(path):
        file = path.open("a+", encoding="utf-8")
    with file:
        if not _take(file):
            file.seek(0)
            raise RunError(
                f"another run writes into {folder} ({file.read().strip() or 'just started'}): wait for it, or give "
                "another out="
            )
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        yield


def _take(file: IO[str]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return _take_on_windows(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _take_on_windows(file: IO[str]) -> bool:
    import importlib

    msvcrt = importlib.import_module("msvcrt")
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
