"""The columns of a table of explanations: one row for each document and target."""

from __future__ import annotations

from typing import Any

from textattr._optional import require

VERSION = 1

# Columns that anyone reads, and those by which the explanations come back exactly.
FOR_READERS = (
    "id text predicted probability truth target score baseline_score method tokens starts ends weights features shares "
    "warnings error"
).split()
FOR_READING_BACK = ("source", "row", "number", "common", "details")
COMMON = (
    "title",
    "method_reason",
    "options",
    "model",
    "layout",
    "unit",
    "checks",
)  # of an explanation, in `common`
RESERVED = frozenset((*FOR_READERS, *FOR_READING_BACK))


def schema_of(id_type: Any, kept: dict[str, Any]) -> Any:
    """The schema, in which the user's own columns have the types that they had.

    `id`, the kept columns, `text`; `predicted` (a label), `truth`, `target` (the target's label), its `probability`,
    `score` and `baseline_score`; `method`; of each token of the text `tokens`, `starts`, `ends` (characters, half-open)
    and `weights`; `features` (numbers beside the text: name, value, weight), `shares` (relevance beside the tokens, by
    name), `warnings`; `error`, why there is no explanation, else null. `source` and `row` are the key: the file, and
    the row's number in it from 0; `number` counts the targets of a document from 0. `common` and `details` are JSON:
    what most rows share, and what else `read_table` needs.

    Args:
        id_type: the type of the column of ids; null where there is none.
        kept: {name: type} of the kept columns.
    """
    pa = require("pyarrow", extra="corpora")
    texts = pa.list_(pa.string())
    feature = pa.struct([("name", pa.string()), ("value", pa.float64()), ("weight", pa.float64())])
    return pa.schema(
        [
            ("id", id_type),
            *kept.items(),
            ("text", pa.string()),
            ("predicted", pa.string()),
            ("probability", pa.float64()),
            ("truth", pa.string()),
            ("target", pa.string()),
            ("score", pa.float64()),
            ("baseline_score", pa.float64()),
            ("method", pa.string()),
            ("tokens", texts),
            ("starts", pa.list_(pa.int32())),
            ("ends", pa.list_(pa.int32())),
            ("weights", pa.list_(pa.float64())),
            ("features", pa.list_(feature)),
            ("shares", pa.map_(pa.string(), pa.float64())),
            ("warnings", texts),
            ("error", pa.string()),
            ("source", pa.string()),
            ("row", pa.int64()),
            ("number", pa.int32()),
            ("common", pa.string()),
            ("details", pa.string()),
        ],
        metadata={"textattr.schema_version": str(VERSION)},
    )
