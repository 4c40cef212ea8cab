"""Files of tables, read block by block through pyarrow: CSV, TSV, JSON lines, Parquet."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textattr._optional import require
from textattr.corpora.broken_lines import BrokenLines
from textattr.corpora.columns import Columns, require_columns, require_texts
from textattr.corpora.errors import TableError
from textattr.corpora.json_lines import JsonLines

_BLOCK = 2**24  # bytes that are read at a time: a row has to fit in
_BUFFER = 2**20  # bytes
_ROWS = 4096  # of a Parquet file, read at a time


@dataclass(frozen=True)
class FilePart:
    """One file of a source.

    Args:
        name: what it is called in the result.
        path: where it lies.
        encoding: of its text; Parquet has its own.
    """

    name: str
    path: Path
    encoding: str

    @property
    def rows(self) -> int | None:
        """How many there are, where the file tells without being read."""
        if READERS[suffix_of(self.path)] is not _parquet:
            return None
        with _readable(self):
            return int(require("pyarrow.parquet", extra="corpora").read_metadata(self.path).num_rows)

    def blocks(self, columns: Columns) -> Iterator[Any]:
        """Its rows, as Arrow tables of these columns, some at a time.

        Raises:
            TableError: for a file that cannot be read, or lacks a column.
        """
        with _readable(self):
            yield from READERS[suffix_of(self.path)](self, columns)


@contextmanager
def _readable(part: FilePart) -> Iterator[None]:
    """Turns what pyarrow and the system say of a file into one kind of error that names it."""
    pa = require("pyarrow", extra="corpora")
    try:
        yield
    except TableError:
        raise
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise TableError(f"{part.path} cannot be read: {_reason(error, part.encoding)}") from error


def _reason(error: BaseException, encoding: str) -> str:
    said = " ".join(str(getattr(error, "strerror", None) or error).split())
    if isinstance(error, UnicodeError | LookupError) or "invalid UTF8" in said:
        return f"it is no {encoding} text ({said}): say which encoding it has, encoding= or --encoding"
    if "straddl" in said:
        return f"a row is larger than {_BLOCK >> 20} MB, or a quote in it is never closed"
    if "magic" in said or "footer" in said or "Couldn't deserialize thrift" in said:
        return f"it is no Parquet file, or cut short ({said})"
    if said.startswith("Empty "):
        return "it is empty"
    return said


def _csv(part: FilePart, columns: Columns, delimiter: str = ",") -> Iterator[Any]:
    """Columns of strings, as a CSV file has no types: "007" stays "007"."""
    pa, csv = require("pyarrow", extra="corpora"), require("pyarrow.csv", extra="corpora")
    broken = BrokenLines(str(part.path))
    settings: dict[str, Any] = {
        "read_options": csv.ReadOptions(block_size=_BLOCK, use_threads=False, encoding=part.encoding),
        "parse_options": csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=broken.note
        ),
    }
    with csv.open_csv(part.path, **settings) as header:
        require_columns(columns, header.schema.names, str(part.path))
    broken.forget()
    convert = csv.ConvertOptions(
        include_columns=columns.names, column_types=dict.fromkeys(columns.names, pa.string())
    )
    with csv.open_csv(part.path, convert_options=convert, **settings) as reader:
        for batch in reader:
            yield broken.among(pa.Table.from_batches([batch]))
        yield broken.rest(reader.schema)


def _tsv(part: FilePart, columns: Columns) -> Iterator[Any]:
    return _csv(part, columns, delimiter="\t")


def _json_lines(part: FilePart, columns: Columns) -> Iterator[Any]:
    pa = require("pyarrow", extra="corpora")
    stream = pa.input_stream(part.path, compression="detect")
    if part.encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
        stream = pa.transcoding_input_stream(stream, part.encoding, "utf-8")
    with stream, io.BufferedReader(stream, _BUFFER) as file:
        yield from JsonLines(str(part.path), columns).tables(file)


def _parquet(part: FilePart, columns: Columns) -> Iterator[Any]:
    pa = require("pyarrow", extra="corpora")
    with require("pyarrow.parquet", extra="corpora").ParquetFile(part.path) as file:
        require_columns(columns, file.schema_arrow.names, str(part.path))
        require_texts(columns, file.schema_arrow, str(part.path))
        for batch in file.iter_batches(batch_size=_ROWS, columns=columns.names):
            yield pa.Table.from_batches([batch])


READERS: Mapping[str, Callable[..., Iterator[Any]]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
    ".pq": _parquet,
}
_COMPRESSED = (".gz", ".bz2", ".zst")


def suffix_of(path: Path) -> str:
    """What a file's name says of its format: ".csv" of "a.csv.gz" too; "" for none that is known.

    Example:
        >>> suffix_of(Path("reviews.CSV.gz")), suffix_of(Path("reviews.txt"))
        ('.csv', '')
    """
    inner = path.with_suffix("") if path.suffix.lower() in _COMPRESSED else path
    suffix = inner.suffix.lower()
    return suffix if suffix in READERS else ""
