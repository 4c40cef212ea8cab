"""Several explanations of one document, side by side."""

import re
from dataclasses import replace

import numpy as np
import pytest

import textattr
from textattr.errors import OptionError
from textattr.explanation import Explanation
from textattr.renderers.comparison import format_comparison_as_html, format_comparison_as_text
from textattr.renderers.example import EXAMPLE, PAIR, explanation_of

from_weights = Explanation.from_weights
TEXT = "not a bad film at all"
FIRST = from_weights(TEXT, [0.5, 0.0, 0.4, 0.1, -0.2, 0.3], label="positive", title="first")
SECOND = from_weights(TEXT, [5.0, 0.0, 4.0, 1.0, -2.0, 3.0], label="positive", title="second")
REVERSED = from_weights(TEXT, [-0.5, 0.0, -0.4, -0.1, 0.2, -0.3], label="positive", title="third")


def test_agreement_is_kendalls_tau():
    agreement = textattr.compare([FIRST, SECOND, REVERSED]).agreement
    assert list(agreement.columns) == list(agreement.index) == ["first", "second", "third"]
    assert np.allclose(agreement.to_numpy(), [[1, 1, -1], [1, 1, -1], [-1, -1, 1]])


def test_where_they_differ_most():
    comparison = textattr.compare([FIRST, replace(SECOND, targets=REVERSED.targets)])
    assert [each.word for each in comparison.differing("positive", 2)] == ["not", "bad"]
    assert comparison.differing("positive", 1)[0].weights == (0.5, -0.5)
    assert textattr.compare([FIRST, SECOND]).differing("positive", 6) == ()


def test_a_constant_has_no_order():
    flat = from_weights(TEXT, [0.1] * 6, label="positive", title="flat")
    comparison = textattr.compare([FIRST, flat])
    assert np.isnan(comparison.agreement.loc["first", "flat"])
    assert "no order to compare" in format_comparison_as_text(comparison)


def test_other_tokens_are_compared_as_words():
    tokens = ["not", "a", "ba", "d", "film", "at", "all"]
    pieces = from_weights(
        TEXT, [0.5, 0.0, 0.3, 0.1, 0.1, -0.2, 0.3], tokens=tokens, label="positive", title="p"
    )
    comparison = textattr.compare([FIRST, pieces])
    assert np.allclose(comparison.weights("positive")[0], comparison.weights("positive")[1])
    assert comparison.agreement.loc["first", "p"] == pytest.approx(1)


def test_targets_are_rows():
    two = explanation_of("so bad", ["so", "bad"], [0.1, 0.4], [-0.2, 0.3])
    comparison = textattr.compare([two, replace(two, title="other")])
    assert comparison.labels == ("negative", "positive")
    html = format_comparison_as_html(comparison)
    assert html.count('lang=""') == 4
    assert re.sub(r"<[^>]*>", "", html).count("Kendall τ = 1.00") == 2


def test_it_shows_itself():
    comparison = textattr.compare([FIRST, REVERSED])
    bundle = comparison._repr_mimebundle_()
    assert bundle["text/plain"] == str(comparison)
    assert "order of the words, first and third: Kendall τ = −1.00" in bundle["text/plain"]
    assert re.search(r"not +\+0\.50 +−0\.50", bundle["text/plain"])
    assert bundle["text/html"] == comparison._repr_html_()
    assert repr(comparison) == "SideBySide(first, third: positive)"


def test_it_becomes_a_report(tmp_path):
    textattr.write_report(textattr.compare([FIRST, SECOND]), tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert html.count("<details><summary>") == 1
    assert '<option value="1">second</option>' in html


def test_names_are_what_differs():
    models = [replace(EXAMPLE, model=name) for name in ("small", "large")]
    assert textattr.compare(models).names == ("small", "large")
    assert textattr.compare([EXAMPLE, EXAMPLE]).names == (
        "1. Integrated gradients",
        "2. Integrated gradients",
    )


def test_hostile_texts_are_text(hostile):
    html = format_comparison_as_html(textattr.compare([hostile, replace(hostile, title="<img src=x>")]))
    assert "<img" not in html
    assert "<script" not in html
    text = format_comparison_as_text(textattr.compare([hostile, replace(hostile, title="\x1b[31m")]))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_methods_and_models_of_functions():
    def shouts(texts):
        return [[text.count("!"), text.count("?")] for text in texts]

    comparison = textattr.compare(
        shouts,
        "What a day! Is it?",
        methods=["occlusion", "shapley_sampling"],
        target_names=["shouts", "asks"],
    )
    assert len(comparison.explanations) == 2
    assert comparison.agreement.shape == (2, 2)
    models = textattr.compare(
        {"one": shouts, "other": lambda texts: [[0.0, len(text)] for text in texts]},
        "What a day! Is it?",
        method="occlusion",
        target_names=["shouts", "asks"],
    )
    assert models.names == ("one", "other")
    assert models.labels == (models.explanations[0].prediction.label,)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([EXAMPLE], "expected two explanations or more, got 1"),
        ([EXAMPLE, FIRST], "explanations of the same document, got different ones"),
        ([EXAMPLE, PAIR], r"compare those of one of them: explanation\[name\]"),
        ([FIRST, replace(FIRST, targets=(replace(FIRST.targets[0], label="other"),))], "a target that all"),
        (EXAMPLE, "expected explanations in a list, or a model and a document"),
        ([5, 6], "expected explanations, got 5; of models, give the document as well"),
        ("text", "expected explanations in a list"),
    ],
)
def test_what_cannot_be_compared_is_refused(given, message):
    with pytest.raises(OptionError, match=message):
        textattr.compare(given)


def test_settings_without_a_model_are_refused():
    with pytest.raises(OptionError, match="methods has no meaning for explanations that are there"):
        textattr.compare([FIRST, SECOND], methods=["lrp"])


def test_in_a_notebook_the_text_is_only_text(monkeypatch):
    """Rich would display it there, were it not told to write."""
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    displayed = []
    monkeypatch.setattr("rich.jupyter.display", lambda *args: displayed.append(args))
    str(textattr.compare([FIRST, REVERSED]))
    assert displayed == []
