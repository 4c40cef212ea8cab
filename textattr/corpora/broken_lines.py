"""Lines of a CSV file that have too few or too many cells: they stay rows, which say what is wrong."""

from __future__ import annotations

from typing import Any

from textattr._optional import require
from textattr.corpora.columns import PROBLEM

_SHOWN = 60  # characters of such a line


class BrokenLines:
    """Notes them while pyarrow reads ahead, and puts them back where they stood.

    Args:
        name: of the file.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._problems: dict[int, str] = {}  # by the number of the row, from 0
        self._seen = 0  # rows that were handed on, broken ones among them

    def forget(self) -> None:
        """Begin again, at the start of the file."""
        self._problems.clear()

    def note(self, row: Any) -> str:
        """What pyarrow calls for a line that it cannot read."""
        text = row.text if len(row.text) <= _SHOWN else row.text[: _SHOWN - 1] + "…"
        self._problems[row.number - 2] = (  # the header is line 1
            f"line {row.number} of {self._name} has {row.actual_columns} cells, expected {row.expected_columns}: "
            f"{text!r}"
        )
        return "skip"

    def among(self, table: Any) -> Any:
        """The rows of a block with the broken ones between them."""
        problems: list[str | None] = []
        at: list[int | None] = []
        for i in range(table.num_rows):
            while self._seen in self._problems:
                problems.append(self._problems.pop(self._seen))
                at.append(None)
                self._seen += 1
            problems.append(None)
            at.append(i)
            self._seen += 1
        return self._with_problems(table, at, problems)

    def rest(self, schema: Any) -> Any:
        """Those behind the last row that could be read."""
        told = [self._problems.pop(number) for number in sorted(self._problems)]
        return self._with_problems(schema.empty_table(), [None] * len(told), list(told))

    def _with_problems(self, table: Any, at: list[int | None], problems: list[str | None]) -> Any:
        pa = require("pyarrow", extra="corpora")
        if len(at) > table.num_rows:
            table = table.take(pa.array(at, pa.int64()))
        return table.append_column(PROBLEM, pa.array(problems, pa.string()))
