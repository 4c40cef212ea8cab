import re
from dataclasses import replace

import numpy as np
import pytest

from textattr.errors import OptionError
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of, explanation_of_several
from textattr.renderers.text import format_as_text

ESCAPES = re.compile(r"\x1b\[[\d;]*m")


def test_signs_show_without_colour():
    text = format_as_text(EXAMPLE)
    assert "The plot was [awful -4], but the [acting +1] was [great +3]." in text
    assert "\x1b" not in text
    assert re.search(r"−0\.87\s+awful\s+-{20}\n", text)
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
        "positive  probability 0.83 ████████░░  ✗ truth: negative\nIntegrated gradients · reviews\n",
        "why positive against negative",
        "score −0.18; the weights of the tokens sum to 0.40",
        "beside the tokens:  padding: −0.10",
        "n = 4 is a weight of 0.40",
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


def test_nothing_can_steer_the_terminal(any_hostile):
    for colour in (False, True):
        text = ESCAPES.sub("", format_as_text(any_hostile, colour=colour, top=20))
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
    with pytest.raises(OptionError, match="width must be a whole number of at least 20, got 3"):
        format_as_text(EXAMPLE, width=3)
    with pytest.raises(OptionError, match="got 'table'"):
        format_as_text(EXAMPLE, show="table")
    assert "weight  token" not in format_as_text(EXAMPLE, top=0)


def test_several_texts_stand_under_their_names():
    text = format_as_text(PAIR, top=1)
    assert (
        text.count("Integrated gradients")
        == text.count("why contradiction")
        == text.count("n = 4 is a weight of 0.80")
        == 1
    )
    order = (
        "\n  premise: +0.91\n  A [man +1] is [sleeping +4] on a bench.\n",
        "+0.80  sleeping",
        "  beside the tokens:  padding: +0.00\n",
        "\n  hypothesis: +0.35\n  The [man -1] [runs +3].\n",
        "+0.55  runs",
    )
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "premise" not in format_as_text(PAIR, top=0, show="legend")


def test_features_are_a_table():
    text = format_as_text(FEATURES)
    assert "awful plot" not in text
    assert re.search(r"weight  feature\n   −0\.87  awful    -{20}\n   \+0\.71  great    \+{16}\n", text)
    assert "\n  not listed: 1 without weight\n" in text
    assert "+ speaks for, - against; a bar of 20 is a weight of 0.87" in text
    assert "not listed: 3 weaker, 1 without weight" in format_as_text(FEATURES, top=1)
    coloured = format_as_text(FEATURES, colour=True)
    assert re.search(
        r"\x1b\[(?!4;)[\d;]+m−0\.87\x1b\[0m  awful    \x1b\[(?!4;)[\d;]+m-{20}\x1b\[0m\n", coloured
    )


@pytest.mark.parametrize(("width", "bar"), [(20, 0), (40, 8), (60, 20)])
def test_the_names_of_features_outlast_the_bars(width, bar):
    features = explanation_of("bad\ngood", ["bad", "good"], [-1234567.0, 1.0], layout="features")
    text = format_as_text(features, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert re.search(rf"^  −1\.2e6  bad\b *{'-' * bar}$", text, re.MULTILINE)
    assert re.search(r"^      \+1  good$", text, re.MULTILINE)
    assert (f"a bar of {bar}" in text.replace("\n", " ")) == bool(bar)


def test_texts_and_features_stand_together():
    text = format_as_text(explanation_of_several({"review": EXAMPLE, "keywords": FEATURES}))
    assert text.index("  review: +0.10\n  The plot") < text.index("  keywords: 0\n  weight  feature\n")


def test_each_output_has_a_line(outputs):
    text = format_as_text(outputs)
    assert text.startswith(
        "topic: sports  probability 0.83 ████████░░  ✗ truth: world\n"
        "urgency: calm  probability 0.88 █████████░\n"
        "length: output 3.21\n"
        "Integrated gradients · reviews\n"
        "\n"
        "why topic: sports against world  probability 0.83\n"
        "score −0.18; the weights of the tokens sum to 1.70 (logit)\n"
    )
    assert "\nwhy urgency: calm against urgent  probability 0.88\nscore 1.50; " in text
    assert "\nwhy margin\nvalue 4.20; " in text


def test_a_name_stays_on_its_line():
    name = "one\n\nwhy negative\t"
    text = format_as_text(explanation_of_several({name: EXAMPLE}), show="document", top=0)
    assert text.startswith("\n  one\u240a\u240awhy negative\u2409: +0.10\n")


def test_what_the_score_is_made_of():
    target = replace(EXAMPLE.targets[0], baseline_score=-0.2723, shares={}, diagnostics={})
    target = replace(target, score=target.baseline_score + float(target.heatmap.sum()))
    text = format_as_text(replace(EXAMPLE, targets=(target,)))
    assert "\nscore −0.17 = baseline −0.27 + 1.03 for − 0.93 against (logit)\n" in text


def test_a_regression_raises_and_lowers():
    prediction = replace(
        EXAMPLE.prediction, task="regression", labels=("stars",), scores=np.array([4.5]), probabilities=None
    )
    target = replace(EXAMPLE.targets[0], target=0, label="stars", probability=None, score=4.5)
    text = format_as_text(replace(EXAMPLE, prediction=prediction, targets=(target,)))
    assert text.startswith("stars 4.5\n")
    assert "1.03 raised − 0.93 lowered\n" in text
    assert "[token +n] raised, [token -n] lowered" in text
    assert "speaks" not in text


@pytest.mark.parametrize(("colour", "code"), [("256", "48;5;"), ("truecolor", "48;2;"), (True, "48;5;")])
def test_as_many_colours_as_the_terminal_has(colour, code):
    assert code in format_as_text(EXAMPLE, colour=colour)


def test_an_unknown_number_of_colours_is_refused():
    with pytest.raises(OptionError, match="colour must be True or False, '256' or 'truecolor', got '16'"):
        format_as_text(EXAMPLE, colour="16")


def test_a_long_document_is_folded():
    words = ["so"] * 60 + ["bad"] + ["so"] * 60
    explanation = explanation_of(" ".join(words), words, [0.01] * 60 + [-2.0] + [0.01] * 60)
    text = format_as_text(explanation, max_tokens=50, show="document", top=0)
    assert text.strip() == "(… 59 tokens +0.59 …) so [bad -4] so (… 59 tokens +0.59 …)"


def test_each_target_on_its_own_scale():
    explanation = explanation_of("so bad", ["so", "bad"], [0.1, 0.4], [-0.2, 0.0])
    text = format_as_text(explanation, scale="own")
    assert "[so -4]" in text
    assert "negative: [token +n] speaks for" in text
    assert "n = 4 is a weight of 0.20" in text
    assert "[bad +2]" in format_as_text(explanation, scale=0.8)


def test_a_terminal_that_is_too_narrow_gets_the_narrowest(monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    assert format_as_text(EXAMPLE) == format_as_text(EXAMPLE, width=20)
