"""Which columns of a table are read, and what each of them is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from textattr._optional import require
from textattr.checks import shown
from textattr.corpora.errors import TableError
from textattr.corpora.schema import RESERVED
from textattr.errors import OptionError

PROBLEM = "textattr: problem"  # the column that says why a row could not be read, null where it could


@dataclass(frozen=True)
class Columns:
    """The names of the columns that a run reads.

    Args:
        text: the documents.
        truth: what is right, or None.
        id: what the user knows a row by, or None; it may repeat.
        keep: columns that go into the result as they are.
    """

    text: str
    truth: str | None = None
    id: str | None = None
    keep: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Each of them once."""
        given = [self.text, self.truth, self.id, *self.keep]
        return list(dict.fromkeys(name for name in given if name is not None))

    def as_dict(self) -> dict[str, Any]:
        """As it stands in `run.json`."""
        return {**asdict(self), "keep": list(self.keep)}


def checked_columns(text: Any, truth: Any, id: Any, keep: Any) -> Columns:  # noqa: A002  (the name that users write)
    """The columns that a user named.

    Raises:
        OptionError: for what is no name, and names that the result has for columns of its own.
    """
    for name, given in {"text": text, "truth": truth, "id": id}.items():
        if not isinstance(given, str) and (given is not None or name == "text"):
            raise OptionError(f"expected {name}= as the name of a column, got {shown(given)}")
    if isinstance(keep, str) or not isinstance(keep, Sequence) or not all(isinstance(k, str) for k in keep):
        raise OptionError(f"expected keep= as a list of names of columns, got {shown(keep)}")
    if len(set(keep)) < len(keep):
        raise OptionError(f"expected each column once in keep=, got {shown(list(keep))}")
    taken = [name for name in keep if name in RESERVED or name == PROBLEM]
    if taken:
        raise OptionError(
            f"the result has a column {taken[0]!r} of its own, beside which keep={taken[0]!r} cannot stand: rename it"
        )
    return Columns(text, truth, id, tuple(keep))


def require_columns(columns: Columns, present: Sequence[str], where: str) -> None:
    """Refuse a table that lacks a column, or has two of that name.

    Raises:
        TableError: which names the nearest.
    """
    for name in columns.names:
        if present.count(name) > 1:
            raise TableError(f"{where} has {present.count(name)} columns called {name!r}: rename one of them")
        if name not in present:
            near = get_close_matches(name, present, 1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise TableError(
                f"{where} has no column {name!r}: {hint}Its columns are {', '.join(map(repr, present[:20]))}"
            )


def require_texts(columns: Columns, schema: Any, where: str) -> None:
    """Refuse a column of texts that holds something else.

    Raises:
        TableError: which says what it holds.
    """
    types = require("pyarrow", extra="corpora").types
    kind = schema.field(columns.text).type
    inside = kind.value_type if types.is_dictionary(kind) else kind
    if not (types.is_string(inside) or types.is_large_string(inside) or types.is_string_view(inside)):
        advice = (
            "join each list to one text first" if types.is_nested(kind) else "make it a column of strings"
        )
        raise TableError(f"column {columns.text!r} of {where} holds {kind}, expected texts: {advice}")
