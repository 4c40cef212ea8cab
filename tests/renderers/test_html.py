import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textattr.errors import OptionError
from textattr.renderers.example import EXAMPLE, explanation_of
from textattr.renderers.html import format_as_html
from textattr.renderers.palette import contrast

ALLOWED = {"div", "span", "bdi", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong"}


class Reader(HTMLParser):
    """What a browser would see: tags, attributes, and the text of each document's box."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.documents, self.titles, self.text = [], [], [], [], ""
        self._open, self._box = [], None
        self.feed(html)
        self.close()
        assert not self._open, "a tag was left open"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append(dict(attrs))
        self._open.append(tag)
        if dict(attrs).get("lang") == "":
            self._box = len(self._open)
            self.documents.append("")
        if self._box and "title" in dict(attrs):
            self.titles.append(dict(attrs)["title"])

    def handle_endtag(self, tag):
        assert self._open[-1] == tag
        if self._box == len(self._open):
            self._box = None
        self._open.pop()

    def handle_data(self, data):
        self.text += data
        if self._box:
            self.documents[-1] += data


def test_hostile_texts_are_text(hostile):
    html = format_as_html(hostile, top=20)
    seen = Reader(html)
    assert set(seen.tags) <= ALLOWED
    assert {name for attributes in seen.attributes for name in attributes} <= {
        "style",
        "title",
        "dir",
        "lang",
        "scope",
    }
    assert seen.documents == [hostile.document, hostile.document]
    for text in (hostile.truth, *hostile.warnings, *hostile.prediction.labels, *hostile.targets[0].shares):
        assert text in seen.text


def test_spans_are_where_they_say(hostile):
    for span in hostile.targets[0].spans:
        assert hostile.document[span.start : span.end] == span.text


@settings(deadline=None)
@given(st.text(max_size=30), st.data())
def test_the_text_is_the_document(document, data):
    tokens = re.findall(r"\S+", document)
    weights = data.draw(st.lists(st.floats(), min_size=len(tokens), max_size=len(tokens)))
    seen = Reader(format_as_html(explanation_of(document, tokens, weights), top=3))
    assert "".join(seen.documents) == document.replace("\0", "\ufffd")


def test_what_html_cannot_hold_is_replaced():
    html = format_as_html(explanation_of("a\0\ud800b", ["a"], [1.0]))
    assert "a\ufffd\ufffdb" in "".join(Reader(html).documents)
    html.encode()


def test_every_token_tells_its_weight_in_four_digits():
    explanation = explanation_of("so very bad", ["so", "very", "bad"], [0.123456, 0.0, -1234567.0])
    assert Reader(format_as_html(explanation)).titles == ["+0.1235", "0", "-1.235e+06"]


def test_numpy_scalars_do_not_show():
    explanation = explanation_of("so bad", ["so", "bad"], np.array([0.1, -0.4], dtype=np.float32))
    object.__setattr__(explanation.targets[0], "score", np.float64(2.5))
    html = format_as_html(explanation, top=2)
    assert "np.float" not in html
    assert "2.5" in html


def test_every_chip_has_both_colours_with_contrast(hostile):
    for palette in ("puor", "puor-dark", "greys"):
        for attributes in Reader(format_as_html(hostile, palette=palette)).attributes:
            if "title" in attributes:
                colours = re.findall(r"(?:background-)?color:(#[0-9a-f]{6})(?:;|$)", attributes["style"])
                assert len(colours) == 2
                assert contrast(*colours) >= 4.5


def test_the_sign_shows_without_colour():
    html = format_as_html(EXAMPLE, palette="greys", show="document")
    styles = {
        a["title"][0]: a["style"] for a in Reader(html).attributes if a.get("title") in ("+0.71", "-0.87")
    }
    assert "solid" in styles["+"]
    assert "dotted" in styles["-"]


def test_the_scale_is_one_for_all_targets():
    explanation = explanation_of("so bad", ["so", "bad"], [0.1, 0.2], [0.4, 0.8])
    html = format_as_html(explanation)
    assert "-0.8" in html
    assert html.count("speaks against") == 1
    strongest = {a["title"] for a in Reader(html).attributes if "title" in a and "#b1500b" in a["style"]}
    assert strongest == {"+0.8"}


def test_a_heatmap_of_zeros_is_neutral():
    html = format_as_html(explanation_of("so bad", ["so", "bad"], [0.0, 0.0]), top=2)
    assert "no token has any weight" in html
    assert "solid" not in re.sub(r"1px solid", "", html)


def test_the_header_names_what_matters():
    explanation = explanation_of(
        "so bad", ["bad"], [0.4], against=0, truth="negative", warnings=["cut short"]
    )
    text = Reader(format_as_html(explanation)).text
    for words in ("method Integrated gradients", "predicted positive", "truth negative", "model reviews"):
        assert words in text
    assert "why positive against negative" in text
    assert "probability 0.8333" in text
    assert "score -0.1823" in text
    assert "warning: cut short" in text


def test_a_regression_has_neither_probability_nor_predicted_label():
    explanation = explanation_of("so bad", ["bad"], [0.4])
    object.__setattr__(explanation.prediction, "task", "regression")
    object.__setattr__(explanation.targets[0], "probability", None)
    text = Reader(format_as_html(explanation)).text
    assert "probability" not in text
    assert "predicted" not in text


def test_parts_can_be_chosen():
    alone = Reader(format_as_html(EXAMPLE, show="document"))
    assert alone.text.strip() == EXAMPLE.document
    without = Reader(format_as_html(EXAMPLE, show=("header", "legend", "shares")))
    assert without.documents == []
    assert "padding +0.0123" in without.text
    assert Reader(format_as_html(EXAMPLE, show=())).text.strip() == ""


def test_the_table_lists_the_strongest_first():
    html = format_as_html(EXAMPLE, top=2, show=())
    assert re.findall(r">([+-][\d.]+)<", html) == ["-0.87", "+0.71"]
    assert "<table" not in format_as_html(EXAMPLE)


def test_blank_tokens_are_visible_in_the_table():
    text = Reader(format_as_html(explanation_of("a\nb", ["\n"], [1.0]), top=1, show=())).text
    assert repr("\n") in text


def test_unknown_options_name_the_choices():
    with pytest.raises(OptionError, match="puor, puor-dark, greys; got 'red'"):
        format_as_html(EXAMPLE, palette="red")
    with pytest.raises(OptionError, match="header, document, legend, shares, warnings; got 'heading'"):
        format_as_html(EXAMPLE, show=("document", "heading"))
    with pytest.raises(OptionError, match="0 or more; got -1"):
        format_as_html(EXAMPLE, top=-1)


def test_same_explanation_same_html(hostile):
    assert format_as_html(hostile, top=3) == format_as_html(hostile, top=3)
