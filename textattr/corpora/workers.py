"""The engine of several processes: each loads the model once, explains shard after shard, and may die."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from textattr.corpora.deaths import Deaths
from textattr.corpora.errors import RunError
from textattr.corpora.explain_shard import ShardJob
from textattr.corpora.folder import Counts, RunFolder
from textattr.corpora.pickled import pickled
from textattr.corpora.shard_of_rows import ShardOfRows
from textattr.corpora.worker import Broken, Ready, work
from textattr.explainer import Explainer

_TRIES = 2  # workers that a shard may take with it
_EARLY = 3  # workers that may be killed while they load the model


@dataclass
class _Worker:
    """A process, the pipe to it, and the shard that it works on."""

    process: Any
    pipe: Connection
    is_ready: bool = False
    rows: ShardOfRows | None = None


@dataclass
class _Pool:
    """Workers that are started, given shards, watched, and replaced where they die.

    Args:
        count: how many there are to be.
        model: the file that the explainer is in, and what is to be done with each shard.
        folder: where they write.
    """

    count: int
    model: Path
    folder: RunFolder
    workers: list[_Worker] = field(default_factory=list)
    again: list[ShardOfRows] = field(default_factory=list)
    deaths: Deaths = field(default_factory=lambda: Deaths(_TRIES))
    early: int = 0  # workers that died before they had loaded the model

    def start(self) -> None:
        """One more worker."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        threads = max(1, (os.cpu_count() or 1) // self.count)
        given = (theirs, self.model, self.folder.path, threads)
        process = context.Process(target=work, args=given, daemon=True)
        process.start()
        theirs.close()  # or the end of the process would not end the pipe
        self.workers.append(_Worker(process, ours))

    def run(self, shards: Iterator[ShardOfRows]) -> Iterator[Counts]:
        """What is in each shard, as they are finished."""
        first = next(shards, None)
        if first is None:
            return
        self.again.append(first)
        for _ in range(self.count):
            self.start()
        is_last = False
        while True:
            for worker in [each for each in self.workers if each.is_ready and each.rows is None]:
                worker.rows = self.again.pop() if self.again else next(shards, None)
                if worker.rows is None:
                    is_last = True
                    continue
                with suppress(OSError):  # it has died, which is noticed below
                    worker.pipe.send(worker.rows)
            if is_last and not self.again and all(worker.rows is None for worker in self.workers):
                return
            waiting = wait([worker.pipe for worker in self.workers])
            for worker in [each for each in self.workers if each.pipe in waiting]:
                yield from self._heard(worker)

    def _heard(self, worker: _Worker) -> Iterator[Counts]:
        said = None
        with suppress(EOFError, OSError):
            said = worker.pipe.recv()
        if said is None:
            yield from self._buried(worker)
        elif isinstance(said, Broken):
            raise RunError(f"a worker could not go on: {said.reason}")
        elif isinstance(said, Ready):
            worker.is_ready = True
        else:
            worker.rows = None
            yield said

    def _buried(self, worker: _Worker) -> Iterator[Counts]:
        """Replace a worker that died; what it had begun is done again, unless it had finished that."""
        worker.process.join()
        self.workers.remove(worker)
        how = _how(worker.process.exitcode)
        self.early += not worker.is_ready
        was_killed = worker.process.exitcode is not None and worker.process.exitcode < 0
        if not worker.is_ready and (not was_killed or self.early > _EARLY):
            raise RunError(
                f"a worker died ({how}) before it had loaded the model: a script that asks for workers keeps its "
                'own work behind if __name__ == "__main__":, and the machine needs memory for each of them'
            )
        if worker.rows is not None:
            counts = self.folder.counts_of(worker.rows.file_name)
            if counts is not None:
                yield counts
            else:
                self.deaths.add(worker.rows, how)
                self.again.append(worker.rows)
        self.start()

    def stop(self) -> None:
        """End all workers, whatever they do: a shard is there as a whole or not at all."""
        for worker in self.workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in self.workers:
            worker.process.join()


def in_workers(
    explainer: Explainer, job: ShardJob, shards: Iterator[ShardOfRows], folder: RunFolder, *, count: int
) -> Generator[Counts]:
    """Explain shards side by side, in `count` processes, each with a model of its own."""
    with tempfile.TemporaryDirectory(prefix="textattr-") as place:
        model = Path(place) / "explainer"
        model.write_bytes(pickled(explainer, job))
        pool = _Pool(count, model, folder)
        try:
            yield from pool.run(shards)
        finally:
            pool.stop()


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}{', perhaps for want of memory' if code == -9 else ''}"
    return f"exit code {code}"
