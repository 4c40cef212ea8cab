"""What an actor of Ray does: load the model once, then make a Parquet file of each shard of rows."""

from __future__ import annotations

import io
import os
import pickle
from typing import Any

from textattr.corpora.explain_shard import explain_shard
from textattr.corpora.folder import Counts, write_parquet
from textattr.corpora.garbage import set_old_objects_apart
from textattr.corpora.shard_of_rows import ShardOfRows
from textattr.quiet import stderr_kept_back


class RayWorker:
    """An actor: it needs neither the source nor the folder, so that no machine has to share a disk with another.

    Args:
        threads: how many TensorFlow may use for one op: as many as the actor has been given cores.
    """

    def __init__(self, threads: int) -> None:
        self.explainer: Any = None
        self.job: Any = None
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            os.environ.setdefault(name, str(threads))
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # or the first on a GPU takes all of it

    def load(self, model: bytes) -> None:
        """Load the explainer and what is to be done, as `pickled` made them."""
        with stderr_kept_back():  # where the model is one of Keras, TensorFlow is imported here
            self.explainer, self.job = pickle.loads(model)
        set_old_objects_apart()

    def explain(self, rows: ShardOfRows) -> tuple[bytes, Counts]:
        """The Parquet file of a shard, and what is in it."""
        shard, file = explain_shard(self.explainer, rows, self.job), io.BytesIO()
        write_parquet(shard, file)
        return file.getvalue(), Counts(shard.rows, shard.errors, shard.first_error)
