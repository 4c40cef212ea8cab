import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from textattr.errors import TextAttrError
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of
from textattr.renderers.kinds import texts_in
from textattr.renderers.look import stylesheet
from textattr.renderers.palette import LEVELS, PALETTES, contrast
from textattr.renderers.report import write_report


class Reader(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.elements, self.boxes, self._depth, self._box = [], [], 0, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.append((tag, attrs))
        if tag not in ("meta",):
            self._depth += 1
        if attrs.get("lang") == "":
            self._box = self._depth
            self.boxes.append("")

    def handle_endtag(self, tag):
        if self._box == self._depth:
            self._box = None
        self._depth -= 1

    def handle_data(self, data):
        if self._box:
            self.boxes[-1] += data


def report(explanations, folder, **options):
    path = folder / "report.html"
    write_report(explanations, path, **options)
    return path.read_bytes().decode()


def test_hostile_texts_are_text(any_hostile, tmp_path):
    html = report([any_hostile, EXAMPLE], tmp_path, title="</title><script>alert(7)</script>")
    seen = Reader(html)
    assert "script" not in {tag for tag, _ in seen.elements}
    assert not {
        name for _, attrs in seen.elements for name in attrs if name.startswith("on") or name == "style"
    }
    texts = [text for _, text in texts_in(any_hostile) if text.layout == "text"]
    boxes = [text.document for _ in any_hostile.targets for text in texts]
    assert seen.boxes == [*boxes, EXAMPLE.document]


def test_the_file_stands_alone(any_hostile, tmp_path):
    html = report([any_hostile], tmp_path)
    assert "://" not in html
    assert not re.search(r"\b(?:src|url|import)\b\s*[=(]", re.sub(r"&lt;.*?&gt;", "", html))
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">')
    assert 'name="viewport"' in html


def test_the_style_is_the_one_that_is_allowed(tmp_path):
    html = report(EXAMPLE, tmp_path)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in html
    assert "prefers-color-scheme: dark" in style


def test_every_class_has_a_rule(any_hostile, tmp_path):
    html = report([any_hostile, EXAMPLE], tmp_path)
    used = {name for names in re.findall(r'class="([^"]+)"', html) for name in names.split()}
    ruled = set(re.findall(r"\.([a-z0-9-]+) \{", html))
    assert used <= ruled


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_nine_levels_have_contrast(scheme):
    rules = stylesheet(PALETTES["puor"], PALETTES["puor-dark"])
    light, dark = rules.split("@media")
    found = re.findall(
        r"\.(\S+) \{ background-color:(#\w{6}); color:(#\w{6})[; ]", {"light": light, "dark": dark}[scheme]
    )
    assert len(found) == len(LEVELS)
    assert min(contrast(background, ink) for _, background, ink in found) >= 4.5


def test_the_index_leads_to_the_documents(tmp_path):
    long = "unbelievable \U0001f44d\U0001f3fd " * 20
    html = report([EXAMPLE, explanation_of(long, [], [])], tmp_path, title="Two reviews")
    links = re.findall(r'<a href="#([^"]+)">', html)
    assert links == re.findall(r'<section id="([^"]+)">', html) == ["document-0", "document-1"]
    assert "<nav" not in report(EXAMPLE, tmp_path)


def test_kinds_mix_in_one_report(outputs, tmp_path):
    html = report([EXAMPLE, PAIR, FEATURES, outputs], tmp_path)
    entries = [re.sub(r"<.*?>", "", line) for line in re.findall(r"<li>(.*)</li>", html)]
    assert entries == [
        "The plot was awful, but the acting was great. positive",
        "A man is sleeping on a bench. / The man runs. contradiction",
        "awful, great, acting, plot positive",
        "The keeper saved the penalty. sports",
    ]
    assert html.count("<section") == 4
    assert html.count("<details>") == 1 + 2 + 0 + 3, "features are no detail: they are all there is"
    assert html.count("<table") == 1 + 2 + 1 + 3


def test_the_index_tells_the_value_of_a_regression(outputs, tmp_path):
    explanation = replace(outputs, prediction=outputs.other_predictions[1], other_predictions=())
    html = report([explanation, explanation_of(" ", [], [])], tmp_path)
    entries = [re.sub(r"<.*?>", "", line) for line in re.findall(r"<li>(.*)</li>", html)]
    assert entries == ["The keeper saved the penalty. 3.21", "(blank) positive"]


def test_the_same_explanations_give_the_same_bytes(hostile, tmp_path):
    assert report([hostile, EXAMPLE], tmp_path) == report(iter([hostile, EXAMPLE]), tmp_path)


def test_classes_keep_it_small(tmp_path):
    sizes = []
    for words in (["token"] * 200, ["token"] * 400):
        weights = [(-1) ** i * i / len(words) for i in range(len(words))]
        sizes.append(len(report(explanation_of(" ".join(words), words, weights), tmp_path)))
    markup = sizes[1] - sizes[0] - 200 * len("token ")
    assert markup < 200 * 48


def test_an_empty_report_is_a_page(tmp_path):
    assert "<main>" in report([], tmp_path)


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


def test_nothing_is_left_beside_the_file(tmp_path):
    for _ in range(2):
        report(EXAMPLE, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
