"""What a worker does, in a process of its own: load the model once, then one shard after the other."""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from textattr.corpora.engines import finish_shard
from textattr.corpora.folder import RunFolder
from textattr.corpora.garbage import set_old_objects_apart
from textattr.quiet import stderr_kept_back


@dataclass(frozen=True)
class Ready:
    """The model is loaded."""


@dataclass(frozen=True)
class Broken:
    """The worker cannot go on, and why."""

    reason: str


def work(pipe: Connection, model: Path, folder: Path, threads: int) -> None:
    """Take shards of rows from the pipe, until it ends, and answer each with what was in it.

    Args:
        pipe: to the process that started this one.
        model: the file that the explainer is in, and what is to be done with each shard.
        folder: where the shards go.
        threads: how many TensorFlow may use for one op: the cores are shared among the workers.
    """
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, str(threads))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the process that started this one
    try:
        with stderr_kept_back():  # where the model is one of Keras, TensorFlow is imported here
            explainer, job = pickle.loads(model.read_bytes())
        set_old_objects_apart()
        pipe.send(Ready())
        while True:
            pipe.send(finish_shard(explainer, job, pipe.recv(), RunFolder(folder)))
    except (EOFError, BrokenPipeError, ConnectionResetError):  # whoever started this one has gone
        os._exit(0)
    except Exception as error:  # noqa: BLE001  (told to the process that can show it)
        with suppress(OSError):  # that process may have gone as well
            pipe.send(Broken(f"{type(error).__name__}: {error}"))
