"""`ShardOfRows`: the rows that become one file of the result; how a source is cut into them follows from it alone."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textattr._optional import require
from textattr.corpora.columns import PROBLEM, Columns
from textattr.corpora.source import Part


@dataclass(frozen=True, eq=False)
class ShardOfRows:
    """Some rows of one part of a source.

    Args:
        part: the number of the part.
        source: its name.
        first: the number of the first row in it.
        table: the rows, an Arrow table of the columns that are read and perhaps `PROBLEM`.
    """

    part: int
    source: str
    first: int
    table: Any

    @property
    def file_name(self) -> str:
        """What the file of the result is called: names sort as the rows stand.

        Example:
            >>> ShardOfRows(0, "reviews.csv", 2000, None).file_name
            'part-00000-0000002000.parquet'
        """
        return f"part-{self.part:05d}-{self.first:010d}.parquet"

    def values(self, name: str | None) -> list[Any]:
        """A column's values; None for each row where there is no such column."""
        if name is None or name not in self.table.column_names:
            return [None] * int(self.table.num_rows)
        return list(self.table.column(name).to_pylist())

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with these rows alone: pickled as it is, a slice of a table takes all of the table along."""
        pa, sink = require("pyarrow", extra="corpora"), io.BytesIO()
        with pa.ipc.new_stream(sink, self.table.schema) as writer:
            writer.write_table(self.table)
        return _arrived, (self.part, self.source, self.first, sink.getvalue())

    def problems(self) -> list[str | None]:
        """Why a row could not be read; None where it could."""
        return self.values(PROBLEM)


def _arrived(part: int, source: str, first: int, stream: bytes) -> ShardOfRows:
    pa = require("pyarrow", extra="corpora")
    return ShardOfRows(part, source, first, pa.ipc.open_stream(stream).read_all())


def shards_of_rows(parts: Sequence[Part], columns: Columns, size: int) -> Iterator[ShardOfRows]:
    """All rows of a source, `size` at a time, never those of two files together.

    Raises:
        TableError: where a file cannot be read.
    """
    for number, part in enumerate(parts):
        for i, table in enumerate(_regrouped(part.blocks(columns), size)):
            yield ShardOfRows(number, part.name, i * size, table)


def _regrouped(blocks: Iterator[Any], size: int) -> Iterator[Any]:
    """The same rows in tables of `size` rows, the last one of fewer."""
    held: list[Any] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.num_rows
        if count < size:
            continue
        joined = _together(held)
        whole = count // size * size
        for start in range(0, whole, size):
            yield joined.slice(start, size)
        held, count = [joined.slice(whole)], count - whole
    if count:
        yield _together(held)


def _together(tables: list[Any]) -> Any:
    """Blocks of one file: where one held no value in a column, it takes the type of the others."""
    return require("pyarrow", extra="corpora").concat_tables(tables, promote_options="default")
