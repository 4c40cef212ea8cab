"""What pictures cost: one fragment beside the explanation that it shows, and a report of many documents."""

from __future__ import annotations

import shutil
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
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


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


def opened(path: Path, rounds: int) -> float:
    """Milliseconds until the script of a report has run and a click is answered, the median; NaN without a Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return float("nan")
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        return float("nan")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        times = []
        for _ in range(rounds):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(path.as_uri(), wait_until="commit")
            page.locator("[data-show=wrong]").click()
            times.append(page.evaluate("performance.now()"))
            page.close()
        browser.close()
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
        print(f"| opening it in a headless Chromium, until it can be used | {opened(path, rounds):.0f} | |")
