"""Kills runs of `explain_table` at random moments, and compares what comes of it with a run that nobody disturbed.

    python benchmarks/kills.py --kills 50 --workers 1
    python benchmarks/kills.py --kills 50 --workers 2

With several workers, a third of the kills hits the run, a third a worker of it, a third all of them at once.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import textattr

ROWS, ROWS_PER_SHARD = 600, 4
GOOD = {"good": 1.0, "plot": 0.5, "bad": -1.0, "dull": -2.0}
WORDS = [*GOOD, "film", "very", "the", "a"]


def margins(texts):
    """Scores of texts; slow enough that a run takes some seconds."""
    time.sleep(0.004)
    return np.array([sum(GOOD.get(word, 0.0) for word in text.split()) for text in texts])


def table():
    drawn = random.Random(0)
    texts = [" ".join(drawn.choices(WORDS, k=drawn.randint(3, 12))) for _ in range(ROWS)]
    texts[17] = texts[400] = ""  # bad rows stay bad rows
    return pd.DataFrame({"text": texts, "key": [i // 2 for i in range(ROWS)]})


def run(out, workers):
    from kills import margins as importable  # by its name, for workers

    explainer = textattr.Explainer(importable, method="occlusion", task="binary")
    return textattr.explain_table(
        explainer,
        table(),
        out,
        text="text",
        id="key",
        rows_per_shard=ROWS_PER_SHARD,
        workers=workers,
        progress=False,
    )


def rows_of(out):
    return pd.concat(map(pd.read_parquet, sorted(out.glob("part-*.parquet"))), ignore_index=True)


def children_of(pid):
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(each) for each in found.stdout.split()]


def kill_one(out, workers, drawn):
    """Start the run and kill it, or a worker of it; whether it was still running then."""
    before = len(list(out.glob("part-*")))
    process = subprocess.Popen(
        [sys.executable, __file__, "--child", str(out), "--workers", str(workers)], start_new_session=True
    )
    wanted = drawn.randint(0, 6)
    while process.poll() is None and len(list(out.glob("part-*"))) < before + wanted:
        time.sleep(0.002)
    time.sleep(drawn.uniform(0, 0.05))
    whom = drawn.choice(["run", "worker", "all"]) if workers > 1 else "run"
    is_running = process.poll() is None
    if whom == "worker":
        victims = children_of(process.pid)
        if victims:
            os.kill(drawn.choice(victims), signal.SIGKILL)
        time.sleep(drawn.uniform(0, 0.5))
    if process.poll() is None:
        (os.killpg if whom == "all" else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    return is_running, whom


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child")
    given = parser.parse_args()
    if given.child:
        run(Path(given.child), given.workers)
        return
    drawn, started = random.Random(given.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        whole, out = Path(place) / "whole", Path(place) / "out"
        run(whole, 1)
        expected = rows_of(whole)
        kills, runs, equal, hit = 0, 0, 0, {"run": 0, "worker": 0, "all": 0}
        while kills < given.kills:
            was_running, whom = kill_one(out, given.workers, drawn)
            kills += was_running
            hit[whom] += was_running
            if was_running and kills < given.kills:
                continue
            done = run(out, 1)
            runs += 1
            found = rows_of(out)
            pd.testing.assert_frame_equal(found, expected)
            assert done.rows == ROWS
            assert not found.duplicated(["source", "row", "number"]).any()
            assert not list(out.glob(".*.unfinished"))
            equal += 1
            print(f"{kills} kills, {equal} tables equal to the undisturbed one", file=sys.stderr, flush=True)
            shutil.rmtree(out)
    print(
        "| workers | kills | of the run, a worker, all | tables finished | equal to the undisturbed one | seconds |"
    )
    print("|---|---|---|---|---|---|")
    told = ", ".join(map(str, hit.values()))
    print(f"| {given.workers} | {kills} | {told} | {runs} | {equal} | {time.monotonic() - started:.0f} |")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
