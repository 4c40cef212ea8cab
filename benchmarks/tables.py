"""What `explain_table` costs over `explain_many`, what a second worker brings, and how much memory it takes.

python benchmarks/tables.py                        time, 20,000 short documents; on an idle machine
python benchmarks/tables.py --memory 2000 200000   peak memory, one process for each number of rows
python benchmarks/tables.py --words 100000         `summarize` of so many documents of 100 words, made up
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

import textattr
from textattr.corpora.schema import schema_of

WORDS = "a the good bad film very dull long funny great plot acting was is not too awful".split()
TOKENS, VOCABULARY, ROWS = 100, 50_000, 5000  # of the made-up documents; rows of a shard of them


def texts(count):
    drawn = random.Random(0)
    return [" ".join(drawn.choices(WORDS, k=drawn.randint(5, 15))) for _ in range(count)]


def explainer():
    demo = textattr.demo.load("sentiment")
    return textattr.Explainer(
        demo.model, tokenizer=demo.tokenizer, target_names=demo.labels, method="gradient_x_input"
    )


def seconds_of(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak():
    """Megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def start_two(one, docs):
    """Two workers that have hardly anything to do but to load the model and to trace it."""
    with tempfile.TemporaryDirectory() as place:
        table = pa.table({"text": docs})
        textattr.explain_table(
            one, table, place, text="text", workers=2, rows_per_shard=len(docs) // 2, progress=False
        )


def time_them(count, rounds):
    docs, one = texts(count), explainer()
    table = pa.table({"text": docs})
    list(one.explain_many(docs[:1000]))  # compiled

    def run(workers):
        with tempfile.TemporaryDirectory() as place:
            textattr.explain_table(one, table, place, text="text", workers=workers, progress=False)

    def once():
        return {
            "explain_many": seconds_of(lambda: sum(1 for _ in one.explain_many(docs))),
            "one worker": seconds_of(lambda: run(1)),
            "two workers": seconds_of(lambda: run(2)),
            "of it start-up": seconds_of(lambda: start_two(one, docs[:2])),
        }

    found = [once() for _ in range(rounds)]  # turn and turn about: a machine is not as fast all the time
    took = {name: median(each[name] for each in found) for name in found[0]}
    alone, both = took["one worker"], took["two workers"]
    ratios = {
        "one worker / explain_many": alone / took["explain_many"],
        "one / two workers": alone / both,
        "without the start-up": alone / (both - took["of it start-up"]),
    }
    print(f"| documents | {' | '.join(f'{name}, s' for name in took)} | {' | '.join(ratios)} |")
    print("|---|" + "---|" * (len(took) + len(ratios)))
    cells = [f"{value:.1f}" for value in took.values()] + [f"{value:.2f}" for value in ratios.values()]
    print(f"| {count} | {' | '.join(cells)} |")


def memory_of(rows):
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "table.csv"
        pyarrow.csv.write_csv(pa.table({"text": texts(rows)}), source)
        textattr.explain_table(explainer(), source, Path(place) / "out", text="text", progress=False)
    print(f"| {rows} | {peak():.0f} |")


def write_made_up(out, documents):
    """A run of documents that nobody wrote, with weights that no model gave."""
    rng, schema = np.random.default_rng(0), schema_of(pa.null(), {})
    words = np.array([f"word{i}" for i in range(VOCABULARY)], object)
    frequency = 1 / np.arange(1, VOCABULARY + 1)
    ends = np.arange(0, ROWS * TOKENS + 1, TOKENS)
    common = json.dumps({"prediction": {"task": "binary"}}, separators=(",", ":"))
    (out / "run.json").write_text("{}", encoding="utf-8")

    def lists(values):
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values.ravel()))

    for shard in range(documents // ROWS):
        ids = rng.choice(VOCABULARY, (ROWS, TOKENS), p=frequency / frequency.sum())
        starts = np.tile(np.arange(TOKENS, dtype=np.int32), (ROWS, 1))
        labels = np.array(["negative", "positive"])[rng.integers(0, 2, (2, ROWS))]
        columns = {
            **dict.fromkeys(("target", "predicted"), pa.array(labels[0])),
            "truth": pa.array(labels[1]),
            "text": pa.array(["..."] * ROWS),
            "number": pa.array(np.zeros(ROWS, np.int32)),
            "score": pa.array(rng.normal(size=ROWS)),
            "tokens": lists(words[ids]),
            "weights": lists(rng.normal(size=ids.shape)),
            "starts": lists(starts),
            "ends": lists(starts + 1),
            "common": pa.array([common] * ROWS),
            "details": pa.array(["{}"] * ROWS),
        }
        arrays = [columns.get(field.name, pa.nulls(ROWS, field.type)) for field in schema]
        name = f"part-00000-{shard * ROWS:010d}.parquet"
        pa.parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), out / name, compression="zstd")


def summarize(documents):
    with tempfile.TemporaryDirectory() as place:
        write_made_up(Path(place), documents)
        command = [sys.executable, __file__, "--summarize", place]
        print("| documents | summarize, s | peak memory, MB |\n|---|---|---|", flush=True)
        print(f"| {documents} | ", end="", flush=True)
        subprocess.run(command, check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="+")
    parser.add_argument("--memory-of", type=int)
    parser.add_argument("--words", type=int)
    parser.add_argument("--summarize")
    given = parser.parse_args()
    if given.memory:
        print("| rows | peak memory, MB |\n|---|---|", flush=True)
        for rows in given.memory:
            subprocess.run([sys.executable, __file__, "--memory-of", str(rows)], check=True)
    elif given.memory_of:
        memory_of(given.memory_of)
    elif given.words:
        summarize(given.words)
    elif given.summarize:
        seconds = seconds_of(lambda: textattr.summarize(given.summarize, by="outcome").to_dataframe())
        print(f"{seconds:.1f} | {peak():.0f} |")
    else:
        time_them(given.documents, given.rounds)


if __name__ == "__main__":
    main()
