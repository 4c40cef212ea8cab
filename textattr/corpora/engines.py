"""Engines: how the shards of a run are worked off. Each calls `explain_shard` and writes what comes of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Protocol

from textattr.corpora.explain_shard import ShardJob, explain_shard
from textattr.corpora.folder import Counts, RunFolder
from textattr.corpora.garbage import old_objects_left_alone
from textattr.corpora.shard_of_rows import ShardOfRows
from textattr.explainer import Explainer


class Engine(Protocol):
    """Explains shards of rows and writes them into the folder."""

    def __call__(
        self, explainer: Explainer, job: ShardJob, shards: Iterator[ShardOfRows], folder: RunFolder
    ) -> Generator[Counts]:
        """What is in each shard, in whatever order they are finished; closed, it ends what it has started."""
        ...


def in_this_process(
    explainer: Explainer, job: ShardJob, shards: Iterator[ShardOfRows], folder: RunFolder
) -> Generator[Counts]:
    """One shard after the other."""
    first = next(shards, None)
    if first is None:
        return
    yield finish_shard(explainer, job, first, folder)  # which traces the model
    with old_objects_left_alone():
        for rows in shards:
            yield finish_shard(explainer, job, rows, folder)


def finish_shard(explainer: Explainer, job: ShardJob, rows: ShardOfRows, folder: RunFolder) -> Counts:
    """Explain the rows of a shard and write them."""
    shard = explain_shard(explainer, rows, job)
    folder.write_shard(rows.file_name, shard)
    return Counts(shard.rows, shard.errors, shard.first_error)
