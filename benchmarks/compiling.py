"""What XLA makes of methods: the time to that without it, and what it takes to compile."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from bench_models import LARGE, MODELS
from measuring import CHUNK, METHODS, documents, in_turns, methods_of

from textattr.methods.compiled import explain_compiled
from textattr.methods.method import rows_of
from textattr.split.xla import XLA

COMPILED = ("gradient_x_input", "deeplift", "lrp", "attnlrp", "integrated_gradients (50)")


def compiling(rounds: int) -> None:
    """Each method on 16 documents of one length, compiled by XLA to itself op by op, after the first use."""
    print('\n## compile="xla" on 16 documents of 100 tokens: the time to that without\n')
    print(
        "| model | method | ratio | seconds to compile | documents from which it pays |\n|---|---|---|---|---|"
    )
    for kind, build in MODELS.items():
        if kind == LARGE:
            continue
        for name in [name for name in COMPILED if name in methods_of(kind)]:
            print(
                f"| {kind} | {name} | {' | '.join(_cells(METHODS[name][0], build(), rounds))} |", flush=True
            )


def _cells(method: Any, model: Any, rounds: int) -> tuple[str, str, str]:
    ids = documents(16)
    split, rows = rows_of(model, ids, target=None, score="logit", embedding_layer=None, batch_size=CHUNK)
    rows = replace(rows, per_number=True)

    def plain() -> None:
        explain_compiled(method, split, rows)

    def by_xla() -> Any:
        return explain_compiled(method, split, replace(rows, compiler=XLA))

    plain()
    start = time.perf_counter()
    refused = by_xla().warnings[0]
    seconds = time.perf_counter() - start
    if refused:
        return refused[-1], "", ""
    mine, without = in_turns(by_xla, plain, rounds)
    pays = f"{seconds * len(ids) / (without - mine):.0f}" if mine < without else "never"
    return f"{mine / without:.2f}", f"{seconds:.1f}", pays
