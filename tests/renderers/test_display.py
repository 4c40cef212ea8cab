"""How an explanation shows and saves itself."""

import io
import json
import sys

import pandas as pd
import pytest

from textattr.errors import OptionError
from textattr.explanation import Explanation
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of
from textattr.renderers.html import format_as_html
from textattr.renderers.text import format_as_text


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_printing_is_plain_where_no_terminal_reads():
    assert str(EXAMPLE) == format_as_text(EXAMPLE)


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_printing_is_coloured_in_a_terminal(monkeypatch, environment, coloured):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert str(EXAMPLE) == format_as_text(EXAMPLE, colour=coloured)


def test_repr_is_one_line():
    assert repr(EXAMPLE) == (
        "Explanation('The plot was awful, but the acting was great.': 'positive' -0.1823; "
        "Integrated gradients, 9 tokens)"
    )
    assert "\n" not in repr(explanation_of("a\n" * 100, [], [], []))


@pytest.mark.parametrize("explanation", [EXAMPLE, PAIR, FEATURES])
def test_jupyter_gets_both_forms(explanation):
    plain, html = format_as_text(explanation), format_as_html(explanation)
    assert explanation._repr_mimebundle_() == {"text/plain": plain, "text/html": html}


def test_jupyter_may_choose():
    assert list(EXAMPLE._repr_mimebundle_(include={"text/plain"})) == ["text/plain"]
    assert list(EXAMPLE._repr_mimebundle_(exclude={"text/plain"})) == ["text/html"]


def test_ipython_shows_it():
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
    shown, _ = formatters.DisplayFormatter().format(EXAMPLE)
    assert set(shown) == {"text/plain", "text/html"}


def test_saved_json_is_the_explanation(any_hostile, tmp_path):
    any_hostile.save(tmp_path / "x.json")
    assert Explanation.from_dict(json.loads((tmp_path / "x.json").read_text())) == any_hostile


def test_saved_csv_is_the_frame(hostile, tmp_path):
    hostile.save(str(tmp_path / "x.CSV"))
    frame = pd.read_csv(tmp_path / "x.CSV", encoding="utf-8")
    assert frame["token"].tolist() == [token.text for token in hostile.tokens] * 2


def test_saved_csv_names_the_texts(hostile_texts, tmp_path):
    hostile_texts.save(tmp_path / "x.csv")
    frame = pd.read_csv(tmp_path / "x.csv", encoding="utf-8", keep_default_na=False)
    assert frame["input"].unique().tolist() == list(hostile_texts.texts)
    assert frame["output"].unique().tolist() == ["</style>\u202e"]


@pytest.mark.parametrize("explanation", [EXAMPLE, PAIR, FEATURES])
def test_saved_html_is_a_report(explanation, tmp_path):
    explanation.save(tmp_path / "x.html")
    assert (tmp_path / "x.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", ["x.txt", "x", ".html"])
def test_other_suffixes_are_refused_with_the_others(tmp_path, name):
    with pytest.raises(OptionError, match=r"\.html, \.json, \.csv, \.svg, \.pdf, \.png or \.tex; got"):
        EXAMPLE.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_saving_leaves_nothing_beside_the_file(tmp_path):
    for name in ("x.html", "x.json", "x.csv"):
        EXAMPLE.save(tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.csv", "x.html", "x.json"]
