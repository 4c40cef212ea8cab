"""Explanations told in words, sentences and units of one's own: the same sums, at whole characters of the document."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import textattr
from textattr.errors import OptionError
from textattr.explanation import Explanation, Prediction, Token
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR
from textattr.spans import weighted_spans
from textattr.units import boundaries
from textattr.units.boundaries import grapheme_cuts, sentence_cuts, word_cuts
from textattr.units.merge import merged_for


def explained(document, tokens, heatmap=None, **fields):
    """An explanation of tokens that stand somewhere in a document."""
    heatmap = np.arange(1.0, len(tokens) + 1) if heatmap is None else np.asarray(heatmap, float)
    [target] = EXAMPLE.targets
    spans = weighted_spans(document, tokens, heatmap.tolist())
    target = replace(target, heatmap=heatmap, spans=spans, **fields)
    return replace(EXAMPLE, document=document, tokens=tuple(tokens), targets=(target,))


def pieces(document, cuts, words=None, unknown=()):
    return [
        Token(document[a:b], a, b, word=None if words is None else words[i], is_unknown=i in unknown)
        for i, (a, b) in enumerate(cuts)
    ]


FILM = "Unbelievable film, Dr. Wu! Go."
PIECES = pieces(
    FILM,
    [(0, 2), (2, 8), (8, 12), (13, 17), (17, 18), (19, 21), (21, 22), (23, 25), (25, 26), (27, 29), (29, 30)],
    unknown=(1, 9),
)


def texts(explanation):
    return [token.text for token in explanation.tokens]


def test_words_by_unicode():
    merged = explained(FILM, PIECES).merge("words")
    assert texts(merged) == ["Unbelievable", "film", ",", "Dr", ".", "Wu", "!", "Go", "."]
    assert merged.targets[0].heatmap.tolist() == [6, 4, 5, 6, 7, 8, 9, 10, 11]
    assert [token.is_unknown for token in merged.tokens] == [True, *[False] * 6, True, False]
    assert merged.unit == "word"
    assert "11 words" not in repr(merged)
    assert "9 words" in repr(merged)


def test_sentences_are_not_cut_behind_a_title():
    merged = explained(FILM, PIECES).merge("sentences")
    assert texts(merged) == ["Unbelievable film, Dr. Wu!", "Go."]
    assert merged.targets[0].heatmap.tolist() == [45, 21]


def test_words_by_the_numbers_of_the_tokenizer():
    document = "wi-fi films"
    tokens = pieces(document, [(0, 2), (2, 3), (3, 5), (6, 10), (10, 11)], words=[0, 0, 0, 1, 2])
    merged = explained(document, tokens).merge("words")
    assert texts(merged) == ["wi-fi", "film", "s"]
    assert [token.word for token in merged.tokens] == [0, 1, 2]


def test_a_long_word_in_a_script_without_spaces_is_cut(monkeypatch):
    monkeypatch.setattr(boundaries, "_icu", lambda: None)
    document = "我爱你"
    tokens = pieces(document, [(0, 1), (1, 2), (2, 3)], words=[0, 0, 0])
    assert texts(explained(document, tokens).merge("words")) == ["我", "爱", "你"]


def test_byte_pieces_of_a_character_are_one_span_in_any_case():
    document = "ok 👍🏽 e\u0301"
    tokens = pieces(document, [(0, 2), (3, 4), (3, 4), (4, 5), (6, 7), (7, 8)], words=[0, 1, 2, 3, 4, 5])
    for units in ("words", lambda text: [(0, 2)]):
        merged = explained(document, tokens).merge(units)
        assert texts(merged) == ["ok", "👍🏽", "e\u0301"]
        assert merged.targets[0].heatmap.tolist() == [1, 9, 11]


def test_stretches_and_functions():
    explanation = explained(FILM, PIECES)
    one, other = explanation.merge([(19, 26), (0, 18)]), explanation.merge(lambda text: [[0, 18], [19, 26]])
    assert texts(one) == texts(other) == ["Unbelievable film,", "Dr. Wu!", "Go", "."]
    assert one == other
    assert one.unit == "group"


@pytest.mark.parametrize(
    ("units", "says"),
    [
        ("paragraphs", "expected 'words', 'sentences'"),
        (None, "expected 'words', 'sentences'"),
        ([(0, 1)], r"\(0, 1\) cuts the token 'Un' at \(0, 2\)"),
        ([(0, 12), (8, 17)], "do not overlap"),
        ([(0, 99)], "has 30 characters"),
        ([(5, 5)], "has 30 characters"),
        (lambda text: None, "of whole numbers, got None"),
        (lambda text: [(0, 1, 2)], "of whole numbers"),
        (lambda text: text.nothing, "raised AttributeError"),
    ],
)
def test_units_that_are_none(units, says):
    with pytest.raises(OptionError, match=says):
        explained(FILM, PIECES).merge(units)
    if units is not None:
        with pytest.raises(OptionError, match=f"merge=: .*{says}"):
            textattr.format_as_text(explained(FILM, PIECES), merge=units)


def test_special_tokens_features_and_shares_stay():
    tokens = [Token("[CLS]", 0, 0, is_special=True), *PIECES, Token("[SEP]", 0, 0, is_special=True)]
    merged = explained(FILM, tokens).merge("sentences")
    assert texts(merged) == ["[CLS]", "Unbelievable film, Dr. Wu!", "Go.", "[SEP]"]
    assert merged.targets[0].shares == EXAMPLE.targets[0].shares
    assert FEATURES.merge("words") == FEATURES


def test_standard_errors_are_bounded_and_other_numbers_of_tokens_left_out():
    numbers = {"standard_error": np.ones(11), "curvature": np.ones(11), "steps": 50, "grid": np.ones((11, 2))}
    merged = explained(FILM, PIECES, diagnostics=numbers).merge("words")
    found = merged.targets[0].diagnostics
    assert found["standard_error_at_most"].tolist() == [3, *[1] * 8]
    assert found.keys() == {"standard_error_at_most", "steps", "grid"}
    words = merged.merge("sentences").targets[0].diagnostics
    assert words["standard_error_at_most"].tolist() == [9, 2]
    alone = explained(
        "so good", pieces("so good", [(0, 2), (3, 7)]), diagnostics={"standard_error": np.ones(2)}
    )
    assert alone.merge("words").targets[0].diagnostics["standard_error"].tolist() == [1, 1]


def tagged(positions, unseen=()):
    labels = ("O", "B", "I")
    lines = np.eye(3)[[0, 1, 2, 0, 0, 0, 0, 0, 0, 1, 0]] * 0.8 + 0.1
    names = tuple(labels[i] for i in lines.argmax(1))
    prediction = Prediction(
        "multiclass", labels, np.log(lines), lines, " ".join(names), "softmax", None, names
    )
    explanation = explained(
        FILM, PIECES, positions=positions, unseen=unseen, target=1, label="B", probability=None
    )
    return replace(explanation, prediction=prediction)


def test_scores_per_token_become_those_of_first_tokens_and_marks_stay():
    merged = tagged((1, 2, 9), unseen=(0, 3, 4)).merge("words")
    [target] = merged.targets
    assert target.positions == (0, 7)
    assert target.unseen == (1, 2)
    assert merged.prediction.token_labels == ("O", *["O"] * 6, "B", "O")
    assert merged.prediction.scores.shape == (9, 3)
    assert merged.prediction.token_probabilities.tolist() == pytest.approx([0.9] * 9)
    assert "at Unbelievable Go" in textattr.format_as_text(merged)
    assert "[>{Unbelievable}< " in textattr.format_as_text(merged)


@pytest.mark.parametrize("units", ["words", "sentences", lambda text: [(0, len(text))]])
@pytest.mark.parametrize("explanation", [EXAMPLE, PAIR, FEATURES, explained(FILM, PIECES), tagged((1,))])
def test_goes_to_a_dict_and_back(explanation, units):
    merged = explanation.merge(units)
    data = json.loads(json.dumps(textattr.format_as_dict(merged), allow_nan=False))
    assert Explanation.from_dict(data) == merged


def test_several_texts_have_a_function_for_each_but_no_stretches():
    merged = PAIR.merge(lambda text: [(0, len(text))])
    assert [texts(each) for each in merged.texts.values()] == [
        ["A man is sleeping on a bench"],
        ["The man runs"],
    ]
    assert merged.prediction == PAIR.prediction
    with pytest.raises(OptionError, match="several texts"):
        PAIR.merge([(0, 1)])


NUMBERED = explained(FILM, pieces(FILM, [(t.start, t.end) for t in PIECES], words=[0, 0, 0, *range(1, 9)]))
MARKED = explained(
    "a lovely film", [Token("a", 0, 1), Token("love", 2, 6), Token("##ly", 6, 8), Token("film", 9, 13)]
)


@pytest.mark.parametrize(
    ("explanation", "shown"),
    [(NUMBERED, "Unbelievable"), (MARKED, "lovely"), (EXAMPLE, "awful"), (explained(FILM, PIECES), "able")],
)
def test_pictures_and_tables_are_of_words_where_the_tokenizer_makes_pieces(explanation, shown, tmp_path):
    expected = explanation.merge("words") if explanation in (NUMBERED, MARKED) else explanation
    table = textattr.format_as_dataframe(explanation)
    assert shown in table["token"].tolist()
    assert table.equals(textattr.format_as_dataframe(expected, merge=None))
    for form in (textattr.format_as_text, textattr.format_as_html):
        assert form(explanation, top=20) == form(expected, top=20, merge=None)
    assert str(explanation) == str(expected)
    explanation.save(tmp_path / "words.csv")
    assert textattr.read_csv(tmp_path / "words.csv").equals(table)
    explanation.save(tmp_path / "all.json")
    assert Explanation.from_json(tmp_path / "all.json") == explanation
    textattr.write_report(explanation, tmp_path / "one.html")
    textattr.write_report(expected, tmp_path / "other.html", merge=None)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_what_is_merged_is_said_by_its_name(tmp_path):
    shown = textattr.format_as_text(NUMBERED, merge="sentences")
    assert "weight  sentence" in shown
    assert "[sentence +n] speaks for" in shown
    assert (
        textattr.format_as_dataframe(NUMBERED, merge=lambda text: [(0, 17)])["token"][0]
        == "Unbelievable film"
    )
    assert textattr.format_as_dict(NUMBERED, merge="words") == textattr.format_as_dict(
        NUMBERED.merge("words")
    )
    assert len(textattr.format_as_dataframe(NUMBERED, merge=None)) == len(PIECES)
    NUMBERED.save(tmp_path / "x.csv", merge="sentences")
    assert len(textattr.read_csv(tmp_path / "x.csv")) == 2


@pytest.mark.parametrize("has_icu", [True, False])
def test_the_words_of_chinese(monkeypatch, has_icu):
    if not has_icu:
        monkeypatch.setattr(boundaries, "_icu", lambda: None)
    else:
        pytest.importorskip("icu4py", reason="needs the extra textattr[words]", exc_type=ImportError)
    document = "我爱北京天安门"
    merged = explained(document, pieces(document, [(i, i + 1) for i in range(7)])).merge("words")
    assert texts(merged) == (["我", "爱", "北京", "天安门"] if has_icu else list(document))
    assert any("textattr[words]" in warning for warning in merged.warnings) is not has_icu


@pytest.mark.parametrize("has_icu", [True, False])
@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. Smith met Dr. Wu. ", "He left!"],
        ["Well… no. ", "Never mind..."],
        ['"What?" he said. ', "(Really!) ", "Yes."],
        ["J. K. Rowling of the U.S. Senate. ", "Fine."],
        ["a film . ", "it moved me . ", "so"],
        ["One line\n", "Another\r\n\r\n", "Third"],
        ["你好。", "好吗？", "好"],
        ["I know. ", "So do I. ", "Good."],
    ],
)
def test_sentences(monkeypatch, has_icu, sentences):
    if not has_icu:
        monkeypatch.setattr(boundaries, "_icu", lambda: None)
    document = "".join(sentences)
    cuts = sentence_cuts(document)
    assert [document[a:b] for a, b in pairwise(cuts)] == sentences


# What is put together from pieces of many scripts, marks, joiners, halves of characters and blanks.
SNIPPETS = st.sampled_from(
    [
        *(
            "un",
            "believ",
            "able",
            " ",
            "  ",
            "\n",
            "\r\n",
            "\t",
            "\u00a0",
            ".",
            "…",
            "'",
            "-",
            "é",
            "e\u0301",
            "\u0301",
        ),
        *(
            "👩‍🚀",
            "👍🏽",
            "🇩🇪",
            "🇫",
            "\u200d",
            "\u200b",
            "我",
            "爱",
            "ภาษา",
            "กำ",
            "न",
            "मस्ते",
            "שלום",
            "عربي",
            "각",
        ),
        *("\ud83d", "\x00", "\u202e", "3.14", "▁", "Ġ", "##"),
    ]
)


@st.composite
def cut_texts(draw):
    """A text and tokens in it: some of its stretches, in order, of which some overlap or are blank."""
    document = "".join(draw(st.lists(SNIPPETS | st.text(max_size=3), max_size=12)))
    edges = sorted(draw(st.lists(st.integers(0, len(document)), max_size=12)))
    places = [(max(0, a - draw(st.sampled_from([0, 0, 0, 1]))), b) for a, b in pairwise(edges)]
    kept = [place for place in places if draw(st.integers(0, 4))]
    numbers = draw(st.none() | st.just(np.cumsum([draw(st.booleans()) for _ in kept]).tolist()))
    tokens = pieces(document, kept, numbers)
    return document, [replace(t, is_special=not draw(st.integers(0, 9))) for t in tokens]


NUMBERS = st.floats(-1e6, 1e6)


@given(cut_texts(), st.data())
def test_sums_are_kept_and_no_character_is_cut_lost_or_doubled(cut, data):
    document, tokens = cut
    heatmap = data.draw(st.lists(NUMBERS, min_size=len(tokens), max_size=len(tokens)))
    explanation = explained(document, tokens, heatmap)
    for units in ("words", "sentences", lambda text: [(0, len(text))] if text else []):
        merged = explanation.merge(units)
        [target] = merged.targets
        assert abs(math.fsum(target.heatmap) - math.fsum(heatmap)) <= 1e-12 * math.fsum(map(abs, heatmap))
        end, joined, cuts = 0, "", grapheme_cuts(document)
        for span in target.spans:
            assert span.start >= end
            assert {span.start, span.end} <= set(cuts)
            joined += document[end : span.start] + span.text
            end = span.end
        assert joined + document[end:] == document
        covered = {i for span in target.spans for i in range(span.start, span.end)}
        missed = {i for span in explanation.targets[0].spans for i in range(span.start, span.end)} - covered
        assert all(document[i].isspace() for i in missed)
        assert Explanation.from_dict(textattr.format_as_dict(merged)) == merged
        assert merged_for(merged, None) is merged


@given(st.lists(SNIPPETS | st.text(max_size=3), max_size=12).map("".join))
def test_cuts_are_in_order_and_tear_no_character(document):
    whole = set(grapheme_cuts(document))
    for cuts in (word_cuts(document), sentence_cuts(document)):
        assert cuts == sorted(set(cuts))
        assert {0, len(document)} <= set(cuts) <= whole
