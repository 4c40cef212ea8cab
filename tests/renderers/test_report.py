"""The report as a file: what it says, what it needs, and that nothing in it can do harm."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from textattr.errors import TextAttrError
from textattr.explanation import Prediction
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of
from textattr.renderers.kinds import texts_in
from textattr.renderers.report import write as writing
from textattr.renderers.report.write import write_report


class Reader(HTMLParser):
    """Elements, and the text of each document's box."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.boxes, self._in = [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if dict(attrs).get("lang") == "":
            self._in = True
            self.boxes.append("")

    def handle_endtag(self, tag):
        self._in = self._in and tag != "p"

    def handle_data(self, data):
        if self._in:
            self.boxes[-1] += data


def report(explanations, folder, **options):
    path = folder / "report.html"
    write_report(explanations, path, **options)
    return path.read_bytes().decode()


def data_of(html):
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    return json.loads(found)


def rows(html):
    """The visible text of each row of the list."""
    found = re.findall(r"<summary><span class=\"n\">.*?</summary>", html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in found]


@pytest.fixture
def corpus():
    """Six documents of which two are wrong; each explained for both classes."""
    texts = ["good film", "bad film", "good plot", "bad plot", "so good", "so bad"]
    truths = ["positive", "negative", "positive", "positive", "positive", "negative"]
    return [
        explanation_of(text, text.split(), [-0.2, 0.4], [0.3, -0.5], truth=truth)
        for text, truth in zip(texts, truths, strict=True)
    ]


def test_hostile_texts_are_text(any_hostile, tmp_path):
    html = report([any_hostile, EXAMPLE], tmp_path, title="</title><script>alert(7)</script>")
    seen = Reader(html)
    assert [attrs for tag, attrs in seen.elements if tag == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    assert not {
        name for _, attrs in seen.elements for name in attrs if name.startswith("on") or name == "style"
    }
    assert not {"img", "iframe", "link", "object", "base", "form"} & {tag for tag, _ in seen.elements}
    texts = [text.document for _, text in texts_in(any_hostile) if text.layout == "text"]
    assert seen.boxes == [*texts, EXAMPLE.document], "the text stands once, whatever the number of targets"


def test_the_file_stands_alone(any_hostile, tmp_path):
    html = report([any_hostile], tmp_path)
    markup = re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)
    assert "://" not in markup
    assert "://" not in html.replace("http://www.w3.org/2000/svg", ""), (
        "the name of SVG's elements is no address"
    )
    assert not re.search(r"\b(?:src|url|import)\b\s*[=(]", re.sub(r"&lt;.*?&gt;|\\u003c.*?\\u003e", "", html))
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">')


def test_style_and_script_are_those_that_are_allowed(tmp_path):
    html = report(EXAMPLE, tmp_path)
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in html
    assert "default-src 'none'" in html
    assert "unsafe" not in html


def test_each_document_is_a_row_with_its_verdict(corpus, tmp_path):
    found = rows(report(corpus, tmp_path))
    assert found[0] == "1 positive ✓ right 0.83 good film"
    assert found[1] == "2 positive ✗ negative 0.83 bad film"
    assert len(found) == 6


def test_kinds_mix_in_one_report(outputs, tmp_path):
    regression = replace(outputs, prediction=outputs.other_predictions[1], other_predictions=(), truth=None)
    html = report([EXAMPLE, PAIR, FEATURES, outputs, regression, explanation_of(" ", [], [])], tmp_path)
    assert rows(html) == [
        "1 positive 0.83 The plot was awful, but the acting was great.",
        "2 contradiction 0.56 A man is sleeping on a bench. / The man runs.",
        "3 positive 0.83 awful, great, acting, plot",
        "4 sports ✗ world 0.83 The keeper saved the penalty.",
        "5 output 3.21 The keeper saved the penalty.",
        "6 positive 0.83 (blank)",
    ]


def test_the_overview_counts_right_and_wrong(corpus, tmp_path):
    html = re.sub(r"</?bdi>", "", report(corpus, tmp_path))
    text = " ".join(re.sub(r"<[^>]*>", " ", html).split())
    assert "Accuracy 67 % right 4 wrong ✗ 2 chance 67 % (always “positive”)" in text
    assert "Truth and prediction → negative → positive negative 0 ✗ 2 positive 0 4" in text
    assert "Probability of positive, documents" in text


def test_without_truth_nothing_is_judged(tmp_path):
    html = report(EXAMPLE, tmp_path).split("<main>")[1].split('<script type="application')[0]
    assert "Accuracy" not in html
    assert "data-show" not in html


def test_many_classes_are_a_list_of_the_most_confused(tmp_path):
    labels = [f"class {i}" for i in range(8)]
    explanations = [
        explanation_of("so bad", ["so", "bad"], [0.1, 0.2], labels=labels, truth=f"class {i % 8}")
        for i in range(16)
    ]
    html = report(explanations, tmp_path)
    assert "Most confused" in html
    assert "✗ <bdi>class 0</bdi> → <bdi>class 7</bdi>: 2" in html


def test_the_scale_is_common_and_round(tmp_path):
    html = report([EXAMPLE, explanation_of("so bad", ["so", "bad"], [0.1, -1.9])], tmp_path)
    assert ">≤ −2<" in html
    assert data_of(html)["scale"] == 2.0


def test_words_of_all_documents(corpus, tmp_path):
    data = data_of(report(corpus, tmp_path))
    words = {word[0]: word[1:] for word in data["words"]}
    assert data["classes"] == ["negative", "positive"]
    assert words["film"] == [2, 1, 0.4, -0.5]
    assert words["so"] == [2, 1, -0.2, 0.3]


def test_the_same_document_by_two_methods_is_one_row(tmp_path):
    html = report([EXAMPLE, replace(EXAMPLE, title="DeepLIFT"), FEATURES], tmp_path)
    assert len(rows(html)) == 2
    data = data_of(html)
    assert data["methods"] == ["Integrated gradients", "DeepLIFT"]
    assert [[view[0] for view in document] for document in data["docs"]] == [[0, 1], [0]]


def test_the_data_has_weights_as_whole_numbers(tmp_path):
    data = data_of(report(EXAMPLE, tmp_path))
    (view,) = data["docs"][0]
    assert view[1] == [[3, 4, 3, 5, -2, 3, 3, 6, 3, 5, -1]]
    assert view[3][0][6] == [[10, -60, 20, -870, 40, 0, 220, 30, 710]]
    assert data["places"] == 3


def test_characters_beyond_the_first_plane_are_counted_as_scripts_count_them(tmp_path):
    (view,) = data_of(report(explanation_of("\U0001f44d ok", ["\U0001f44d", "ok"], [0.1, 0.2]), tmp_path))[
        "docs"
    ][0]
    assert view[1] == [[2, 2]]


def test_weights_that_are_no_numbers_do_no_harm(tmp_path):
    weights = [float("nan"), float("inf"), -float("inf"), 0.5]
    html = report([explanation_of("a b c d", list("abcd"), weights)], tmp_path)
    assert data_of(html)["docs"][0][0][3][0][6] == [[None, None, None, 500]]
    assert data_of(html)["scale"] == 0.5
    report([explanation_of("a b", list("ab"), [0.0, 0.0]), explanation_of("a", ["a"], [1.0])], tmp_path)


def test_a_label_of_a_thousand_characters(tmp_path):
    labels = ("n" * 1000, "p" * 1000)
    assert "p" * 1000 in report(
        explanation_of("so bad", ["bad"], [0.4], labels=labels, truth=labels[0]), tmp_path
    )


def test_models_mix(tmp_path):
    html = report([EXAMPLE, replace(EXAMPLE, model="other")], tmp_path)
    assert "reviews, other · 2 documents" in html
    assert "Integrated gradients · other" in html


def test_a_regression_has_a_distribution_of_values(tmp_path):
    def of(value):
        prediction = Prediction("regression", ("stars",), np.array([value]), None, "stars")
        return replace(EXAMPLE, prediction=prediction)

    html = report([of(1.0), of(2.5), of(5.0)], tmp_path)
    assert "Value of stars, documents" in html
    assert ">5</text>" in html


def test_the_same_explanations_give_the_same_bytes(hostile, tmp_path):
    assert report([hostile, EXAMPLE], tmp_path) == report(iter([hostile, EXAMPLE]), tmp_path)


def test_an_empty_report_is_a_page(tmp_path):
    assert "no model · 0 documents" in report([], tmp_path)


def test_many_documents_are_several_pages_with_an_index(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "PER_PAGE", 4)
    first = report(corpus, tmp_path)
    second = (tmp_path / "report-2.html").read_text(encoding="utf-8")
    assert [row.split()[0] for row in rows(first) + rows(second)] == list("123456")
    assert '<b aria-current="page">1–4</b>' in first
    assert '<a href="report-2.html">5–6</a>' in first
    assert '<a href="report.html">1–4</a>' in second
    for page in (first, second):
        assert "67 %" in page, "the overview is of all documents"


def test_an_existing_file_can_be_kept(tmp_path):
    path = tmp_path / "report.html"
    write_report(EXAMPLE, path, overwrite=False)
    before = path.read_bytes()
    with pytest.raises(
        FileExistsError, match="overwrite=False, got one; give another path= or overwrite=True"
    ):
        write_report([EXAMPLE, EXAMPLE], path, overwrite=False)
    assert path.read_bytes() == before
    write_report([EXAMPLE, EXAMPLE], path)
    assert path.read_bytes() != before


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(
        TextAttrError, match=r"report\.html: expected an existing folder, got .*absent"
    ) as caught:
        write_report(EXAMPLE, tmp_path / "absent" / "report.html")
    assert isinstance(caught.value, FileNotFoundError)


def test_the_old_file_survives_a_failure(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(EXAMPLE, path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_five_hundred_documents_of_two_hundred_words_would_be_below_five_megabytes(tmp_path):
    """Of twenty documents, and what they add to an empty page."""
    random = np.random.default_rng(0)
    words = [f"{'word' * (1 + i % 2)}{i % 10}" for i in range(200)]

    def of():
        weights = random.laplace(size=(2, 200)) * 0.15
        explanation = explanation_of(" ".join(words), words, *weights)
        targets = [replace(t, baseline_score=t.score - t.heatmap.sum()) for t in explanation.targets]
        return replace(explanation, targets=tuple(targets))

    alone = len(report([], tmp_path))
    assert alone < 40_000
    assert (len(report([of() for _ in range(20)], tmp_path)) - alone) * 25 + alone < 5_000_000
