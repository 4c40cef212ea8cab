"""Draws the pictures of the README with real models and the real renderers, light and dark.

    python benchmarks/picture.py OUT_DIR --data CORPORA

writes `first-*.png`, a sentence; `compared-*.png`, two models side by side, the second a bag of words that is trained
on `CORPORA/sst2/train.txt`; `report-*.png`, the report of many sentences with a mistake open. Needs Playwright,
scikit-learn and a Chromium on the path.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpora import read_sst2
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import textattr
import textattr.demo
from textattr.renderers.comparison import format_comparison_as_html

SENTENCE = "The story is predictable, but the acting is wonderful and the ending moved me to tears."
NEGATED = "This is not a bad film: it is never dull, and the acting is hard to forget."
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH = 760
SCHEMES = {"light": ("#ffffff", "#1f2328"), "dark": ("#0d1117", "#f0f6fc")}
PAGE = """<!DOCTYPE html><meta charset="utf-8">
<body style="margin:0;padding:8px 16px;background:{};color:{};font:15px system-ui,sans-serif">{}
"""
PRAISE = ("wonderful", "charming", "funny", "moving", "brilliant", "gentle", "clever")
BLAME = ("dull", "lame", "predictable", "boring", "awful", "pointless", "tedious")
PARTS = ("plot", "acting", "ending", "story", "music", "camera", "dialogue", "cast")
PATTERNS = (
    "The {0} is {1}, but the {2} is {3} and the {4} is {5}.",
    "I found the {0} {1}; the {2} was not {3} at all, and the {4} was {5}.",
    "A {1} {0} with a {5} {4}, though the {2} is {3}.",
)


def fragments(corpora: Path) -> dict[str, str]:
    """A sentence, and another one by two models."""
    demo = textattr.demo.load("sentiment")
    cnn = textattr.Explainer(demo.model, tokenizer=demo.tokenizer, target_names=demo.labels)
    words = textattr.Explainer(bag_of_words(corpora), score="logit", target_names=demo.labels)
    both = [
        replace(explainer.explain(NEGATED, targets=["positive"]), title=title)
        for title, explainer in (("convolution", cnn), ("bag of words", words))
    ]
    return {
        "first": textattr.format_as_html(cnn.explain(SENTENCE)),
        "compared": format_comparison_as_html(textattr.compare(both)),
    }


def bag_of_words(corpora: Path) -> Any:
    """A linear model that knows which words a sentence has, and nothing of their order."""
    texts, labels = read_sst2(corpora / "sst2" / "train.txt")
    return make_pipeline(TfidfVectorizer(), LogisticRegression(C=10, max_iter=1000)).fit(texts, labels)


def sentences() -> tuple[list[str], list[str]]:
    """Sixty sentences that praise two things and blame one, or the other way round, and what they are."""
    chance = random.Random(3)
    texts, truths = [], []
    for _ in range(60):
        is_praise = chance.random() < 0.5
        two, one = (PRAISE, BLAME) if is_praise else (BLAME, PRAISE)
        words = [
            word
            for adjectives in (two, one, two)
            for word in (chance.choice(PARTS), chance.choice(adjectives))
        ]
        texts.append(chance.choice(PATTERNS).format(*words))
        truths.append("positive" if is_praise else "negative")
    return texts, truths


def write_report(path: Path) -> None:
    """The report of the sentences."""
    demo = textattr.demo.load("sentiment")
    explainer = textattr.Explainer(demo.model, tokenizer=demo.tokenizer, target_names=demo.labels)
    texts, truths = sentences()
    textattr.write_report(
        explainer.explain_many(texts, truth=truths), path, title="Sixty sentences about films"
    )


def photograph(browser: Browser, folder: Path, made: dict[str, str]) -> None:
    """Takes a picture of each fragment and of the report, at twice the resolution."""
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary, "report.html")
        write_report(report)
        for scheme, colours in SCHEMES.items():
            for name, fragment in made.items():
                page = browser.new_page(viewport={"width": WIDTH, "height": 100}, device_scale_factor=2)
                page.set_content(PAGE.format(*colours, fragment))
                page.locator("body").screenshot(path=folder / f"{name}-{scheme}.png")
            page = browser.new_page(viewport={"width": 1280, "height": 880}, color_scheme=scheme)
            page.goto(report.as_uri())
            page.get_by_label("sort").select_option("mistakes")
            page.locator(".rows summary").first.click()
            page.screenshot(path=folder / f"report-{scheme}.png")


def few_colours(path: Path) -> None:
    """Keeps a picture in 256 colours, in a third of the space."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256)
    small.save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        sys.exit(f"expected one of {', '.join(BROWSERS)} on the path; found none: install Chromium")
    folder = given.out
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        photograph(browser, folder, fragments(given.data))
        browser.close()
    for path in folder.glob("*.png"):
        few_colours(path)


if __name__ == "__main__":
    main()
