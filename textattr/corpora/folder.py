"""`RunFolder`: the shards that a run has finished, and `run.json`, which says what made them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any

from textattr._optional import require
from textattr.checks import shown
from textattr.corpora.durable import as_run_error, remove_unfinished, write_whole
from textattr.corpora.errors import RunError, TableError
from textattr.corpora.explain_shard import ExplainedShard
from textattr.corpora.lock import NAME as LOCK
from textattr.corpora.lock import locked
from textattr.errors import OptionError

RUN = "run.json"
_COUNTS = "textattr.counts"  # in a shard's own metadata: rows and errors of the source


@dataclass(frozen=True)
class Counts:
    """What a finished shard holds: rows of the source, those that could not be explained, why the first could not."""

    rows: int
    errors: int
    first_error: str | None = None


def write_parquet(shard: ExplainedShard, file: IO[bytes]) -> None:
    """Write a shard as Parquet, with its counts beside the table."""
    parquet = require("pyarrow.parquet", extra="corpora")
    counts = json.dumps([shard.rows, shard.errors, shard.first_error])
    metadata = {**(shard.table.schema.metadata or {}), _COUNTS: counts}
    parquet.write_table(shard.table.replace_schema_metadata(metadata), file, compression="zstd")


@dataclass(frozen=True)
class RunFolder:
    """A folder that a run writes, or has written."""

    path: Path

    @contextmanager
    def opened(self, identity: Mapping[str, Any], *, resume: bool) -> Iterator[None]:
        """Make the folder or take it up again, and hold it inside the `with`.

        Args:
            identity: what the run is, as it stands in `run.json`.
            resume: go on with a run of the same identity.

        Raises:
            RunError: where another run holds it, another made it, or it holds something else.
        """
        with as_run_error(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        with locked(self.path):
            known = self.read_run()
            if known is None:
                self._require_empty()
                self.write_run(identity)
            elif not resume:
                raise RunError(
                    f"{self.path} holds a run already: give another out=, or resume=True to go on with it"
                )
            else:
                require_same(known, identity, self.path)
            remove_unfinished(self.path)
            yield

    def shards(self) -> list[Path]:
        """The finished shards, in the order of the source."""
        return sorted(self.path.glob("part-*.parquet"))

    def write_shard(self, name: str, shard: ExplainedShard) -> None:
        """Write a finished shard."""
        write_whole(self.path / name, lambda file: write_parquet(shard, file))

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a finished shard of which another machine has made the Parquet file."""
        write_whole(self.path / name, lambda file: file.write(content))

    def counts_of(self, name: str) -> Counts | None:
        """What a finished shard holds; None where it is not finished."""
        path = self.path / name
        if not path.is_file():
            return None
        pa, parquet = require("pyarrow", extra="corpora"), require("pyarrow.parquet", extra="corpora")
        try:
            return Counts(*json.loads(parquet.read_schema(path).metadata[_COUNTS.encode()]))
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"{path} is no shard that explain_table wrote ({error}): remove it, and it is made again"
            ) from error

    def read_run(self) -> dict[str, Any] | None:
        """What `run.json` says; None where there is none."""
        path = self.path / RUN
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RunError(f"{path} cannot be read: {error}") from error
        if not isinstance(found, dict):
            raise RunError(f"{path} is none that explain_table wrote")
        return found

    @property
    def unfinished(self) -> str:
        """What to say of a run that is broken off, or still goes on; empty where it is finished."""
        if "result" in (self.read_run() or {}):
            return ""
        return f"the run in {self.path} is not finished: the same call of explain_table goes on with it"

    @property
    def method(self) -> str:
        """The name of the method that explained the rows."""
        return str((self.read_run() or {}).get("identity", {}).get("method", "unknown"))

    def write_run(self, content: Mapping[str, Any]) -> None:
        """Write `run.json`."""
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        write_whole(self.path / RUN, lambda file: file.write(text.encode()))

    def _require_empty(self) -> None:
        others = [
            each.name for each in self.path.iterdir() if each.name != LOCK and not each.name.startswith(".")
        ]
        if others:
            raise RunError(
                f"{self.path} holds {shown(sorted(others)[0])} and no {RUN}: give an empty or a new folder as out="
            )


def finished_folder(out: Any) -> RunFolder:
    """The folder of a run, to read.

    Raises:
        OptionError: for what is no path.
        TableError: where no run wrote there.
    """
    if not isinstance(out, str | PathLike):
        raise OptionError(f"expected the folder that explain_table wrote, got {shown(out)}")
    folder = RunFolder(Path(out))
    if not folder.path.is_dir():
        raise TableError(f"there is no folder {out}: expected the out= of explain_table")
    if folder.read_run() is None:
        raise TableError(f"{out} holds no {RUN}: expected the out= of explain_table")
    return folder


def require_same(known: Mapping[str, Any], wanted: Mapping[str, Any], path: Path) -> None:
    """Refuse to go on with another run.

    Raises:
        RunError: which says what differs.
    """
    differing = list(_differences(known.get("identity", {}), wanted["identity"], ""))
    if differing:
        raise RunError(
            f"{path} holds another run: {'; '.join(differing[:5])}. Give another out=, or the same settings as then"
        )


def _differences(known: Any, wanted: Any, where: str) -> Iterator[str]:
    if isinstance(known, dict) and isinstance(wanted, dict):
        for name in dict.fromkeys((*known, *wanted)):
            yield from _differences(known.get(name), wanted.get(name), f"{where}.{name}" if where else name)
    elif known != wanted:
        yield f"{where} was {shown(known)}, is {shown(wanted)}"
