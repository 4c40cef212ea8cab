"""`FailedExplanation`: stands where a document could not be explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class FailedExplanation:
    """What `explain_many(..., on_error="yield")` gives in the place of a document that could not be explained.

    Args:
        index: the position of the document, from 0.
        document: as it was given.
        error: why not.
    """

    index: int
    document: Any
    error: Exception

    def __repr__(self) -> str:
        return f"FailedExplanation({self.index}, {type(self.error).__name__}: {self.error})"
