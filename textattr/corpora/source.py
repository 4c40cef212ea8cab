"""A source of rows: files, or a table in memory, as parts that are read in order, block by block."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

from textattr._optional import require
from textattr.checks import shown
from textattr.corpora.columns import Columns, require_columns, require_texts
from textattr.corpora.errors import TableError
from textattr.corpora.read_files import READERS, FilePart, suffix_of


class Part(Protocol):
    """A file or a table."""

    @property
    def name(self) -> str:
        """What it is called in the result."""
        ...

    @property
    def rows(self) -> int | None:
        """How many there are, or None where only reading tells."""
        ...

    def blocks(self, columns: Columns) -> Iterator[Any]:
        """Arrow tables of these columns, some rows at a time."""
        ...

    def fingerprint(self, columns: Columns) -> str:
        """What differs where the content differs."""
        ...


@dataclass(frozen=True)
class FileOnDisk(FilePart):
    """A file of a source."""

    def fingerprint(self, columns: Columns) -> str:  # noqa: ARG002  (of a table in memory only these count)
        """Its size, and a hash of all of it: to read it is little beside what comes then."""
        try:
            with self.path.open("rb") as file:
                digest, size = hashlib.file_digest(file, "sha256"), file.tell()
        except OSError as error:
            raise TableError(f"{self.path} cannot be read: {error.strerror or error}") from error
        return f"{size} bytes, {digest.hexdigest()[:16]}"


@dataclass(frozen=True)
class TableInMemory:
    """A table of the caller's, as Arrow."""

    table: Any
    name: str = "table"

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.table.num_rows)

    def blocks(self, columns: Columns) -> Iterator[Any]:
        """All of them at once: slices of it take no memory."""
        require_columns(columns, self.table.column_names, "the table")
        require_texts(columns, self.table.schema, "the table")
        yield self.table.select(columns.names)

    def fingerprint(self, columns: Columns) -> str:
        """How many rows it has, and a hash of the columns that are read."""
        require_columns(columns, self.table.column_names, "the table")
        pa, digest = require("pyarrow", extra="corpora"), hashlib.sha256()
        sink = pa.BufferOutputStream()
        selected = self.table.select(columns.names).combine_chunks().replace_schema_metadata()
        with pa.ipc.new_stream(sink, selected.schema) as writer:
            writer.write_table(selected)
        digest.update(sink.getvalue())
        return f"{self.rows} rows, {digest.hexdigest()[:16]}"


def source_of(given: Any, encoding: str = "utf-8") -> list[Part]:
    """The parts of what a user gave as source.

    Args:
        given: the path of a file, a glob pattern, a folder; a data frame of pandas or polars, an Arrow table.
        encoding: of CSV, TSV and JSON lines.

    Raises:
        TableError: where there is no such file, or none of a known format.
    """
    pa = require("pyarrow", extra="corpora")
    if isinstance(given, str | PathLike):
        return _files(str(given), encoding)
    if isinstance(given, pa.RecordBatch):
        given = pa.Table.from_batches([given])
    if isinstance(given, pa.Table):
        return [TableInMemory(given)]
    if type(given).__module__.partition(".")[0] == "pandas" and hasattr(given, "columns"):
        return [TableInMemory(_from_pandas(given))]
    to_arrow = getattr(given, "to_arrow", None)
    if callable(to_arrow):
        return [TableInMemory(to_arrow())]
    raise TableError(
        f"expected the path of a table, a pattern or a folder, a data frame or an Arrow table, got {shown(given)}"
    )


def _from_pandas(frame: Any) -> Any:
    pa = require("pyarrow", extra="corpora")
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        why = "; ".join(map(str, error.args))
        raise TableError(
            f"the data frame holds values of different types in one column ({why}): make them all strings, "
            "df[column].astype(str), or leave the column out"
        ) from error


def _files(given: str, encoding: str) -> list[Part]:
    try:
        "".encode(encoding)
    except (LookupError, TypeError) as error:
        raise TableError(
            f"unknown encoding {shown(encoding)}: write utf-8, latin-1, cp1252, utf-16 ..."
        ) from error
    path = Path(given)
    if path.is_dir():
        found, root = sorted(each for each in path.rglob("*") if _counts(each, path)), path
        if not found:
            raise TableError(
                f"the folder {path} holds no table: expected files that end in {', '.join(READERS)}"
            )
    elif path.is_file():
        found, root = [path], path.parent
    else:
        found = sorted(Path(each) for each in glob.glob(given, recursive=True) if Path(each).is_file())  # noqa: PTH207
        root = Path(*_before_wildcards(path))
        if not found:
            raise TableError(f"there is no file {given}")
    formats = {READERS.get(suffix_of(each)) for each in found}
    for each in found:
        if not suffix_of(each):
            raise TableError(
                f"{each} is no table that can be read: expected a name that ends in {', '.join(READERS)}"
            )
    if len(formats) > 1:
        raise TableError(
            f"{given} holds files of several formats, {_some(found)}: give a pattern, as 'folder/*.csv'"
        )
    return [FileOnDisk(each.relative_to(root).as_posix(), each, encoding) for each in found]


def _counts(path: Path, folder: Path) -> bool:
    """Whether a file of a folder is a table: not what is hidden, as a file that is being written."""
    hidden = any(name.startswith((".", "_")) for name in path.relative_to(folder).parts)
    return not hidden and bool(suffix_of(path)) and path.is_file()


def _before_wildcards(path: Path) -> list[str]:
    parts = []
    for part in path.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return parts


def _some(paths: list[Path]) -> str:
    return ", ".join(sorted({each.suffix for each in paths}))
