"""What each method costs, as a ratio to one compiled forward and backward pass of the same model.

Methods that only leave out and ask are measured by their throughput against the compiled forward pass alone.

    ./dev bench              everything, printed as Markdown tables
    ./dev bench --no-memory  the times alone
    ./dev bench --only comparing
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from bench_models import BEHIND, LARGE, MODELS, SIZE, VOCABULARY
from comparing import comparing
from compiling import compiling
from measuring import (
    ASKING,
    CHUNK,
    LENGTH,
    METHODS,
    beside,
    documents,
    explain,
    forward_backward,
    in_turns,
    methods_of,
)
from rendering import rendering
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

import textattr
from textattr import demo
from textattr.split.model import split_model
from textattr.split.rows import Rows
from textattr.tokenizers import wrap


def times(rounds: int) -> None:
    """Each method against one compiled pass there and back."""
    for count in (1, 10, 100):
        times_of(count, rounds)


def times_of(count: int, rounds: int) -> None:
    print(f"\n## Time, {count} documents of {LENGTH} tokens, {SIZE} dimensions, chunks of {CHUNK} rows\n")
    print("| model | method | ms per document | passes | ratio to that many forward + backward |")
    print("|---|---|---|---|---|")
    ids = documents(count)
    for kind, build in MODELS.items():
        keras.utils.set_random_seed(0)
        model = build()
        gradient = forward_backward(model)
        for name in methods_of(kind):
            method, passes = METHODS[name]
            often = rounds * max(30 // count, 1)  # short calls vary most
            mine, limit = beside(method, model, ids, passes, gradient, often)
            print(
                f"| {kind} | {name} | {1000 * mine / count:.2f} | {passes} | {mine / limit:.2f} |", flush=True
            )


def stepping(rounds: int) -> None:
    """50 steps behind the affine frontier, against 50 passes there and back."""
    print("\n## Integrated gradients, 50 steps, to 50 forward + backward\n")
    print("| model | 1 document | 10 | 100 | ms per document, of 10 |\n|---|---|---|---|---|")
    method, passes = METHODS["integrated_gradients (50)"]
    for kind, build in BEHIND.items():
        keras.utils.set_random_seed(0)
        model = build()
        gradient = forward_backward(model)
        cells = []
        for count in (1, 10, 100):
            ids = documents(count)
            mine, limit = beside(method, model, ids, passes, gradient, rounds * max(30 // count, 1))
            cells.append(f"{mine / limit:.2f}")
            if count == 10:
                each = f"{1000 * mine / count:.2f}"
        print(f"| {kind} | {' | '.join(cells)} | {each} |", flush=True)


def asking(rounds: int) -> None:
    """Rows per second, against those of the compiled forward pass on as many rows."""
    print(f"\n## Leaving out: throughput to that of the compiled forward pass, chunks of {CHUNK} rows\n")
    print(
        "| model | method | documents | rows | rows per second | throughput ratio |\n|---|---|---|---|---|---|"
    )
    for kind, build in MODELS.items():
        if kind == LARGE:
            continue
        keras.utils.set_random_seed(0)
        model = build()
        forward = tf.function(
            lambda ids, model=model: model(ids, training=False),
            input_signature=[tf.TensorSpec([None, None], tf.int32)],
        )
        for name, (method, count, passes) in ASKING.items():
            ids = documents(count)
            mine, limit = beside(method, model, ids, passes, forward, rounds)
            rows = count * passes
            print(
                f"| {kind} | {name} | {count} | {rows} | {rows / mine:.0f} | {limit / mine:.2f} |", flush=True
            )


def _vector_gradients(cut: Any, targets: Any, _: Any) -> Any:
    return cut.gradient(targets).vectors


def cutting(rounds: int) -> None:
    """What the cut itself costs: the gradient at the vectors of a cut model against that of the model as it is."""
    print(f"\n## The cut, {CHUNK} documents: its compiled gradient to that of the model alone\n")
    print("| model | ratio |\n|---|---|")
    ids = documents(CHUNK)
    for kind, build in MODELS.items():
        model = build()
        split = split_model(model)
        inputs = split.arrays(ids)
        gradient = forward_backward(model)
        rows = Rows.predicted(inputs, split.head(inputs))

        def cut(split: Any = split, rows: Any = rows) -> None:
            split.program(_vector_gradients, rows)

        def alone(gradient: Any = gradient, inputs: Any = inputs) -> None:
            gradient(inputs).numpy()

        cut(), alone()
        mine, limit = in_turns(cut, alone, 3 * rounds)
        print(f"| {kind} | {mine / limit:.2f} |", flush=True)


def many(rounds: int) -> None:
    """Documents of mixed length, one call for all against one call for each."""
    rng = np.random.default_rng(0)
    docs = [rng.integers(1, VOCABULARY, rng.integers(5, 60)).tolist() for _ in range(1000)]
    print("\n## gradient_x_input on 1,000 documents of 5 to 59 tokens\n")
    print("| model | explain_many, s | explain_prediction in a loop, s | times faster |\n|---|---|---|---|")
    for kind, build in MODELS.items():
        model = build()

        def together(model: Any = model) -> None:
            list(textattr.Explainer(model, method="gradient_x_input").explain_many(docs))

        def one_by_one(model: Any = model) -> None:
            for doc in docs:
                textattr.explain_prediction(model, doc, method="gradient_x_input")

        together(), one_by_one()
        fast, slow = in_turns(together, one_by_one, max(rounds // 3, 1))
        print(f"| {kind} | {fast:.2f} | {slow:.2f} | {slow / fast:.1f} |", flush=True)


def tokenising(rounds: int) -> None:
    """Texts cut, looked up and aligned by one call of a fast tokenizer, against one gradient of the demo model."""
    shipped = demo.load("sentiment")
    words = [word for word in shipped.tokenizer.vocabulary if word.isalpha()]
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, rng.integers(5, 40))).capitalize() + "." for _ in range(10_000)]
    fast = Tokenizer(models.WordLevel(dict(shipped.tokenizer.vocabulary), unk_token="<UNK>"))
    fast.normalizer, fast.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    wrapped = wrap(fast)
    explainer = textattr.Explainer(shipped.model, method="gradient_x_input")
    docs = [encoding.ids for encoding in wrapped.encode_many(texts)]

    def aligned() -> None:
        wrapped.encode_many(texts)

    def explained() -> None:
        for _ in explainer.explain_many(docs):
            pass

    print("\n## Tokenising and aligning 10,000 texts, to explaining them by one gradient of the demo CNN\n")
    print(
        "| tokenising, s | of it the tokenizer's own batch call, s | explain_many, s | ratio |\n|---|---|---|---|"
    )
    aligned(), explained()
    mine, limit = in_turns(aligned, explained, max(rounds // 2, 1))
    own, _ = in_turns(lambda: fast.encode_batch(texts), lambda: None, rounds)
    print(f"| {mine:.2f} | {own:.2f} | {limit:.2f} | {mine / limit:.2f} |", flush=True)


def first_calls(_: int) -> None:
    """How long the first explanation takes, in time of the processor: others may use the machine as well."""
    print(
        "\n## First call, tracing included: seconds of a new model, and of one that the methods above it explained\n"
    )
    print("| model | method | new | explained before |\n|---|---|---|---|")
    for kind, build in MODELS.items():
        explained = build()
        for name in methods_of(kind):
            method, _ = METHODS[name]
            times = [_processor_time(method, model) for model in (build(), explained)]
            print(f"| {kind} | {name} | {times[0]:.2f} | {times[1]:.2f} |", flush=True)


def _processor_time(method: Any, model: Any) -> float:
    start = time.process_time()
    explain(method, model, documents(1))
    return time.process_time() - start


def peak(kind: str, name: str, count: int) -> None:
    """In a process of its own: how far the memory rises while `count` documents are explained (Linux only)."""
    model = MODELS[kind]()
    method = (METHODS | ASKING)[name][0]
    explain(method, model, documents(2))
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of tracing
    explain(method, model, documents(count))
    print((_resident("VmHWM") - before) / 1024)


def _resident(field: str) -> int:
    """A line of the kernel's account of this process, in kB; `getrusage` would tell the parent's peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def memory(_: int) -> None:
    """How far the memory rises."""
    print("\n## Peak memory above that of a chunk of two rows, MB\n")
    print("| model | method | 1 document | 10 | 100 |\n|---|---|---|---|---|")
    for kind in MODELS:
        for name in [*methods_of(kind), *([] if kind == LARGE else ASKING)]:
            cells = []
            for count in (1, 10, 100):
                command = [sys.executable, __file__, "--peak", kind, name, str(count)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                cells.append(f"{float(done.stdout.split()[-1]):.0f}")
            print(f"| {kind} | {name} | {' | '.join(cells)} |", flush=True)


PARTS: dict[str, Callable[[int], None]] = {
    part.__name__: part
    for part in (
        times,
        stepping,
        asking,
        cutting,
        comparing,
        compiling,
        many,
        tokenising,
        first_calls,
        rendering,
        memory,
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="how often each is run")
    parser.add_argument("--no-memory", action="store_true", help="leave out the memory, which takes minutes")
    parser.add_argument("--only", choices=PARTS, help="one of the tables")
    parser.add_argument("--peak", nargs=3, metavar=("MODEL", "METHOD", "DOCUMENTS"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.peak:
        peak(chosen.peak[0], chosen.peak[1], int(chosen.peak[2]))
        return
    print(
        f"Python {platform.python_version()}, TensorFlow {tf.__version__}, Keras {keras.__version__}, ",
        end="",
    )
    print(f"{os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}")
    for name in [chosen.only] if chosen.only else PARTS:
        if name != "memory" or not chosen.no_memory:
            PARTS[name](chosen.rounds)


if __name__ == "__main__":
    main()
