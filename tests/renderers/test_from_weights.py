"""Weights of one's own are an explanation like any other."""

import json

import numpy as np
import pytest

import textattr
from textattr.errors import OptionError, TokensError
from textattr.explanation import Explanation

from_weights = Explanation.from_weights


def test_a_text_is_split_at_blanks():
    explanation = from_weights("not  a bad\nfilm", [0.5, 0, 0.4, -0.1], label="positive", title="Attention")
    assert [(span.text, span.weight) for span in explanation.targets[0].spans] == [
        ("not", 0.5),
        ("a", 0.0),
        ("bad", 0.4),
        ("film", -0.1),
    ]
    assert explanation.document == "not  a bad\nfilm"
    assert str(explanation).startswith("positive\nAttention\n\nwhy positive\nscore 0.80; ")


def test_tokens_are_joined_as_their_markers_say():
    explanation = from_weights(["un", "##believ", "##able", "film"], [0.1, 0.2, 0.3, 0.4])
    assert explanation.document == "unbelievable film"


def test_tokens_of_a_text_are_found_in_it():
    explanation = from_weights("Bad, bad!", np.array([1.0, 0.0, -1.0]), tokens=["Bad", ",", "bad"])
    assert [(t.start, t.end) for t in explanation.tokens] == [(0, 3), (3, 4), (5, 8)]
    with pytest.raises(TokensError, match="got 'good' at position 1, which does not"):
        from_weights("Bad, bad!", [1, 2], tokens=["Bad", "good"])


def test_marks_of_people_are_ones_and_zeros():
    assert from_weights("so bad", [False, True]).targets[0].heatmap.tolist() == [0.0, 1.0]


def test_several_labels():
    explanation = from_weights("so bad", {"negative": [0.1, 0.9], "positive": [0.2, -0.5]})
    assert [target.label for target in explanation.targets] == ["negative", "positive"]
    assert explanation.prediction.label == "negative"


def test_what_is_known_beside_is_shown():
    explanation = from_weights(
        "so bad",
        [0.1, 0.9],
        label="negative",
        probability=0.7,
        score=1.5,
        baseline_score=0.5,
        truth="positive",
    )
    text = str(explanation)
    assert text.startswith("negative  probability 0.70 ███████░░░  ✗ truth: positive\n")
    assert "score 1.50 = baseline 0.50 + 1.00 for" in text


@pytest.mark.parametrize("weights", [[0.5, 0.1], {"a": [0.5, 0.1], "b": [0.0, 0.0]}])
def test_it_comes_back_from_files_and_shows_everywhere(weights, tmp_path):
    explanation = from_weights("so bad", weights)
    assert Explanation.from_dict(json.loads(json.dumps(textattr.format_as_dict(explanation)))) == explanation
    explanation.save(tmp_path / "x.html")
    assert "so" in textattr.format_as_html(explanation)
    assert len(textattr.format_as_dataframe(explanation))
    assert explanation.merge("sentences").targets


def test_no_text_at_all():
    assert from_weights("", []).tokens == ()
    assert "no token has any weight" in str(from_weights("", []))


@pytest.mark.parametrize(
    ("args", "options", "error", "message"),
    [
        (
            ("so bad", [1.0]),
            {},
            TokensError,
            r"one number for each of the 2 tokens .*got an array of shape \(1,\)",
        ),
        (("so bad", [[1.0, 2.0]]), {}, TokensError, "shape"),
        (("so bad", [1.0, float("nan")]), {}, OptionError, "finite"),
        (("so bad", [1.0, float("inf")]), {}, OptionError, "finite"),
        (("so bad", ["a", "b"]), {}, OptionError, "numbers"),
        (("so bad", {}), {}, OptionError, "got none"),
        ((5, [1.0]), {}, TokensError, "expected a text, or tokens as a list of strings, got 5"),
        (([1, 2], [1.0, 2.0]), {}, TokensError, "got 1 among them"),
        ((["so"], [1.0]), {"tokens": ["so"]}, OptionError, "leave it out"),
        (("so", [1.0]), {"label": 5}, OptionError, "label must be a string"),
        (("so", [1.0]), {"probability": 1.5}, OptionError, "probability must be"),
        (("so", {"a": [1.0]}), {"label": "b"}, OptionError, "names its own"),
        (("so", {"a": [1.0], "b": [1.0]}), {"probability": 0.5}, OptionError, "of one label"),
    ],
)
def test_what_does_not_fit_is_refused(args, options, error, message):
    with pytest.raises(error, match=message):
        from_weights(*args, **options)


def test_weights_whose_sum_is_no_number_are_refused():
    with pytest.raises(OptionError, match="weights: their sum, which is the score, is too large"):
        Explanation.from_weights("a b", [1.7e308, 1.7e308])
    assert Explanation.from_weights("a b", [1.7e308, 1.7e308], score=1.0).targets[0].score == 1.0
