import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textattr.errors import OptionError
from textattr.explanation import Prediction
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of, explanation_of_several
from textattr.renderers.html import format_as_html
from textattr.renderers.kinds import texts_in
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


def test_hostile_texts_are_text(any_hostile):
    html = format_as_html(any_hostile, top=20)
    seen = Reader(html)
    assert set(seen.tags) <= ALLOWED
    assert {name for attributes in seen.attributes for name in attributes} <= {
        "style",
        "title",
        "dir",
        "lang",
        "scope",
    }
    texts = texts_in(any_hostile)
    assert seen.documents == [
        text.document for _ in any_hostile.targets for _, text in texts if text.layout == "text"
    ]
    said = [name for name, _ in texts if name] + [any_hostile.truth or "", *any_hostile.warnings]
    said += [p.output or p.label for p in any_hostile.other_predictions]
    for target in any_hostile.targets:
        said += [target.label, target.output or "", *target.shares]
    for text in said:
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


def test_every_chip_has_both_colours_with_contrast(any_hostile):
    for palette in ("puor", "puor-dark", "greys"):
        for attributes in Reader(format_as_html(any_hostile, palette=palette)).attributes:
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
    with pytest.raises(OptionError, match="top must be a whole number of at least 0, got -1"):
        format_as_html(EXAMPLE, top=-1)


def test_same_explanation_same_html(any_hostile):
    assert format_as_html(any_hostile, top=3) == format_as_html(any_hostile, top=3)


def test_several_texts_stand_under_their_names():
    seen = Reader(format_as_html(PAIR))
    assert seen.documents == [text.document for text in PAIR.texts.values()]
    assert seen.text.count("method Integrated gradients") == 1
    assert seen.text.count("why contradiction") == 1
    order = ("premise", PAIR["premise"].document, "+0.004", "hypothesis", PAIR["hypothesis"].document)
    places = [seen.text.index(text) for text in order]
    assert places == sorted(places)


def test_the_scale_is_one_for_all_texts():
    html = format_as_html(PAIR)
    assert html.count("speaks against") == 1
    assert "-0.8" in html
    levels = {a["title"]: a["style"] for a in Reader(html).attributes if "title" in a}
    assert "#b1500b" in levels["+0.8"]
    assert "#ec8d38" in levels["+0.55"], "weaker than the strongest token of the other text"
    alone = {
        a["title"]: a["style"] for a in Reader(format_as_html(PAIR["hypothesis"])).attributes if "title" in a
    }
    assert "#b1500b" in alone["+0.55"]


def test_each_text_has_its_table():
    html = format_as_html(PAIR, top=1, show=())
    assert re.findall(r">([+-][\d.]+)<", html) == ["+0.8", "+0.55"]
    assert [name for name in PAIR.texts if name in Reader(html).text] == ["premise", "hypothesis"]
    assert Reader(format_as_html(PAIR, show=())).text.strip() == ""


def test_what_holds_for_all_texts_is_said_once():
    targets = [replace(t, shares={"other inputs": 0.5, "padding": 0.1}) for t in PAIR["premise"].targets]
    premise = replace(PAIR["premise"], targets=tuple(targets))
    pair = replace(
        PAIR,
        texts={**PAIR.texts, "premise": premise},
        targets=(replace(PAIR.targets[0], shares={"other inputs": 0.5}),),
    )
    text = Reader(format_as_html(pair)).text
    assert text.count("other inputs +0.5") == 1
    assert text.index("padding +0.1") < text.index("hypothesis") < text.index("other inputs")


def test_features_are_a_table_from_the_strongest_on():
    html = format_as_html(FEATURES, show="document")
    seen = Reader(html)
    assert seen.documents == []
    assert re.findall(r">([+-][\d.]+)<", html) == ["-0.87", "+0.71", "+0.22", "-0.06"]
    assert seen.text.index("awful") < seen.text.index("great") < seen.text.index("acting")
    assert "boring" not in seen.text
    assert "not listed: 1 without weight" in seen.text
    assert "#6e38b8" in html.split(">-0.87<")[0].rsplit("<", 1)[1]
    assert "not listed: 2 weaker, 1 without weight" in format_as_html(FEATURES, top=2)
    assert "<table" not in format_as_html(FEATURES, top=0)
    assert "not listed" not in format_as_html(FEATURES, top=0)


def test_a_large_vocabulary_is_cut_to_twenty_rows():
    names = [f"word{i}" for i in range(5000)]
    html = format_as_html(
        explanation_of("\n".join(names), names, [i / 5000 for i in range(5000)], layout="features")
    )
    assert html.count("<tr>") == 21
    assert "not listed: 4979 weaker, 1 without weight" in html


def test_features_without_any_weight_say_so():
    text = Reader(format_as_html(explanation_of("a\nb", ["a", "b"], [0.0, 0.0], layout="features"))).text
    assert "no feature has any weight" in text
    assert "not listed: 2 without weight" in text


def test_features_need_no_place_in_the_document():
    """Their tokens may stand nowhere, and special ones are beside them as they are beside a document."""
    tokens = (
        *(replace(t, start=0, end=0) for t in FEATURES.tokens[:4]),
        replace(FEATURES.tokens[4], is_special=True),
    )
    target = replace(FEATURES.targets[0], spans=(), heatmap=[-0.87, -0.06, 0.22, 0.71, 9.0])
    features = replace(FEATURES, document="", tokens=tokens, targets=(target,))
    html = format_as_html(features, show="document")
    assert re.findall(r">([+-][\d.]+)<", html) == ["-0.87", "+0.71", "+0.22", "-0.06"]


def test_texts_and_features_stand_together():
    html = format_as_html(explanation_of_several({"review": EXAMPLE, "keywords": FEATURES}))
    assert html.count("<table") == 1
    assert Reader(html).documents == [EXAMPLE.document]
    assert "beside the tokens" in html


def test_the_header_tells_what_each_output_said(outputs):
    text = Reader(format_as_html(outputs)).text
    header = text[: text.index("why")]
    for line in (
        "truth world",
        "topic predicted sports probability 0.8333",
        "urgency predicted calm probability 0.88",
        "length value 3.21",
    ):
        assert line in " ".join(header.split())
    assert header.count("predicted") == 2


def test_a_target_tells_its_output(outputs):
    text = " ".join(Reader(format_as_html(outputs, show="header")).text.split())
    assert "why topic: sports against world probability 0.8333 score" in text
    assert "why urgency: calm against urgent probability 0.88 score 1.5" in text
    assert text.endswith("why margin value 4.2")


def test_an_output_without_a_name_is_counted(outputs):
    others = (replace(outputs.other_predictions[0], output=None),)
    assert (
        "output 1 predicted calm" in Reader(format_as_html(replace(outputs, other_predictions=others))).text
    )


def test_many_values_of_a_regression_are_cut_short(outputs):
    labels = tuple(f"output {i}" for i in range(768))
    vector = Prediction("regression", labels, np.arange(768.0), None, labels[0], output="vector")
    text = Reader(format_as_html(replace(outputs, other_predictions=(vector,)))).text
    assert "output 5 5 and 762 more" in " ".join(text.split())
