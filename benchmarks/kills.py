"""Kills runs of `explain_table` at random moments, and compares what comes of it with a run that nobody disturbed.

    python benchmarks/kills.py --kills 50 --workers 1
    python benchmarks/kills.py --kills 50 --workers 2
    python benchmarks/kills.py --kills 20 --workers 2 --engine ray

With several workers, a third of the kills hits the run, a third a worker of it, a third all of them at once. On Ray,
which is started once for all runs, half of them hit the run and half a worker of it, after which the run has to come to
its end.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import pandas as pd

import textattr

ROWS, ROWS_PER_SHARD = 600, 4
TURNS = itertools.cycle(["run", "worker"])  # whom a kill on Ray hits
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


def run(out, workers, engine="local"):
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
        engine=engine,
        progress=False,
    )


def rows_of(out):
    return pd.concat(map(pd.read_parquet, sorted(out.glob("part-*.parquet"))), ignore_index=True)


def children_of(pid):
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(each) for each in found.stdout.split()]


@contextmanager
def ray_of_our_own():
    """A Ray for all runs; the environment tells programs that are started inside the `with` where it is."""
    os.environ |= {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": uuid.uuid4().hex,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",  # or others on a busy machine come first
    }
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # where workers find the function that they explain
    import ray  # which reads them now

    ray.init(address="local", num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        os.environ["RAY_ADDRESS"] = ray.get_runtime_context().gcs_address
        yield
    finally:
        ray.shutdown()


def actors():
    """The processes of the actors that explain, of this Ray alone."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    processes = [line.split(None, 2) for line in found.stdout.splitlines()]
    family, grown = {str(os.getpid())}, 0
    while len(family) > grown:
        grown = len(family)
        family |= {pid for pid, parent, _ in processes if parent in family}
    return [int(pid) for pid, _, args in processes if pid in family and args.startswith("ray::RayWorker")]


def kill_on_ray(out, workers, drawn):
    """As `kill_one`, on Ray."""
    before = len(list(out.glob("part-*")))
    process = subprocess.Popen(
        [sys.executable, __file__, "--child", str(out), "--workers", str(workers), "--engine", "ray"],
        start_new_session=True,
    )
    wanted = drawn.randint(1, 20)
    while process.poll() is None and len(list(out.glob("part-*"))) < before + wanted:
        time.sleep(0.002)
    time.sleep(drawn.uniform(0, 0.05))
    whom = next(TURNS)
    victims, is_running = actors() if whom == "worker" else [process.pid], process.poll() is None
    if victims and is_running:
        os.kill(drawn.choice(victims), signal.SIGKILL)
    process.wait()
    assert whom == "run" or process.returncode == 0, "a run survives the death of a worker"
    return is_running and bool(victims), whom


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
    parser.add_argument("--engine", choices=["local", "ray"], default="local")
    parser.add_argument("--child")
    given = parser.parse_args()
    if given.child:
        run(Path(given.child), given.workers, given.engine)
        return
    with ray_of_our_own() if given.engine == "ray" else nullcontext():
        kill_all(given)


def kill_all(given):
    kill = kill_on_ray if given.engine == "ray" else kill_one
    drawn, started = random.Random(given.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        whole, out = Path(place) / "whole", Path(place) / "out"
        run(whole, 1)
        expected = rows_of(whole)
        kills, runs, equal, hit = 0, 0, 0, {"run": 0, "worker": 0, "all": 0}
        while kills < given.kills:
            was_running, whom = kill(out, given.workers, drawn)
            kills += was_running
            hit[whom] += was_running
            is_whole = given.engine == "ray" and whom == "worker"  # this run went on to its end
            if was_running and kills < given.kills and not is_whole:
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
        "| engine | workers | kills | of the run, a worker, all | tables finished | equal to an undisturbed one | s |"
    )
    print("|---|---|---|---|---|---|---|")
    told = ", ".join(map(str, hit.values()))
    print(
        f"| {given.engine} | {given.workers} | {kills} | {told} | {runs} | {equal} | {time.monotonic() - started:.0f} |"
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
