import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textattr.errors import OptionError
from textattr.explanation import Feature, Prediction
from textattr.renderers.colour import contrast
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of, explanation_of_several
from textattr.renderers.html import format_as_html
from textattr.renderers.kinds import texts_in

KEPT = {
    "a",
    "abbr",
    "acronym",
    "b",
    "blockquote",
    "code",
    "em",
    "i",
    "li",
    "ol",
    "strong",
    "ul",
}  # by nbconvert
ALLOWED = KEPT & {"abbr", "b", "i", "li", "ul"} | {"details", "summary"}


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
    }
    texts = texts_in(any_hostile)
    assert seen.documents == [
        text.document for _ in any_hostile.targets for _, text in texts if text.layout == "text"
    ]
    said = [name for name, _ in texts if name] + [any_hostile.truth or "", *any_hostile.warnings]
    said += [p.output or p.label for p in any_hostile.other_predictions]
    for target in any_hostile.targets:
        said += [target.label, target.output or "", *(name for name, share in target.shares.items() if share)]
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


def test_coloured_tokens_tell_their_weight_in_three_digits():
    explanation = explanation_of("so very bad", ["so", "very", "bad"], [0.523456, 0.0, -1.0])
    assert Reader(format_as_html(explanation)).titles == ["+0.523", "−1.000"]
    tiny = explanation_of("so very bad", ["so", "very", "bad"], [0.000523456, 0.0, -0.001])
    assert Reader(format_as_html(tiny)).titles == ["+0.00052", "−0.00100"]
    huge = explanation_of("so very bad", ["so", "very", "bad"], [1e7, 0.0, -2.5e9])
    assert Reader(format_as_html(huge)).titles == ["−2.50e9"]


def test_numpy_scalars_do_not_show():
    explanation = explanation_of("so bad", ["so", "bad"], np.array([0.1, -0.4], dtype=np.float32))
    object.__setattr__(explanation.targets[0], "score", np.float64(2.5))
    html = format_as_html(explanation, top=2)
    assert "np.float" not in html
    assert ">2.50<" in html


CHIP = re.compile(r"background-color:([^;]+);color:([^;]+);border-bottom:2px (solid|dotted)")


def chips(html):
    """Title, and both colours and the line, of each coloured token of the document."""
    found = [(a["title"], CHIP.search(a["style"])) for a in Reader(html).attributes if "title" in a]
    return {title: match.groups() for title, match in found if match}


def test_every_chip_has_both_colours_with_contrast(any_hostile):
    for palette in ("puor", "puor-dark", "greys"):
        found = chips(format_as_html(any_hostile, palette=palette))
        assert all(contrast(background, ink) >= 4.5 for background, ink, _ in found.values())
        assert found or any_hostile is not EXAMPLE


def test_a_page_of_unknown_colour_shows_through():
    found = chips(format_as_html(EXAMPLE))
    assert {ink for _, ink, _ in found.values()} == {"inherit"}
    assert all(background.startswith("rgba(") for background, _, _ in found.values())


def test_the_sign_shows_without_colour():
    found = chips(format_as_html(EXAMPLE, palette="greys", show="document", top=0))
    assert {title: line for title, (_, _, line) in found.items()} == {
        "−0.870": "dotted",
        "+0.220": "solid",
        "+0.710": "solid",
    }


def test_bold_and_italic_are_left_where_styles_are_gone():
    plain = re.sub(r' (?:style|title|lang|dir)="[^"]*"', "", format_as_html(EXAMPLE))
    assert "The plot was <i>awful</i>, but the <b>acting</b> was <b>great</b>." in plain
    assert "<i>speaks against</i>" in plain
    assert "<b>speaks for</b>" in plain


def test_the_scale_is_one_for_all_targets_or_one_each_and_says_so():
    explanation = explanation_of("so bad", ["so", "bad"], [0.1, 0.2], [0.4, 0.8])
    html = format_as_html(explanation, palette="puor")
    assert html.count("speaks against") == 1
    assert "one scale for all targets" in html
    assert {title for title, (colour, *_) in chips(html).items() if colour == "#ee7f0c"} == {"+0.800"}
    html = format_as_html(explanation, palette="puor", scale="own")
    assert html.count("speaks against") == 2
    assert "each target on its own scale" in html
    assert {title for title, (colour, *_) in chips(html).items() if colour == "#ee7f0c"} >= {
        "+0.800",
        "+0.200",
    }
    html = format_as_html(explanation, palette="puor", scale=1.6)
    assert "scale as given" in html
    assert "+1.60" in html
    assert not [title for title, (colour, *_) in chips(html).items() if colour == "#ee7f0c"]


def test_weak_tokens_stay_plain():
    assert set(chips(format_as_html(EXAMPLE, top=0))) == {"−0.870", "+0.220", "+0.710"}
    assert set(chips(format_as_html(EXAMPLE, top=0, highlight_threshold=0.5))) == {"−0.870", "+0.710"}


def test_the_text_stands_once_and_each_target_has_a_line():
    explanation = explanation_of("so bad", ["so", "bad"], [0.1, 0.4], [-0.2, 0.0])
    html = format_as_html(explanation, top=0)
    assert html.split("<details")[0].count('lang=""') == 1
    text = Reader(html).text
    assert "so −0.20" in text
    assert "bad +0.40" in text
    assert "the text coloured for the other 1" in text


def test_a_heatmap_of_zeros_is_neutral():
    html = format_as_html(explanation_of("so bad", ["so", "bad"], [0.0, 0.0]), top=2)
    assert "no token has any weight" in html
    assert not chips(html)


def said(explanation, **options):
    """The text of a fragment with single blanks."""
    return " ".join(Reader(format_as_html(explanation, **options)).text.split())


def test_the_verdict_leads():
    explanation = explanation_of(
        "so bad", ["bad"], [0.4], against=0, truth="negative", warnings=["cut short"]
    )
    text = said(explanation)
    assert text.startswith("positive 0.83 ✗ truth: negative Integrated gradients · reviews ⚠ cut short")
    assert "why positive against negative" in text
    assert "score −0.18; the weights of the tokens sum to 0.40" in text
    right = said(replace(explanation, truth="positive"))
    assert "✓ truth: positive" in right
    assert "✗" not in right


def with_baseline(baseline, score=None):
    target = replace(EXAMPLE.targets[0], baseline_score=baseline, shares={}, diagnostics={})
    total = float(target.heatmap.sum()) + baseline
    return replace(EXAMPLE, targets=(replace(target, score=total if score is None else score),))


def test_what_the_score_is_made_of():
    html = format_as_html(with_baseline(-0.27))
    assert "score −0.17 = baseline −0.27 + 1.03 for − 0.93 against" in said(with_baseline(-0.27))
    assert 'title="baseline"' in html


def test_no_equation_where_it_does_not_add_up():
    explanation = with_baseline(-0.27, score=0.5)
    assert "baseline" not in said(explanation)
    assert "score 0.50; the weights of the tokens sum to 0.10" in said(explanation)
    assert 'title="baseline"' not in format_as_html(explanation)


def test_the_error_of_the_method_is_part_of_the_sum():
    target = with_baseline(-0.27).targets[0]
    target = replace(target, score=target.score - 0.05, diagnostics={"completeness_error": 0.05})
    assert "− 0.05 error of the method" in said(replace(EXAMPLE, targets=(target,)))


def test_shares_and_features_are_part_of_the_sum():
    target = with_baseline(0.0).targets[0]
    target = replace(
        target,
        score=target.score + 0.7,
        shares={"padding": 0.3, "other inputs": 9.0},
        features=(Feature("age", 36.0, 0.4),),
    )
    text = said(replace(EXAMPLE, targets=(target,)))
    assert "+ 0.40 numbers beside the text + 0.30 padding" in text
    assert "other inputs (outside the sum)" in text


def test_the_unit_is_named():
    assert "(logit)" in said(EXAMPLE)
    target = replace(EXAMPLE.targets[0], score=EXAMPLE.targets[0].probability)
    assert "(probability)" in said(replace(EXAMPLE, targets=(target,)))


def test_a_regression_has_neither_probability_nor_predicted_label():
    prediction = Prediction("regression", ("stars",), np.array([4.55]), None, "stars")
    target = replace(EXAMPLE.targets[0], target=0, label="stars", probability=None, score=4.55)
    text = said(replace(EXAMPLE, prediction=prediction, targets=(target,), truth="5"))
    assert text.startswith("stars 4.55 truth: 5")
    assert "1.03 raised" in text
    assert not [word for word in ("probability", "predicted", "speaks", "✗") if word in text]


def test_quiet_stretches_of_long_documents_are_folded():
    words = ["so"] * 100 + ["bad"] + ["so"] * 100
    explanation = explanation_of(" ".join(words), words, [0.01] * 100 + [-2.0] + [-0.01] * 100)
    shown, whole = Reader(format_as_html(explanation, show="document")).documents
    assert shown == "… 99 tokens +0.99 …so bad so… 99 tokens −0.99 …"
    assert whole == explanation.document
    assert Reader(format_as_html(explanation, max_tokens=None)).documents == [explanation.document]


def test_a_document_of_any_length_is_a_small_fragment():
    words = ["so"] * 100_000
    explanation = explanation_of(" ".join(words), words, [0.01] * 50_000 + [-2000.0] + [0.0] * 49_999)
    html = format_as_html(explanation)
    assert len(html) < 30_000
    assert "… 49998 tokens …" in html


def test_parts_can_be_chosen():
    alone = Reader(format_as_html(EXAMPLE, show="document"))
    assert alone.text.strip() == EXAMPLE.document
    without = Reader(format_as_html(EXAMPLE, show=("header", "legend", "shares")))
    assert without.documents == []
    assert "padding +0.01" in without.text
    assert Reader(format_as_html(EXAMPLE, show=())).text.strip() == ""


def weights(html):
    """The weights in the tables."""
    return re.findall(r"min-width:4em[^>]*>([+−][\d.]+)<", html)


def test_the_table_lists_the_strongest_first():
    html = format_as_html(EXAMPLE, top=2, show=())
    assert weights(html) == ["−0.87", "+0.71"]
    assert "strongest tokens (8)" in format_as_html(EXAMPLE)
    assert "strongest" not in format_as_html(EXAMPLE, top=0)


def test_blank_tokens_are_visible_in_the_table():
    text = Reader(format_as_html(explanation_of("a\nb", ["\n"], [1.0]), top=1, show=())).text
    assert repr("\n") in text


def test_unknown_options_name_the_choices():
    with pytest.raises(OptionError, match="auto, puor, puor-dark, greys; got 'red'"):
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
    assert seen.text.count("Integrated gradients") == 1
    order = ("premise", PAIR["premise"].document, "+0.00", "hypothesis", PAIR["hypothesis"].document)
    places = [seen.text.index(text) for text in order]
    assert places == sorted(places)


def test_the_scale_is_one_for_all_texts():
    html = format_as_html(PAIR, palette="puor")
    assert html.count("speaks against") == 1
    assert "−0.80" in html
    assert "one scale for all texts" in html
    assert chips(html)["+0.800"][0] == "#ee7f0c"
    assert chips(html)["+0.550"][0] != "#ee7f0c", "weaker than the strongest token of the other text"
    assert chips(format_as_html(PAIR["hypothesis"], palette="puor"))["+0.550"][0] == "#ee7f0c"


def test_each_text_has_its_table():
    html = format_as_html(PAIR, top=1, show=())
    assert weights(html) == ["+0.80", "+0.55"]
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
    assert text.count("other inputs +0.50") == 1
    assert text.index("padding +0.10") < text.index("hypothesis") < text.index("other inputs")


def test_features_are_a_table_from_the_strongest_on():
    html = format_as_html(FEATURES, show="document")
    seen = Reader(html)
    assert seen.documents == []
    assert weights(html) == ["−0.87", "+0.71", "+0.22", "−0.06"]
    assert seen.text.index("awful") < seen.text.index("great") < seen.text.index("acting")
    assert "boring" not in seen.text
    assert "not listed: 1 without weight" in seen.text
    assert "not listed: 2 weaker, 1 without weight" in format_as_html(FEATURES, top=2)
    assert not weights(format_as_html(FEATURES, top=0))
    assert "not listed" not in format_as_html(FEATURES, top=0)


def test_a_large_vocabulary_is_cut_to_twenty_rows():
    names = [f"word{i}" for i in range(5000)]
    html = format_as_html(
        explanation_of("\n".join(names), names, [i / 5000 for i in range(5000)], layout="features")
    )
    assert len(weights(html)) == 20
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
    assert weights(html) == ["−0.87", "+0.71", "+0.22", "−0.06"]


def test_texts_and_features_stand_together():
    html = format_as_html(explanation_of_several({"review": EXAMPLE, "keywords": FEATURES}))
    assert html.count("<details") == 1, "features are no detail: they are all there is"
    assert Reader(html).documents == [EXAMPLE.document]
    assert "beside the tokens" in html


def test_the_header_tells_what_each_output_said(outputs):
    header, _, _ = said(outputs).partition("why")
    for line in ("topic sports 0.83 ✗ truth: world", "urgency calm 0.88", "output 3.21"):
        assert line in header


def test_a_target_tells_its_output(outputs):
    text = said(outputs, show="header")
    assert "why topic: sports against world 0.83" in text
    assert "why urgency: calm against urgent" in text
    assert "value 4.20" in text


def test_an_output_without_a_name_is_counted(outputs):
    others = (replace(outputs.other_predictions[0], output=None),)
    assert "output 1 calm" in said(replace(outputs, other_predictions=others))


def test_many_values_of_a_regression_are_cut_short(outputs):
    labels = tuple(f"output {i}" for i in range(768))
    vector = Prediction("regression", labels, np.arange(768.0), None, labels[0], output="vector")
    text = Reader(format_as_html(replace(outputs, other_predictions=(vector,)))).text
    assert "output 5 5 and 762 more" in " ".join(text.split())
