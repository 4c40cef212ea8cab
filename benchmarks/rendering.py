"""What pictures cost: one fragment beside the explanation that it shows, and a report of many documents."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import textattr
from textattr.renderers.example import explanation_of

WORDS, DOCUMENTS = 200, 500


def document(random: np.random.Generator) -> textattr.Explanation:
    """A document of made-up words, explained for two classes."""
    words = [
        f"{'word' * size}{n}" for size, n in zip(random.integers(1, 3, WORDS), range(WORDS), strict=True)
    ]
    weights = random.laplace(size=(2, WORDS)) * 0.15
    explanation = explanation_of(" ".join(words), words, *weights, truth="positive")
    targets = tuple(replace(t, baseline_score=t.score - t.heatmap.sum()) for t in explanation.targets)
    return replace(explanation, targets=targets)


def seconds(work: Callable[[], Any], rounds: int) -> float:
    """The median."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def rendering(rounds: int) -> None:
    """A row for each form."""
    random = np.random.default_rng(0)
    one = document(random)
    demo = textattr.demo.load("sentiment")
    text = "The story is predictable, but the acting is wonderful and the ending moved me to tears."
    print("\n| rendering | ms | kB |\n|---|---|---|")
    for method in ("gradient_x_input", "integrated_gradients"):
        explainer = textattr.Explainer(
            demo.model, tokenizer=demo.tokenizer, target_names=demo.labels, method=method
        )
        explained = explainer.explain(text)
        explaining = seconds(partial(explainer.explain, text), rounds)
        print(f"| (explaining the demo sentence by {method}) | {1000 * explaining:.1f} | |")
    for name, explanation in (("demo sentence", explained), (f"{WORDS} words, two targets", one)):
        for form in (textattr.format_as_html, textattr.format_as_text, textattr.format_as_svg):
            form(explanation)
            took = seconds(partial(form, explanation), rounds)
            size = len(form(explanation).encode()) / 1000
            print(f"| {form.__name__}, {name} | {1000 * took:.1f} | {size:.0f} |")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.html")
        documents = [document(random) for _ in range(DOCUMENTS)]
        took = seconds(lambda: textattr.write_report(documents, path), 1)
        name = f"write_report, {DOCUMENTS} documents of {WORDS} words, two targets"
        print(f"| {name} | {1000 * took:.0f} | {path.stat().st_size / 1000:.0f} |")
