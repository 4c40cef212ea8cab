import re

import pytest

from textattr.errors import OptionError
from textattr.renderers.example import EXAMPLE, explanation_of
from textattr.renderers.text import format_as_text

ESCAPES = re.compile(r"\x1b\[[\d;]*m")


def test_signs_show_without_colour():
    text = format_as_text(EXAMPLE)
    assert "The plot was [awful -4], but the [acting +1] was [great +3]." in text
    assert "\x1b" not in text
    assert re.search(r"-0\.87\s+awful\s+-{20}\n", text)
    assert re.search(r"\+0\.71\s+great\s+\+{16}\n", text)


def test_header_shares_legend_and_warnings():
    explanation = explanation_of(
        "so bad",
        ["bad"],
        [0.4],
        against=0,
        truth="negative",
        shares={"padding": -0.1},
        warnings=["cut short"],
    )
    text = format_as_text(explanation)
    for words in (
        "method: Integrated gradients",
        "predicted: positive",
        "truth: negative",
        "model: reviews",
        "why positive against negative",
        "probability: 0.8333",
        "score: -0.1823",
        "beside the tokens:  padding: -0.1",
        "n = 4 is a weight of 0.4",
        "warning: cut short",
    ):
        assert words in text


def test_with_colour_the_words_are_the_same(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")  # it is the caller who decides
    coloured = format_as_text(EXAMPLE, colour=True, show="document", top=0)
    assert "\x1b[" in coloured
    assert ESCAPES.sub("", coloured).strip() == EXAMPLE.document
    assert re.search(r"\x1b\[4;[\d;]+mgreat", coloured), "what speaks for the target is underlined"
    assert re.search(r"\x1b\[(?!4;)[\d;]+mawful", coloured)


def test_nothing_can_steer_the_terminal(hostile):
    for colour in (False, True):
        text = ESCAPES.sub("", format_as_text(hostile, colour=colour))
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
        assert "\u241b[31m" in text
        assert "<U+202E>" in text
        assert "[bold]" in text


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_lines_fit_the_width(width):
    words = ["unbelievable"] * 50
    explanation = explanation_of(" ".join(words), words, [(-1) ** i * i / 50 for i in range(50)])
    text = format_as_text(explanation, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert re.sub(r"[^a-z]", "", format_as_text(explanation, width=width, show="document", top=0)) == "".join(
        words
    )


def test_newlines_are_kept():
    text = format_as_text(explanation_of("so\n\nbad", ["bad"], [1.0]), show="document", top=0)
    assert text == "\n  so\n\n  [bad +4]"


def test_blanks_stay_outside_the_brackets():
    text = format_as_text(explanation_of("so bad", [" bad"], [1.0]), show="document", top=0)
    assert "so [bad +4]" in text


def test_zeros_and_nan():
    explanation = explanation_of("so bad", ["so", "bad"], [0.0, float("nan")])
    assert "no token has any weight" in format_as_text(explanation)
    assert "so bad" in format_as_text(explanation, colour=True)


def test_several_targets_stand_below_each_other():
    explanation = explanation_of("so bad", ["so", "bad"], [0.1, 0.4], [-0.2, 0.0])
    text = format_as_text(explanation)
    assert (
        text.index("why negative")
        < text.index("[bad +4]")
        < text.index("why positive")
        < text.index("[so -2]")
    )


def test_options_are_checked():
    with pytest.raises(OptionError, match="20 columns or more; got 3"):
        format_as_text(EXAMPLE, width=3)
    with pytest.raises(OptionError, match="got 'table'"):
        format_as_text(EXAMPLE, show="table")
    assert "weight  token" not in format_as_text(EXAMPLE, top=0)
