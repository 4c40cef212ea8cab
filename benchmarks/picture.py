"""Draws the picture at the top of the README with the real model and the real renderer, light and dark.

    python benchmarks/picture.py OUT_DIR

writes `first-light.png` and `first-dark.png`. Needs Playwright and a Chromium on the path.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import sync_playwright

import textattr
import textattr.demo

SENTENCE = "The story is predictable, but the acting is wonderful and the ending moved me to tears."
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH = 760
PAGE = """<!DOCTYPE html><meta charset="utf-8">
<body style="margin:0;padding:8px 16px;background:{background};color:{ink};font:15px system-ui,sans-serif">{fragment}
"""


def pages(explanation: textattr.Explanation) -> Mapping[str, str]:
    """An HTML page for each picture's name."""
    return {
        "first-light": PAGE.format(
            background="#ffffff", ink="#1f2328", fragment=textattr.format_as_html(explanation)
        ),
        "first-dark": PAGE.format(
            background="#0d1117",
            ink="#f0f6fc",
            fragment=textattr.format_as_html(explanation, palette="puor-dark"),
        ),
    }


def photograph(html: Mapping[str, str], folder: Path) -> None:
    """Takes a picture of each page, at twice the resolution, as tall as its content."""
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        sys.exit(f"expected one of {', '.join(BROWSERS)} on the path; found none: install Chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, page_html in html.items():
            page = browser.new_page(viewport={"width": WIDTH, "height": 100}, device_scale_factor=2)
            page.set_content(page_html)
            page.locator("body").screenshot(path=folder / f"{name}.png")
        browser.close()


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/picture.py OUT_DIR")
    demo = textattr.demo.load("sentiment")
    explanation = textattr.explain_prediction(
        demo.model, SENTENCE, tokenizer=demo.tokenizer, target_names=demo.labels
    )
    photograph(pages(explanation), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
