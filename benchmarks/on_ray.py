"""What Ray costs and brings: the same table by workers of this machine and by as many actors of Ray, in turns.

    python benchmarks/on_ray.py --model convolution --rows 20000 --rounds 3

Prints rows per second of both engines, with one worker and with two, each with one thread and the model loaded before the
clock starts; then what an actor takes of memory, and what reading, sending and writing a shard cost the program that runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import bench_models
import keras
import numpy as np
import pandas as pd

import textattr

VOCABULARY = {f"w{i}": i for i in range(2, 10_000)}


class Clock:
    """A tokenizer's call is what a worker does first: the time from there on leaves the start out."""


def table(path, rows, words):
    rng = np.random.default_rng(0)
    ids = rng.integers(2, 10_000, (rows, words))
    pd.DataFrame({"text": [" ".join(f"w{i}" for i in row) for row in ids]}).to_csv(path, index=False)


def seconds_between_shards(out):
    """From the first shard to the last one, and how many shards that is: neither start nor model count."""
    times = sorted(path.stat().st_mtime for path in out.glob("part-*"))
    return times[-1] - times[0], len(times) - 1
