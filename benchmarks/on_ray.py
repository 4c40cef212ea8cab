"""What Ray costs and brings: the same table by workers of this machine and by as many actors of Ray, in turns.

    python benchmarks/on_ray.py --rows 20000 --rounds 3
    python benchmarks/on_ray.py --stages convolution --rows 2000
    python benchmarks/on_ray.py --stages transformer_6_layers --rows 50

The first prints seconds with one worker and with two, each with one thread: from call to end, and from the first shard
to the last, in which no start is. The others print seconds of processor time in which one process explains, by stages.
RAY_ADDRESS names a Ray that runs; without it, each run starts one.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from threading import Event, Thread

os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import bench_models
import numpy as np
import pandas as pd

import textattr
from textattr.corpora.columns import checked_columns
from textattr.corpora.explain_shard import explain_shard
from textattr.corpora.explain_table import _job
from textattr.corpora.folder import write_parquet
from textattr.corpora.source import source_of

SETTINGS = [("local", 1), ("ray", 1), ("local", 2), ("ray", 2)]


def explainer_of(model):
    words = textattr.Words({f"w{i}": i for i in range(2, 10_000)}, splitting="words", unknown=1)
    return textattr.Explainer(bench_models.MODELS[model](), tokenizer=words, method="deeplift")


def write_table(path, rows, words):
    ids = np.random.default_rng(0).integers(2, 10_000, (rows, words))
    pd.DataFrame({"text": [" ".join(f"w{i}" for i in row) for row in ids]}).to_csv(path, index=False)


def watched(peak, end):
    """Note how much memory the largest actor takes, until the end, in MB."""
    while not end.wait(0.2):
        said = subprocess.run(["ps", "-eo", "rss=,args="], capture_output=True, text=True, check=True)
        lines = [line.split(None, 1) for line in said.stdout.splitlines()]
        peak += [int(rss) / 1024 for rss, args in lines if args.startswith("ray::RayWorker")]


def compare(given):
    explainer, found, own, peak, end = explainer_of("convolution"), {}, {}, [0.0], Event()
    watcher = Thread(target=watched, args=(peak, end), daemon=True)
    watcher.start()
    with tempfile.TemporaryDirectory() as place:
        table = Path(place) / "table.csv"
        write_table(table, given.rows, given.words)
        next(iter(explainer.explain_many([" ".join(["w2"] * given.words)] * 64)))  # traced now
        for each in range(given.rounds):
            for engine, workers in SETTINGS:
                out, started = Path(place) / f"{engine}{workers}-{each}", time.monotonic()
                own_started = time.process_time()
                textattr.explain_table(
                    explainer,
                    table,
                    out,
                    text="text",
                    engine=engine,
                    workers=workers,
                    rows_per_shard=given.rows_per_shard,
                    progress=False,
                )
                all_of_it, used = time.monotonic() - started, time.process_time() - own_started
                times = sorted(path.stat().st_mtime for path in out.glob("part-*"))
                rate = (len(times) - 1) * given.rows_per_shard / (times[-1] - times[0])
                found.setdefault((engine, workers), []).append((all_of_it, rate))
                own.setdefault((engine, workers), []).append(used / len(times))
                print(engine, workers, f"{all_of_it:.1f} s, {rate:.0f} rows/s", flush=True)
    end.set()
    watcher.join()
    print(
        f"\n{given.rows} documents of {given.words} words, load {os.getloadavg()[0]:.0f}, {given.rounds} rounds"
    )
    print(
        "\n| engine | workers | seconds, start included | rows per second, without it | ms of the run itself a shard |"
    )
    print("|---|---|---|---|---|")
    for (engine, workers), measured in found.items():
        seconds, rate = (median(column) for column in zip(*measured, strict=True))
        per_shard = 1000 * median(own[engine, workers])
        print(f"| {engine} | {workers} | {seconds:.1f} | {rate:.0f} | {per_shard:.0f} |")
    print(f"\nlargest actor: {max(peak):.0f} MB")


def stages(given):
    """Processor seconds per 1,000 rows of each stage, in one process with one thread."""
    explainer, columns = explainer_of(given.stages), checked_columns("text", None, None, ())
    with tempfile.TemporaryDirectory() as place:
        table = Path(place) / "table.csv"
        write_table(table, given.rows, given.words)
        started = time.process_time()
        shards, job = _job(source_of(table), columns, 1000, None, None)
        shards = list(shards)
        taken = {"reading": time.process_time() - started}
        texts = [text for rows in shards for text in rows.values("text")]
        next(iter(explainer.explain_many(texts[:8])))
        started = time.process_time()
        for text in texts:
            explainer.tokenizer(text)
        taken["tokenising"] = time.process_time() - started
        started = time.process_time()
        done = [explain_shard(explainer, rows, job) for rows in shards]
        taken["explaining, rows and tokenising included"] = time.process_time() - started
        started, sink = time.process_time(), io.BytesIO()
        for shard in done:
            write_parquet(shard, sink)
        taken["making Parquet"] = time.process_time() - started
        print(f"\n{given.stages}, {given.rows} documents of {given.words} words: seconds per 1,000 rows")
        for stage, seconds in taken.items():
            print(f"| {stage} | {1000 * seconds / given.rows:.4f} |")
        print(
            f"| bytes a row: source, result | {table.stat().st_size / given.rows:.0f}, {sink.tell() / given.rows:.0f} |"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--words", type=int)
    parser.add_argument("--rows-per-shard", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stages", choices=bench_models.MODELS)
    given = parser.parse_args()
    given.words = given.words or (100 if given.stages else 10)
    (stages if given.stages else compare)(given)


if __name__ == "__main__":
    main()
