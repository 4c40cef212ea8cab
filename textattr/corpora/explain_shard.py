"""What a shard of rows becomes: the one function that every engine calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from textattr._optional import require
from textattr.corpora.columns import Columns
from textattr.corpora.errors import TableError
from textattr.corpora.key import RowKey
from textattr.corpora.shard_of_rows import ShardOfRows
from textattr.corpora.to_rows import Row, RowsOf, failed_row
from textattr.explainer import Explainer
from textattr.pipeline.columns import is_missing
from textattr.pipeline.failed_explanation import FailedExplanation
from textattr.targets.labels import names_of_number
from textattr.targets.truth import Written

_DIGITS = 10  # of the number of a class
MOST_CHARACTERS = 1_000_000  # of a text: a longer one would take the memory of the whole run


@dataclass(frozen=True)
class ShardJob:
    """What is to be done with each shard of a run.

    Args:
        columns: what the columns of the source are for.
        schema: of the result, see `schema_of`.
        targets: as for `Explainer.explain`.
        against: likewise.
    """

    columns: Columns
    schema: Any
    targets: Any = None
    against: Any = None


@dataclass(frozen=True, eq=False)
class ExplainedShard:
    """A shard of the result.

    Args:
        table: an Arrow table, one row per document and target.
        rows: how many rows of the source are in it.
        errors: how many of these could not be explained.
        first_error: why, of the first of them; None where there is none.
    """

    table: Any
    rows: int
    errors: int
    first_error: str | None


def explain_shard(explainer: Explainer, rows: ShardOfRows, job: ShardJob) -> ExplainedShard:
    """Explain each row of a shard; a row that cannot be explained says why, and the others go on."""
    columns, rows = job.columns, _as_first_rows(rows, job)
    texts, kept = rows.values(columns.text), {name: rows.values(name) for name in columns.keep}
    ids = rows.values(columns.id)
    keys = [
        RowKey(rows.source, rows.first + i, text, ids[i], {name: values[i] for name, values in kept.items()})
        for i, text in enumerate(texts)
    ]
    problems = [given or _problem(key.text) for given, key in zip(rows.problems(), keys, strict=True)]
    truths = [_truth(value) for value in rows.values(columns.truth)]
    fit = [i for i, problem in enumerate(problems) if problem is None]
    outcomes = explainer.explain_many(  # they flow, so that those made to rows take no memory
        [texts[i] for i in fit],
        targets=None if job.targets is None else [job.targets] * len(fit),
        against=None if job.against is None else [job.against] * len(fit),
        truth=[truths[i] for i in fit],
        on_error="yield",
        progress=False,
    )
    make, found, failed = RowsOf(), [], []
    for key, problem in zip(keys, problems, strict=True):
        outcome = next(outcomes) if problem is None else None
        if outcome is None or isinstance(outcome, FailedExplanation):
            failed.append(problem or _told(outcome))
            found.append(failed_row(key, failed[-1]))
        else:
            found += make.explanation(key, outcome)
    return ExplainedShard(_table(found, job.schema), len(keys), len(failed), failed[0] if failed else None)


def _table(rows: list[Row], schema: Any) -> Any:
    """The rows as Arrow columns; what a row does not have is null."""
    pa = require("pyarrow", extra="corpora")
    arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _problem(text: Any) -> str | None:
    if is_missing(text):
        return "the text is missing"
    if len(text) > MOST_CHARACTERS:
        return f"the text has {len(text)} characters, more than {MOST_CHARACTERS}: cut it into parts"
    return None


def _told(failed: FailedExplanation | None) -> str:
    assert failed is not None
    return f"{type(failed.error).__name__}: {failed.error}"


def _as_first_rows(rows: ShardOfRows, job: ShardJob) -> ShardOfRows:
    """The columns that are taken over, with the types that they had in the first rows of the source.

    Raises:
        TableError: where a value would be lost.
    """
    pa, table = require("pyarrow", extra="corpora"), rows.table
    for name, wanted in zip((job.columns.id, *job.columns.keep), ("id", *job.columns.keep), strict=True):
        if name is None or name not in table.column_names:
            continue
        kind, column = job.schema.field(wanted).type, table.column(name)
        plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if plain == kind:
            continue
        try:
            cast = column.cast(kind)  # which refuses to round
        except pa.ArrowException as error:
            last = rows.first + table.num_rows - 1
            raise TableError(
                f"column {name!r} holds {plain} in rows {rows.first} to {last} of {rows.source}, and {kind} in the "
                f"first rows of the source: make them one type ({error})"
            ) from error
        table = table.set_column(table.column_names.index(name), name, cast)
    return replace(rows, table=table)


def _truth(value: Any) -> Any:
    """What is right; a number, also one that is written as a string, stands for a class unless a label is called so."""
    if is_missing(value) or value == "":
        return None
    if isinstance(value, str) and value.isdecimal() and len(value) < _DIGITS:
        return Written((value,), int(value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # whole numbers beside missing ones are floats, as pandas has them
    if is_number and 0 <= value < 10**_DIGITS and value == int(value):
        return Written(names_of_number(value), int(value))
    return value
