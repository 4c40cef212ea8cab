"""The engine of Ray: actors that load the model once, are given shards of rows, and are replaced where they die.

Actors, not Ray Data: it decides itself which rows go together and retries a block for ever, so that neither the shards
of a run that another engine began, nor the rows that kill every worker, would be known to it.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NoReturn

from textattr.corpora.deaths import Deaths
from textattr.corpora.errors import RunError
from textattr.corpora.explain_shard import ShardJob
from textattr.corpora.folder import Counts, RunFolder
from textattr.corpora.pickled import pickled
from textattr.corpora.ray_engine import RayEngine
from textattr.corpora.ray_worker import RayWorker
from textattr.corpora.shard_of_rows import ShardOfRows
from textattr.explainer import Explainer

_TRIES = 4  # workers that a shard may take with it: of a cluster, whole machines are taken away as well
_STARTS = 3  # workers one after the other that may die before one has loaded the model
_AHEAD = 2  # shards that a worker has been given: the next one travels while it explains


def on_ray(
    explainer: Explainer,
    job: ShardJob,
    shards: Iterator[ShardOfRows],
    folder: RunFolder,
    *,
    engine: RayEngine,
    count: int,
) -> Generator[Counts]:
    """Explain shards side by side, in `count` actors of Ray, each with a model of its own."""
    first = next(shards, None)
    if first is None:
        return
    with engine.connected(count) as ray:
        model = ray.put(pickled(explainer, job, ray.cloudpickle.dumps))
        pool = _Pool(ray, engine, count, model, chain([first], shards))
        try:
            for rows, content, counts in pool.run():
                folder.write_bytes(rows.file_name, content)
                yield counts
        finally:
            pool.stop()


@dataclass(eq=False)
class _Worker:
    """An actor, and what it has been given, in order: references to what will come of it.

    Args:
        actor: the handle of it.
        loading: of the model; None once it is loaded.
        begun: the shards.
    """

    actor: Any
    loading: Any
    begun: dict[Any, ShardOfRows] = field(default_factory=dict)

    @property
    def awaited(self) -> Any:
        """What comes next, or None."""
        return self.loading if self.loading is not None else next(iter(self.begun), None)


@dataclass
class _Pool:
    """Actors that are started, given shards, listened to, and replaced where they die.

    Args:
        ray: the module, connected.
        engine: what each actor needs.
        count: how many there are to be.
        model: a reference to the bytes of the explainer and of what is to be done with each shard.
        shards: the rows.
    """

    ray: Any
    engine: RayEngine
    count: int
    model: Any
    shards: Iterator[ShardOfRows]
    workers: list[_Worker] = field(default_factory=list)
    again: list[ShardOfRows] = field(default_factory=list)
    deaths: Deaths = field(default_factory=lambda: Deaths(_TRIES))
    failed_starts: int = 0
    is_over: bool = False  # all shards have been given to a worker

    def start(self) -> None:
        """One more worker."""
        remote = self.ray.remote(RayWorker).options(**self.engine.options())
        actor = remote.remote(self.engine.threads)
        self.workers.append(_Worker(actor, actor.load.remote(self.model)))

    def run(self) -> Iterator[tuple[ShardOfRows, bytes, Counts]]:
        """Each shard with its Parquet file and what is in it, as they are finished."""
        for _ in range(self.count):
            self.start()
        end = time.monotonic() + self.engine.patience
        while True:
            self._hand_out()
            if self.is_over and not any(worker.begun for worker in self.workers):
                return
            of = {worker.awaited: worker for worker in self.workers if worker.awaited is not None}
            is_ready = any(worker.loading is None for worker in self.workers)
            left = None if is_ready else max(0.0, end - time.monotonic())
            done, _ = self.ray.wait(list(of), num_returns=1, timeout=left)
            if not done:
                self._give_up()
            yield from self._heard(of[done[0]])
            if is_ready:  # time begins anew where all of them die
                end = time.monotonic() + self.engine.patience

    def _hand_out(self) -> None:
        """Give each worker that has loaded the model enough to do, the idle ones first."""
        for ahead in range(_AHEAD):
            for worker in self.workers:
                if worker.loading is None and len(worker.begun) <= ahead:
                    rows = self.again.pop() if self.again else next(self.shards, None)
                    if rows is None:
                        self.is_over = True
                        return
                    worker.begun[worker.actor.explain.remote(rows)] = rows

    def _heard(self, worker: _Worker) -> Iterator[tuple[ShardOfRows, bytes, Counts]]:
        errors = self.ray.exceptions
        try:
            said = self.ray.get(worker.awaited)
        except errors.RayTaskError as error:
            cause = error.cause
            raise RunError(
                f"a worker could not go on: {type(cause).__name__}: {cause}; each machine needs textattr and whatever "
                "else the explainer is made of"
            ) from error
        except errors.RayError as error:
            self._bury(worker, error)
            return
        if worker.loading is not None:
            worker.loading, self.failed_starts = None, 0
            return
        yield worker.begun.pop(worker.awaited), *said

    def _bury(self, worker: _Worker, error: Exception) -> None:
        """Replace a worker that died; what it had begun is done again."""
        self._end(worker)
        self.workers.remove(worker)
        how = " ".join(str(error).split())[:300]
        if worker.loading is not None:
            self.failed_starts += 1
            if self.failed_starts == _STARTS:
                raise RunError(
                    f"{_STARTS} workers died ({how}) before they had loaded the model: each machine needs memory for "
                    "it, textattr, and the same versions of Python and Ray"
                )
        for place, rows in enumerate(worker.begun.values()):
            if place == 0:  # the others it had not looked at
                self.deaths.add(rows, how)
            self.again.append(rows)
            self.is_over = False
        self.start()

    def _give_up(self) -> NoReturn:
        self.engine.require_room(self.ray)
        raise RunError(
            f"expected a worker that has loaded the model within {self.engine.patience:g} seconds, none has: others "
            "use the cluster, or loading takes longer; give a longer patience="
        )

    def _end(self, worker: _Worker) -> None:
        with suppress(self.ray.exceptions.RayError, ValueError):  # it has ended already
            self.ray.kill(worker.actor, no_restart=True)

    def stop(self) -> None:
        """End all workers, whatever they do."""
        for worker in self.workers:
            self._end(worker)
