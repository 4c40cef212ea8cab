"""Explanations to render, made by hand, and a browser to render them in."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from textattr.explanation import Prediction
from textattr.renderers.example import explanation_of, explanation_of_several

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


@pytest.fixture
def hostile_texts(hostile):
    """The names of texts and outputs, the labels of other outputs and what lies beside them do harm as well."""
    name = "\u202e<img src=x onerror=alert(7)>\r\n"
    others = (
        Prediction(
            "binary", ("\"'<b>\u2067", "no"), np.array([1.0, -1.0]), np.array([0.9, 0.1]), "\"'<b>\u2067"
        ),
        Prediction(
            "regression", ("<i>\u202e", "\x1b[2J"), np.array([0.5, 2.0]), None, "<i>\u202e", output=name
        ),
    )
    hostile = replace(
        hostile,
        prediction=replace(hostile.prediction, output="</style>\u202e"),
        other_predictions=others,
        targets=tuple(replace(t, output="</style>\u202e") for t in hostile.targets),
    )
    several = explanation_of_several({name: hostile, "$float": hostile, "": hostile})
    first = replace(several.targets[0], shares={"<u>\u202dother": 0.5})
    return replace(several, targets=(first, *several.targets[1:]))


@pytest.fixture
def hostile_features():
    """A bag of words that would do harm."""
    names = [*HOSTILE, "line\nbreak", "\r", " "]
    return explanation_of(
        "\t".join(names), names, [0.1 * i - 0.55 for i in range(len(names))], layout="features"
    )


@pytest.fixture(params=["hostile", "hostile_texts", "hostile_features"])
def any_hostile(request):
    """Each kind of explanation, doing its worst."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def outputs():
    """A model with three outputs: two targets of different outputs, and one that is a function of the user's."""
    story = "The keeper saved the penalty."
    explanation = explanation_of(
        story, story[:-1].split(), [0.0, 0.5, 0.3, 0.0, 0.9], labels=("world", "sports"), truth="world"
    )
    topic = replace(explanation.targets[0], output="topic", against=0)
    urgency = Prediction(
        "binary", ("calm", "urgent"), np.array([1.0, -1.0]), np.array([0.88, 0.12]), "calm", output="urgency"
    )
    return replace(
        explanation,
        prediction=replace(explanation.prediction, output="topic"),
        other_predictions=(
            urgency,
            Prediction("regression", ("output",), np.array([3.21]), None, "output", output="length"),
        ),
        targets=(
            topic,
            replace(topic, output="urgency", target=0, against=1, label="calm", score=1.5, probability=0.88),
            replace(topic, output=None, target=None, against=None, label="margin", score=4.2),
        ),
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


class Watched:
    """A page, and everything that happened in it that should not."""

    def __init__(self, browser, **options):
        self.page = browser.new_page(**options)
        self.complaints = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.complaints.append(request.url))
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog):
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def show(self, html):
        self.page.set_content(html)
        return self.page

    def open(self, path):
        self.page.goto(path.as_uri())
        assert self.complaints.pop(0) == path.as_uri()
        return self.page


@pytest.fixture
def watched(browser):
    opened = []

    def open_page(**options):
        opened.append(Watched(browser, **options))
        return opened[-1]

    yield open_page
    for watching in opened:
        watching.page.close()
