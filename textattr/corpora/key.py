"""`RowKey`: what tells one row of a source from all others, and what the user wants beside its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RowKey:
    """A row of a source.

    Args:
        source: the name of the file.
        row: its number in it, from 0.
        text: the document.
        id: what the user knows it by; it may repeat.
        kept: the columns that the user keeps.
    """

    source: str
    row: int
    text: Any
    id: Any
    kept: Mapping[str, Any]

    def as_row(self) -> dict[str, Any]:
        """Its columns."""
        return {"id": self.id, **self.kept, "text": self.text, "source": self.source, "row": self.row}
