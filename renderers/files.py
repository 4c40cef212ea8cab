"""Files are read and written here: a file is there as a whole or not at all, and what fails is one kind of error."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from textattr.errors import OptionError, TextAttrError


class FileError(TextAttrError, OSError):
    """A file could not be read or written; the operating system's own error is its `__cause__`."""


class FolderError(FileError, FileNotFoundError):
    """The folder that a file should go into does not exist."""


class FileThereError(FileError, FileExistsError):
    """There is a file of that name already, and it is not to be replaced."""


def as_path(path: str | os.PathLike[str]) -> Path:
    """The path that a caller gave.

    Raises:
        OptionError: when it is no path.
    """
    if isinstance(path, str | os.PathLike) and isinstance(os.fspath(path), str):
        return Path(path)
    raise OptionError(f"path: expected a string or a pathlib.Path, got {type(path).__name__}")


def read_file(path: str | os.PathLike[str]) -> str:
    """The text in a file (UTF-8), line ends as they are, without a byte order mark.

    Raises:
        FileError: when it cannot be read or is not UTF-8.
        OptionError: when the path is none.
    """
    path = as_path(path)
    with _as_file_error(f"cannot read {str(path)!r}"):
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"cannot read {str(path)!r}: expected UTF-8 text, got other bytes: {error}"
        ) from error


def replace_file(path: str | os.PathLike[str], text: str | bytes) -> None:
    """Writes a text (UTF-8, line ends as they are), or bytes, beside the file and then puts it in its place at once.

    Whoever reads the file meanwhile sees the old one; when something fails, the old one is still there and
    nothing else is. The new file has the mode (and, as far as the system allows, the owner) of the old one. A
    symbolic link stays one: the file that it leads to is replaced. What is no file on a disk, such as /dev/stdout,
    is written into.

    Raises:
        FolderError: when the folder does not exist.
        FileError: when the file cannot be written for another reason.
        OptionError: when the path is none.
    """
    path = as_path(path)
    content = text if isinstance(text, bytes) else text.encode("utf-8", errors="backslashreplace")
    with _as_file_error(f"cannot write {str(path)!r}"):
        old = _status(path)
        if old is not None and stat.S_ISDIR(old.st_mode):
            raise IsADirectoryError("expected the name of a file, got that of a folder")
        if old is not None and not stat.S_ISREG(old.st_mode):
            path.write_bytes(content)
            return
        target = path.resolve()
        if not target.parent.is_dir():
            raise FolderError(
                f"cannot write {target.name}: expected an existing folder, got {str(target.parent)!r}; create it first"
            )
        _replace(target, content, old)


def _status(path: Path) -> os.stat_result | None:
    """What the system says of the file that the path leads to; None where there is none yet."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _replace(target: Path, content: bytes, old: os.stat_result | None) -> None:
    temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")  # short, whatever the length of the file's name
    mode = 0o666 if old is None else 0o600  # nobody may read the new content who could not read the old
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor is no path
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        if old is not None:
            _make_alike(temporary, old)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _make_alike(path: Path, old: os.stat_result) -> None:
    """Gives a new file the owner and the mode of an old one."""
    new = path.stat()
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):
            os.chown(path, old.st_uid, old.st_gid)
    path.chmod(stat.S_IMODE(old.st_mode))


@contextmanager
def _as_file_error(what: str) -> Iterator[None]:
    """Turns what the system says, and names that it cannot have, into a `FileError`."""
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{what}: {error.strerror or error}; give another path=") from error
    except (
        ValueError,
        RuntimeError,
    ) as error:  # a NUL or half a character in the name; a link that leads to itself
        raise FileError(f"{what}: {error}; give another path=") from error
