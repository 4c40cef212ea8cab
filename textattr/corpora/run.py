"""`Run`: what `explain_table` did, as plain data that shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """A finished run.

    Args:
        path: the folder.
        rows: how many rows of the source are in it.
        errors: how many of these could not be explained.
        seconds: what this call took.
        explained: how many of the rows this call added; the others were there.
        first_error: why the first row that could not be explained could not; None where there is none.
    """

    path: Path
    rows: int
    errors: int
    seconds: float
    explained: int
    first_error: str | None = None

    def __str__(self) -> str:
        before = self.rows - self.explained
        there = f", {before:,} of them were there already" if before else ""
        rate = self.explained / self.seconds if self.seconds > 0 else 0.0
        said = f"{self.rows:,} rows in {self.path}{there}; {self.seconds:.1f} s, {rate:,.0f} rows per second"
        if not self.errors:
            return said
        return f"{said}; {self.errors:,} could not be explained, the first one: {self.first_error}"
