"""`read_table`: the explanations of a run, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from typing import Any

from textattr._optional import require
from textattr.checks import choice
from textattr.corpora.errors import RunError
from textattr.corpora.folder import finished_folder
from textattr.corpora.from_rows import explanation_of
from textattr.errors import TextAttrError
from textattr.pipeline.failed_explanation import FailedExplanation

_BATCH = 256  # rows that are held at once


def read_table(out: str | PathLike[str], *, on_error: str = "skip") -> Iterator[Any]:
    """The explanations that `explain_table` wrote, in the order of the source, exactly as they were.

    They are read one after the other: memory does not grow with the table.

    Args:
        out: the folder.
        on_error: what stands for a row that could not be explained: "skip": nothing; "yield": a
            `FailedExplanation(index, document, error)`, where `index` counts the documents from 0.

    Raises:
        MissingExtraError: without pyarrow.
        TableError: where no run wrote there.

    Example:
        >>> import textattr
        >>> demo = textattr.demo.load("sentiment")
        >>> explainer = textattr.Explainer(demo.model, tokenizer=demo.tokenizer, target_names=demo.labels)
        >>> import pandas as pd
        >>> table = pd.DataFrame({"review": ["A wonderful film."]})
        >>> _ = textattr.explain_table(explainer, table, "read", text="review", progress=False)
        >>> [explanation] = textattr.read_table("read")
        >>> explanation == next(explainer.explain_many(["A wonderful film."]))
        True
    """
    require("pyarrow", extra="corpora")
    choice("on_error", on_error, ("skip", "yield"))
    return _explanations(finished_folder(out).shards(), on_error == "yield")


def _explanations(shards: Any, with_failures: bool) -> Iterator[Any]:
    for index, rows in enumerate(_documents(shards)):
        error = rows[0]["error"]
        if error is None:
            yield explanation_of(rows)
        elif with_failures:
            yield FailedExplanation(index, rows[0]["text"], RunError(error))


def _documents(shards: Any) -> Iterator[list[dict[str, Any]]]:
    """The rows of each document."""
    parquet = require("pyarrow.parquet", extra="corpora")
    pa = require("pyarrow", extra="corpora")
    held: list[dict[str, Any]] = []
    for path in shards:
        try:
            with parquet.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=_BATCH):
                    for row in batch.to_pylist():
                        if held and row["number"] == 0:
                            yield held
                            held = []
                        held.append(row)
        except (pa.ArrowException, OSError) as error:
            raise TextAttrError(f"{path} cannot be read: {error}") from error
    if held:
        yield held
