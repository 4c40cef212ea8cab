"""JSON lines, some lines at a time; a line that cannot be read stays a row, which says what is wrong."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any

from textattr._optional import require
from textattr.corpora.columns import PROBLEM, Columns, require_columns, require_texts
from textattr.corpora.errors import TableError

_LINES = 2000  # that are parsed together
_LONGEST = 2**24  # bytes of a line


class JsonLines:
    """Reads the columns of a file.

    Args:
        name: of the file.
        columns: those that are read.
    """

    def __init__(self, name: str, columns: Columns) -> None:
        self._name = name
        self._columns = columns
        self._schema: Any = None  # of the first lines that could be read: later ones have the same types

    def tables(self, file: IO[bytes]) -> Iterator[Any]:
        """The rows, as Arrow tables; blank lines are none."""
        number, held = 0, list[tuple[int, bytes]]()
        while line := file.readline(_LONGEST):
            number += 1
            if line.strip():
                held.append((number, line))
            if len(held) == _LINES or len(line) == _LONGEST:
                yield from self._parsed(held)
                held = []
        if not number:
            raise TableError(f"{self._name} cannot be read: it is empty")
        yield from self._parsed(held)

    def _parsed(self, lines: list[tuple[int, bytes]]) -> Iterator[Any]:
        """The rows of these lines; where they cannot be read together, halves of them, and halves of these."""
        if not lines:
            return
        pa, json = require("pyarrow", extra="corpora"), require("pyarrow.json", extra="corpora")
        content = b"".join(line for _, line in lines)
        options = json.ReadOptions(block_size=len(content) + 1, use_threads=False)
        wanted = {} if self._schema is None else {"explicit_schema": self._schema}
        parsing = json.ParseOptions(**wanted, unexpected_field_behavior="ignore" if wanted else "infer")
        try:
            table = json.read_json(io.BytesIO(content), read_options=options, parse_options=parsing)
        except (pa.ArrowException, UnicodeError) as error:
            if len(lines) > 1:
                half = len(lines) // 2
                yield from self._parsed(lines[:half])
                yield from self._parsed(lines[half:])
            else:
                yield self._problem(f"line {lines[0][0]} of {self._name}: {' '.join(str(error).split())}")
            return
        if self._schema is None:
            require_columns(self._columns, table.column_names, self._name)
            require_texts(self._columns, table.schema, self._name)
            self._schema = table.select(self._columns.names).schema
        yield table.select(self._columns.names).append_column(PROBLEM, pa.nulls(table.num_rows, pa.string()))

    def _problem(self, problem: str) -> Any:
        """A row without values."""
        pa = require("pyarrow", extra="corpora")
        if self._schema is None:
            raise TableError(f"{self._name} cannot be read: {problem}")
        values = {field.name: pa.nulls(1, field.type) for field in self._schema}
        return pa.table({**values, PROBLEM: pa.array([problem], pa.string())})
