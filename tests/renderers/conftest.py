"""Explanations to render, made by hand, and a browser to render them in."""

from __future__ import annotations

import shutil

import pytest

from textattr.renderers.example import explanation_of

HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onmouseover=",
    "&lt;",
    "</style>",
    "\u202eevil",
    "\u2069\u202e",
    "\U0001f44d\U0001f3fd",
    "مرحبا",
    "你好",
    "[bold]",
    "\x1b[31m",
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    """A terminal of one width, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def hostile():
    """Every text in it, tokens, labels and messages alike, would do harm in a careless renderer."""
    document = " , ".join(HOSTILE) + "\r\n\tlast\r line\u202c."
    return explanation_of(
        document,
        [*HOSTILE, "last"],
        *([0.1 * (i + shift) - 0.5 for i in range(len(HOSTILE) + 1)] for shift in (0, 1)),
        labels=["<script>alert(2)</script>", "\"' onmouseover=alert(3)"],
        against=1,
        truth="</style><script>alert(4)</script>",
        shares={"<img src=x onerror=alert(5)>": 0.25},
        warnings=["</title><img src=x onerror=alert(6)>", "\u202ereversed"],
    )


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no chromium, chromium-browser or google-chrome on the path")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
