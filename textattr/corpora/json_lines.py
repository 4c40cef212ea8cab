"""JSON lines, some lines at a time; a line that cannot be read stays a row, which says what is wrong."""

from __future__ import annotations

import codecs
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
        self._broken: list[str] = []  # what is wrong with lines before these

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
        if self._broken:
            raise TableError(f"{self._name} cannot be read: {self._broken[0]}")

    def _parsed(self, lines: list[tuple[int, bytes]]) -> Iterator[Any]:
        """The rows of these lines; where they cannot be read together, halves of them, and halves of these."""
        if not lines:
            return
        pa, json = require("pyarrow", extra="corpora"), require("pyarrow.json", extra="corpora")
        content = b"".join(line for _, line in lines)
        options = json.ReadOptions(block_size=len(content) + 1, use_threads=False)
        is_known = self._schema is not None and not any(
            pa.types.is_null(kind) or pa.types.is_nested(kind) for kind in self._schema.types
        )
        others = "ignore" if is_known else "infer"
        parsing = json.ParseOptions(explicit_schema=self._fixed(), unexpected_field_behavior=others)
        try:
            _require_objects(lines)
            table = json.read_json(io.BytesIO(content), read_options=options, parse_options=parsing)
            table.validate(full=True)  # which looks whether strings are UTF-8
            if table.num_rows != len(lines):
                raise ValueError("expected one object, {...}, in each line")
        except (pa.ArrowException, ValueError) as error:
            if len(lines) > 1:
                half = len(lines) // 2
                yield from self._parsed(lines[:half])
                yield from self._parsed(lines[half:])
            else:
                yield from self._problem(f"line {lines[0][0]} of {self._name}: {_reason(error)}")
            return
        if self._schema is None:
            require_columns(self._columns, table.column_names, self._name)
            require_texts(self._columns, table.schema, self._name)
            self._schema = table.select(self._columns.names).schema
            dates = [i for i, kind in enumerate(self._schema.types) if pa.types.is_timestamp(kind)]
            if dates:  # strings that look like dates stay strings
                for i in dates:
                    self._schema = self._schema.set(i, self._schema.field(i).with_type(pa.string()))
                yield from self._parsed(lines)
                return
        broken, self._broken = self._broken, []
        for problem in broken:
            yield from self._problem(problem)
        for name in set(self._columns.names) - set(table.column_names):
            table = table.append_column(name, pa.nulls(table.num_rows, self._schema.field(name).type))
        yield table.select(self._columns.names).append_column(PROBLEM, pa.nulls(table.num_rows, pa.string()))

    def _fixed(self) -> Any:
        """The types that are known: of what the first lines had values of."""
        pa = require("pyarrow", extra="corpora")
        if self._schema is None:
            return None
        return pa.schema([field for field in self._schema if not pa.types.is_null(field.type)])

    def _problem(self, problem: str) -> Iterator[Any]:
        """A row without values; kept until a line can be read that tells the types."""
        pa = require("pyarrow", extra="corpora")
        if self._schema is None:
            self._broken.append(problem)
            return
        values = {field.name: pa.nulls(1, field.type) for field in self._schema}
        yield pa.table({**values, PROBLEM: pa.array([problem], pa.string())})


def _require_objects(lines: list[tuple[int, bytes]]) -> None:
    """Refuse lines that are no objects: of `null` among others Arrow makes a row, and on a first one it crashes."""
    for _, line in lines:
        start = line.removeprefix(codecs.BOM_UTF8).lstrip()[:20]
        if not start.startswith(b"{"):
            raise ValueError(f"expected an object, {{...}}, got {start.decode(errors='replace').rstrip()}")


def _reason(error: Exception) -> str:
    said = " ".join(str(error).split())
    if isinstance(error, UnicodeError) or "UTF8" in said:
        return f"it is no UTF-8 ({said}): say which encoding the file has, encoding= or --encoding"
    return said
