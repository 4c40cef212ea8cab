"""What the model did not know is framed, what it did not read is grey behind a mark, in every picture and table."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from scripts import explained, without_marks

from textattr.explanation import Explanation, Span, Token
from textattr.renderers.colour import contrast, over
from textattr.renderers.csv_table import read_csv
from textattr.renderers.dataframe import format_as_dataframe
from textattr.renderers.dictionary import format_as_dict
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of_several
from textattr.renderers.html import format_as_html
from textattr.renderers.look import DECLARATIONS
from textattr.renderers.palette import PALETTES
from textattr.renderers.report.write import write_report
from textattr.renderers.segments import Piece, pieces_of
from textattr.renderers.text import format_as_text
from textattr.tokenizers.words import Words

VOCABULARY = ["<PAD>", "<UNK>", "the", "plot", "was", "awful", ",", "but", "acting", "great", "."]
TEXT = "The plot was flimflam, but the acting was great."
CUT = explained(
    Words(VOCABULARY, unknown=1, splitting="words", length=7)(TEXT), [0.25, 0.0, 0.0, -1.0, 0.0, 0.0, 0.5]
)
CUT_BEFORE = explained(Words(VOCABULARY, unknown=1, splitting="words", length=5, padding="pre")(TEXT), [0.5])
MARKS = ("unknown", "not read", "dashed", "✂")


class Titles(HTMLParser):
    """The text and the style or class of each element with a title."""

    def __init__(self, html):
        super().__init__()
        self.found, self._of = {}, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self._of = (attrs["title"], attrs.get("style") or attrs["class"]) if "title" in attrs else None

    def handle_data(self, data):
        if self._of:
            self.found[data], self._of = self._of, None


def report_of(explanation, folder):
    write_report(explanation, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_sample_is_what_the_tests_need():
    assert [token.text for token in CUT.tokens if token.is_unknown] == ["flimflam"]
    assert [TEXT[start:end] for start, end in CUT.unread] == [" acting was great."]
    assert [TEXT[start:end] for start, end in CUT_BEFORE.unread] == ["The plot was flimflam, but "]


def test_an_unknown_token_is_framed_and_says_so():
    for name in PALETTES:
        found = Titles(format_as_html(CUT, palette=name, top=0)).found
        title, style = found["flimflam"]
        assert title == "−1.000, unknown to the model"
        assert "outline:1px dashed currentColor" in style
        assert found["The"][0] == "+0.250"
        assert "outline" not in found["The"][1]


def test_the_report_frames_it_by_a_class(tmp_path):
    html = report_of(CUT, tmp_path)
    assert '<i class="m8 u">flimflam</i>' in html
    assert ".doc .u { outline: 1px dashed" in html


def test_the_table_frames_it_too():
    html = format_as_html(CUT, top=3, show=())
    assert re.search(r"outline:1px dashed [^>]*>flimflam<", html)
    assert not re.search(r"outline[^>]*>The<", html)
    assert re.search(r"−1\.00  \{flimflam\} +-{20}\n", format_as_text(CUT, show=()))


def test_an_unknown_token_that_is_explained_has_a_thick_dashed_frame():
    target = replace(CUT.targets[0], positions=(3,))
    _, style = Titles(format_as_html(replace(CUT, targets=(target,)), top=0)).found["flimflam"]
    outlines = re.findall("outline[^;]*", style)
    assert outlines == ["outline:2px solid #808080", "outline-offset:1px", "outline-style:dashed"]


def test_what_was_cut_off_is_grey_behind_a_mark(tmp_path):
    html = format_as_html(CUT)
    assert re.search(
        r'<abbr lang="en"[^>]*>✂ not read</abbr><abbr[^>]*opacity[^>]*>acting was great.</abbr></li>', html
    )
    assert without_marks(html) == [TEXT]
    html = report_of(CUT, tmp_path)
    assert '<span class="r">acting was great.</span></p>' in html
    assert "✂ not read" in re.search(r"\.doc \.r::before \{[^}]*\}", html)[0]
    assert without_marks(html) == [TEXT]


def test_the_beginning_can_be_cut_off():
    html = format_as_html(CUT_BEFORE)
    assert re.search(
        r"<li[^>]*><abbr[^>]*>✂ not read</abbr><abbr[^>]*>The plot was flimflam, but</abbr> <b", html
    )
    assert without_marks(html) == [TEXT]


def test_in_a_terminal_brackets_and_braces_mark_them():
    text = format_as_text(CUT, show="document", top=0)
    assert text == "\n  [The +1] plot was [{flimflam} -4], but [the +2] [✂ not read: acting was great.]"
    text = format_as_text(CUT_BEFORE, show="document", top=0)
    assert text.startswith("\n  [✂ not read: The plot was flimflam, but] [the +4]")


def test_with_colour_they_are_marked_as_well():
    text = format_as_text(CUT, colour=True, show="document", top=0)
    assert re.search(r"\x1b\[[\d;]+m\{flimflam\}\x1b\[0m", text)
    assert "\x1b[2m[✂ not read: acting was great.]\x1b[0m" in text


def test_the_legend_tells_what_the_marks_mean(tmp_path):
    for html in (format_as_html(CUT, show="legend", top=1), format_as_html(CUT)):
        assert re.search(r">token</abbr> <abbr[^>]*>unknown to the model<", html)
    assert "cut off, not read by the model" in format_as_html(CUT)
    assert "{token} is unknown to the model" in format_as_text(CUT).splitlines()
    assert "unknown to the model" not in format_as_html(CUT, show=("document",)).split("</li>")[-1]


def test_what_is_not_shown_has_no_legend():
    assert "unknown" not in format_as_html(CUT, show="legend")
    assert "✂" not in format_as_html(CUT, show=("legend", "header"))
    assert "{token}" not in format_as_text(CUT, show="legend", top=0)


@pytest.mark.parametrize("explanation", [EXAMPLE, PAIR, FEATURES], ids=["text", "texts", "features"])
def test_where_nothing_is_known_nothing_is_marked(explanation, tmp_path):
    body = report_of(explanation, tmp_path).split("</style>")[1].split("<script>")[0]
    for shown in (format_as_html(explanation, top=20), format_as_text(explanation), body):
        assert not [mark for mark in MARKS if mark in shown]


def counted(words, unknown, document=None, unread=()):
    """A text of so many words, of which the first are unknown."""
    tokens = tuple(Token("w", 2 * i, 2 * i + 1, is_unknown=i < unknown) for i in range(words))
    target = replace(EXAMPLE.targets[0], heatmap=[0.0] * words, spans=())
    return replace(EXAMPLE, document="w " * words, tokens=tokens, targets=(target,), unread=unread)


@pytest.mark.parametrize(
    ("explanation", "said"),
    [
        (counted(80, 12), "unknown to the model: 12 of 80 tokens"),
        (counted(80, 8), None),
        (counted(80, 9), "unknown to the model: 9 of 80 tokens"),
        (counted(50, 0, unread=((60, 100),)), "not read: 40 % of the text"),
        (counted(50, 0, unread=((90, 100),)), None),
        (counted(50, 0, unread=((0, 20), (80, 100))), "not read: 40 % of the text"),
        (counted(0, 0), None),
    ],
)
def test_the_header_counts_them_above_a_tenth(explanation, said):
    text = format_as_text(explanation, show="header", width=200)
    assert ("unknown" in text or "not read" in text) == (said is not None)
    assert said is None or said in text
    html = re.sub("<[^>]*>", "", format_as_html(explanation, show="header"))
    assert said is None or said.replace(":", "") in html


def test_special_tokens_are_not_counted():
    tokens = tuple(replace(token, is_special=True) for token in counted(80, 9).tokens[9:])
    explanation = counted(80, 9)
    explanation = replace(explanation, tokens=explanation.tokens[:9] + tokens)
    assert "9 of 9 tokens" in format_as_text(explanation, show="header", width=200)


def test_each_of_several_texts_is_counted_alone():
    pair = explanation_of_several({"premise": CUT_BEFORE, "hypothesis": EXAMPLE})
    text = format_as_text(pair, width=200)
    assert "not read in premise: 56 % of the text" in text
    assert "hypothesis:" in text
    assert "in hypothesis" not in text


def test_frames_and_files_carry_them(tmp_path):
    frame = format_as_dataframe([CUT, PAIR])
    assert frame.columns[-1] == "is_unknown"
    assert frame[frame["is_unknown"]]["token"].tolist() == ["flimflam"]
    CUT.save(tmp_path / "cut.csv")
    assert read_csv(tmp_path / "cut.csv").equals(format_as_dataframe(CUT))
    again = Explanation.from_dict(json.loads(json.dumps(format_as_dict(CUT), allow_nan=False)))
    assert again == CUT
    assert (again.tokens, again.unread) == (CUT.tokens, CUT.unread)


def parts(document, unread, *placed):
    spans = [Span(document[start:end], start, end, 0.5) for start, end in placed]
    return [(p.text, p.is_unread) for p in pieces_of(document, spans, 0.5, unread=unread)]


def test_what_a_token_stands_for_was_read():
    assert parts("one two three", [(3, 13)], (4, 7)) == [
        ("one ", False),
        ("two", False),
        (" three", True),
    ]


@pytest.mark.parametrize("unread", [[(3, 8), (6, 13)], [(6, 13), (3, 8)], [(3, 13), (3, 13), (5, 5)]])
def test_stretches_that_meet_are_one(unread):
    assert parts("one two three", unread, (0, 3)) == [("one", False), (" ", False), ("two three", True)]


def test_blanks_alone_are_not_unread():
    assert parts("one two", [(1, 7)], (0, 3), (4, 7)) == [("one", False), (" ", False), ("two", False)]
    assert parts("one \n ", [(3, 6)], (0, 3)) == [("one", False), (" \n ", False)]


def test_a_cut_inside_a_visible_character_is_moved_before_it():
    assert parts("ok \U0001f44d\U0001f3fd!", [(4, 6)], (0, 2)) == [
        ("ok", False),
        (" ", False),
        ("\U0001f44d\U0001f3fd!", True),
    ]


def test_many_unknown_words_take_no_longer_each():
    """Each piece is compared with the tokens near it alone: 20,000 of them would else take minutes."""
    words = 20_000
    explanation = counted(words, words)
    places = [(token.start, token.end) for token in explanation.tokens]
    spans = [replace(EXAMPLE.targets[0].spans[0], text="w", start=s, end=e) for s, e in places]
    pieces = pieces_of(explanation.document, spans, 1.0, places, places, places)
    assert sum(piece.is_unknown for piece in pieces) == words
    assert Piece(" ") in pieces


@pytest.mark.parametrize("part", ["unseen", "unread", "second"])
@pytest.mark.parametrize(
    ("page", "ink"), [("#ffffff", "#1b1b20"), ("#f8f8f8", "#1f2328"), ("#111111", "#e0e0e0")]
)
def test_what_is_grey_can_still_be_read(page, ink, part):
    """The ink of the page at this opacity, on the page."""
    opacity = float(re.search(r"opacity:([\d.]+)", DECLARATIONS[part])[1])
    ink = ",".join(str(int(ink[i : i + 2], 16)) for i in (1, 3, 5))
    assert contrast(over(f"rgba({ink},{opacity})", page), page) >= 4.5
