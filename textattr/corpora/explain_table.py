"""`explain_table`: every row of a table explained, into a folder of Parquet files that a later call goes on with."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any

from textattr._optional import require
from textattr.checks import choice, flag, shown, whole_number
from textattr.corpora.columns import Columns, checked_columns
from textattr.corpora.engines import Engine, in_this_process
from textattr.corpora.errors import RunError, TableError
from textattr.corpora.explain_shard import ShardJob
from textattr.corpora.folder import Counts, RunFolder
from textattr.corpora.identity import run_content
from textattr.corpora.ray_engine import RayEngine
from textattr.corpora.ray_pool import on_ray
from textattr.corpora.run import Run
from textattr.corpora.schema import schema_of
from textattr.corpora.shard_of_rows import ShardOfRows, shards_of_rows
from textattr.corpora.source import Part, source_of
from textattr.corpora.workers import in_workers
from textattr.errors import OptionError
from textattr.explainer import Explainer
from textattr.progress import row_bar

_ENGINES = ("local", "ray")
_ON_ERROR = ("record", "raise")
_MOST_ROWS = 100_000  # of a shard: what is held in memory, and what a kill loses


def explain_table(
    explainer: Explainer,
    source: Any,
    out: str | PathLike[str],
    *,
    text: str,
    truth: str | None = None,
    id: str | None = None,  # noqa: A002  (the name that users write)
    keep: Sequence[str] = (),
    targets: Any = None,
    against: Any = None,
    workers: int = 1,
    engine: str | RayEngine = "local",
    rows_per_shard: int = 1000,
    resume: bool = True,
    on_error: str = "record",
    max_errors: int | None = None,
    encoding: str = "utf-8",
    progress: bool = True,
) -> Run:
    """Explain every row of a table; what comes out is a table again, a folder of Parquet files.

    Files are read block by block, never whole. A shard of rows is written under another name, brought to the disk and
    then renamed, so that whatever breaks off a run, the same call goes on with what is missing: no row is lost, none is
    there twice. A row is known by its file and its number in it. The folder holds `run.json` as well, by which a run
    with another model, method, option or source is refused. DuckDB, pandas, polars and Spark read the
    shards, `*.parquet` in the folder; [read_table][textattr.read_table] gives the explanations back.

    Args:
        explainer: with every setting.
        source: the path of a CSV, TSV, JSON lines or Parquet file, a pattern such as "reviews/*.csv", a folder; a data
            frame, an Arrow table. Columns of CSV and TSV are strings; a file may be packed by gzip, bzip2 or Zstandard.
        out: the folder.
        text: the column of the documents.
        truth: the column of what is right, as labels or indices of classes; an empty cell is not known.
        id: a column by which you know a row; it may repeat.
        keep: columns to take over as they are.
        targets: as for `Explainer.explain`, for all rows.
        against: likewise.
        workers: how many processes explain; each loads the model once. A script that asks for several keeps its own
            work behind `if __name__ == "__main__":`.
        engine: "local": this machine; "ray": Ray, which a [RayEngine][textattr.RayEngine] tells more: the address of a
            cluster, GPUs. A run that one engine began, another goes on with.
        rows_per_shard: how many rows one file of the result is made of: what a kill may lose, of each worker.
        resume: go on with a run that was broken off; False: refuse a folder that holds one.
        on_error: "record": a row that cannot be explained says why in the column `error`; "raise": it ends the run.
        max_errors: end the run where more rows than these cannot be explained; None: never.
        encoding: of CSV, TSV and JSON lines.
        progress: show a bar with rows per second, the time left and errors.

    Returns:
        a `Run`: `rows`, `errors`, `seconds`, `path`.

    Raises:
        MissingExtraError: without pyarrow, or Ray where that is asked for.
        TableError: for a source that cannot be read or lacks a column.
        RunError: for a folder of another run, one that another run holds, no space, too many errors.

    Example:
        >>> import pandas as pd
        >>> import textattr
        >>> demo = textattr.demo.load("sentiment")
        >>> explainer = textattr.Explainer(demo.model, tokenizer=demo.tokenizer, target_names=demo.labels)
        >>> table = pd.DataFrame({"review": ["A wonderful film.", "", "Dull."], "month": [1, 1, 2]})
        >>> run = textattr.explain_table(explainer, table, "explained", text="review", keep=["month"], progress=False)
        >>> run.rows, run.errors
        (3, 1)
        >>> shards = sorted(run.path.glob("*.parquet"))
        >>> pd.read_parquet(shards[0])["error"].isna().tolist()
        [True, False, True]
    """
    require("pyarrow", extra="corpora")
    if not isinstance(explainer, Explainer):
        raise OptionError(
            f"expected a textattr.Explainer, got {shown(explainer)}: textattr.Explainer(model, ...)"
        )
    columns = checked_columns(text, truth, id, keep)
    most = 0 if choice("on_error", on_error, _ON_ERROR) == "raise" else max_errors
    if most is not None:
        whole_number("max_errors", most, 0)
    size = whole_number("rows_per_shard", rows_per_shard, 1, _MOST_ROWS)
    flag("resume", resume)
    flag("progress", progress)
    run = _engine(engine, whole_number("workers", workers, 1, 1000))
    started = time.monotonic()
    parts = source_of(source, encoding)
    shards, job = _job(parts, columns, size, targets, against)
    folder = RunFolder(_apart(Path(out), source))
    content = run_content(explainer, parts, job, size)
    tally = _Tally(most)
    with folder.opened(content, resume=resume), row_bar("Explaining", _total(parts), progress) as advance:
        missing = _missing(shards, folder, tally, advance)
        with closing(run(explainer, job, missing, folder)) as finished:  # also where this is broken off
            for counts in finished:
                tally.add(counts, is_new=True)
                advance(counts.rows, counts.errors)
                tally.require_few()
        seconds = time.monotonic() - started
        result = {"rows": tally.rows, "errors": tally.errors, "seconds": round(seconds, 3)}
        folder.write_run({**content, "result": result})
    return Run(folder.path, tally.rows, tally.errors, seconds, tally.explained, tally.first_error)


class _Tally:
    """Rows and errors, as they come in.

    Args:
        most: errors that are allowed; None: any number.
    """

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.rows = self.errors = self.explained = 0
        self.first_error: str | None = None

    def add(self, counts: Counts, *, is_new: bool) -> None:
        """One more shard."""
        self.rows += counts.rows
        self.errors += counts.errors
        self.explained += counts.rows * is_new
        self.first_error = self.first_error or counts.first_error

    def require_few(self) -> None:
        """End the run where there are too many errors.

        Raises:
            RunError: with the first of them.
        """
        if self.most is not None and self.errors > self.most:
            raise RunError(
                f"rows that could not be explained: {self.errors}, allowed: {self.most}; the first one: "
                f"{self.first_error}. What was finished stays"
            )


def _job(
    parts: Sequence[Part], columns: Columns, size: int, targets: Any, against: Any
) -> tuple[Iterator[ShardOfRows], ShardJob]:
    """All shards of rows, and what is to be done with each: the types of columns are those of the first."""
    pa = require("pyarrow", extra="corpora")
    shards = shards_of_rows(parts, columns, size)
    first = next(shards, None)
    if first is None:
        raise TableError(f"the source holds no rows: {', '.join(part.name for part in parts[:5])}")

    def kind(name: str | None) -> Any:
        found = pa.null() if name is None else first.table.schema.field(name).type
        return found.value_type if pa.types.is_dictionary(found) else found

    schema = schema_of(kind(columns.id), {name: kind(name) for name in columns.keep})
    return chain([first], shards), ShardJob(columns, schema, targets, against)


def _missing(
    shards: Iterator[ShardOfRows], folder: RunFolder, tally: _Tally, advance: Any
) -> Iterator[ShardOfRows]:
    """The shards that are not finished; those that are, are counted."""
    for rows in shards:
        counts = folder.counts_of(rows.file_name)
        if counts is None:
            yield rows
            continue
        tally.add(counts, is_new=False)
        advance(counts.rows, counts.errors, is_new=False)


def _apart(out: Path, source: Any) -> Path:
    """A folder that is no part of the source, or the next run would read what this one writes.

    Raises:
        RunError: where it is.
    """
    if isinstance(source, str | PathLike) and Path(source).is_dir():
        folder = Path(source).resolve()
        if folder in (out.resolve(), *out.resolve().parents):
            raise RunError(f"out={str(out)!r} lies in the folder that is read: give one beside it")
    return out


def _total(parts: Sequence[Part]) -> int | None:
    """How many rows there are, where the source tells without being read."""
    rows = [part.rows for part in parts]
    return None if None in rows else sum(each for each in rows if each is not None)


def _engine(given: str | RayEngine, workers: int) -> Engine:
    engine = given if isinstance(given, RayEngine) else None
    if engine is None and choice("engine", given, _ENGINES) == "ray":
        engine = RayEngine()
    if engine is not None:
        require("ray", extra="ray")
        return partial(on_ray, engine=engine, count=workers)
    return in_this_process if workers == 1 else partial(in_workers, count=workers)
