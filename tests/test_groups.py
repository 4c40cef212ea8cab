"""`groups=` of every method that takes it: what is weighed together is shown together."""

from __future__ import annotations

import numpy as np
import pytest
from kinds import kind

import textattr
from textattr.errors import OptionError
from textattr.explanation import Explanation
from textattr.methods import LIME, METHODS, ShapleySampling
from textattr.renderers.text import format_as_text
from textattr.tokenizers.encoding import Encoding
from textattr.units import boundaries

IDS = np.array([5, 6, 7, 8, 9, 10])
TOKENS = ["So", "good", ".", "So", "un", "##known"]
TEXT = "So good. So unknown!"


def black_box(texts):
    return np.array([[0.0, 2.0 * ("good" in t) - 3.0 * ("unknown" in t) * ("So" in t)] for t in texts])


def explain(method="shapley_sampling", tokens=TOKENS, **settings):
    case = kind("convolution")
    return textattr.explain_prediction(case.model, IDS, tokens=tokens, method=method, targets=1, **settings)


def weights(explanation):
    [target] = explanation.targets
    return dict(zip([token.text for token in explanation.tokens], target.heatmap.tolist(), strict=True))


@pytest.mark.parametrize(
    "groups", ["words", "sentences", [(0, 7)], lambda text: [(0, 7), (8, 9)], [0, 0, 0, 1, 1, 1]]
)
@pytest.mark.parametrize("method", [name for name, each in METHODS.items() if hasattr(each, "groups")])
def test_every_method_lists_groups_and_keeps_its_sum(method, groups):
    explanation = explain(method, groups=groups)
    [target] = explanation.targets
    assert len(target.heatmap) == len(explanation.tokens) < len(IDS)
    assert explanation.unit in format_as_text(explanation)
    if target.baseline_score is not None:
        error = target.diagnostics["completeness_error"]
        assert target.heatmap.sum() == pytest.approx(target.score - target.baseline_score + error, abs=1e-5)
    assert Explanation.from_dict(textattr.format_as_dict(explanation)) == explanation


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift"])
def test_of_vector_methods_a_group_is_the_sum_of_its_tokens(method):
    alone, together = explain(method), explain(method, groups="sentences")
    merged = alone.merge("sentences")
    assert weights(together) == pytest.approx(weights(merged), abs=1e-6)
    assert [t.text for t in together.tokens] == ["So good .", "So unknown"]


def test_groups_are_players_of_the_game():
    explanation = explain(groups="sentences", samples="exact")
    [target] = explanation.targets
    assert target.diagnostics["evaluations"] == 4
    assert target.diagnostics["standard_error"].tolist() == [0, 0]
    sampled = explain(groups="words", samples=8).targets[0]
    alone = explain(samples=8).targets[0]
    assert sampled.diagnostics["standard_error"].shape == (5,)
    assert sampled.baseline_score == pytest.approx(alone.baseline_score, abs=1e-6)


def test_standard_errors_of_groups_are_those_of_the_players():
    text, found = "aabbccdd", []
    for size, groups in ((1, [0, 0, 1, 1, 2, 2, 3, 3]), (2, None)):
        places = [(i, i + size) for i in range(0, 8, size)]
        encoding = Encoding(text, np.arange(len(places)), [text[a:b] for a, b in places], places)
        method = ShapleySampling(samples=4, groups=groups)
        explanation = textattr.explain_prediction(
            lambda texts: [len(t) ** 3 + 50.0 * ("c" in t) for t in texts], encoding, method=method
        )
        found.append(explanation.targets[0])
    one, other = found
    assert one.diagnostics["standard_error"] == pytest.approx(other.diagnostics["standard_error"])
    assert one.heatmap == pytest.approx(other.heatmap)
    assert len(one.heatmap) == 4
    assert (one.diagnostics["standard_error"] > 0).all()


def test_few_evaluations_join_groups():
    tokens = ["aa", "bb", "cc", "dd", "ee", "ff"]
    explanation = explain(tokens=tokens, groups=[(0, 5), (6, 11), (12, 17)], max_evaluations=3)
    assert any("of 3 tokens: they were left out in 2 groups" in warning for warning in explanation.warnings)
    assert len(explanation.tokens) == 3


@pytest.mark.parametrize("method", ["occlusion", "shapley_sampling", "lime"])
@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ("sentences", ["So good.", "So unknown!"]),
        ([(0, 7), (9, 19)], ["So good", ".", "So unknown", "!"]),
        (lambda text: [(0, len(text))], [TEXT]),
    ],
)
def test_black_boxes(method, groups, shown):
    explanation = textattr.explain_prediction(black_box, TEXT, method=method, targets=1, groups=groups)
    assert [token.text for token in explanation.tokens] == shown
    assert explanation.targets[0].heatmap[0] != 0


@pytest.mark.parametrize(
    ("method", "options", "says"),
    [
        (LIME, {"bag_of_words": True, "groups": "words"}, "give one of them"),
        (ShapleySampling, {"hierarchy": True, "groups": "words"}, "leave out hierarchy="),
        (ShapleySampling, {"permutations": [[0, 1]], "groups": "words"}, "leave out hierarchy="),
        *(
            (each, {"groups": "lines"}, "choose 'words' or 'sentences'")
            for each in METHODS.values()
            if hasattr(each, "groups")
        ),
        (LIME, {"groups": []}, "expected groups="),
        (LIME, {"groups": [(0, 1, 2), 3.5]}, "expected groups="),
    ],
)
def test_options_that_do_not_go(method, options, says):
    with pytest.raises(OptionError, match=says):
        method(**options)


def test_several_texts_take_rules_alone():
    ids = np.arange(4, 10)
    model = kind("shared_table").model
    with pytest.raises(OptionError, match="single text"):
        textattr.explain_prediction(model, (ids, ids[:4]), groups=[(0, 1)])
    with pytest.raises(OptionError, match="single text"):
        textattr.explain_prediction(model, (ids, ids[:4]), method="occlusion", groups=[(0, 1)])
    both = textattr.explain_prediction(
        model, (ids, ids[:4]), method="occlusion", groups=lambda text: [(0, len(text))]
    )
    assert [len(text.tokens) for text in both.texts.values()] == [1, 1]
    assert {text.unit for text in both.texts.values()} == {"group"}


def test_special_tokens_and_padding_are_no_part_of_groups():
    case = kind("lstm_masked")
    encoding = Encoding(
        "so good",
        [3, 5, 6, 7, 0, 0],
        ["[CLS]", "so", "go", "##od", "<PAD>", "<PAD>"],
        [(0, 0), (0, 2), (3, 5), (5, 7), (0, 0), (0, 0)],
        special=[True, False, False, False, True, True],
        pad_id=0,
        words=[None, 0, 1, 1, None, None],
    )
    explanation = textattr.explain_prediction(
        case.model, encoding, method="occlusion", groups="words", targets=1
    )
    assert [token.text for token in explanation.tokens] == ["[CLS]", "so", "good"]
    assert "special" in explanation.targets[0].shares


def test_one_character_per_token_makes_words():
    explanation = explain("occlusion", tokens=list("so bad"), groups="words")
    assert [token.text for token in explanation.tokens] == ["so", " ", "bad"]


@pytest.mark.parametrize(
    "tokens",
    [
        ["▁un", "believ", "able", "▁fi", "lm", "."],
        ["Ġun", "believ", "able", "Ġfi", "lm", "."],
        ["un@@", "believ@@", "able", "fi@@", "lm@@", "."],
        ["un", "believ", "able</w>", "fi", "lm", ".</w>"],
        ["un", "##believ", "##able", "fi", "##lm", "##."],
    ],
)
def test_markers_in_tokens(tokens):
    explanation = explain("occlusion", tokens=tokens)
    assert explanation.document == "unbelievable film."
    assert [token.text for token in explanation.tokens] == tokens
    assert "".join(span.text for span in explanation.targets[0].spans) == "unbelievablefilm."
    assert [token.word for token in explanation.tokens] == [0, 0, 0, 1, 1, 2]
    assert [token.text for token in explanation.merge("words").tokens] == ["unbelievable", "film", "."]
    assert textattr.format_as_dataframe(explanation)["token"].tolist() == ["unbelievable", "film", "."]
    assert len(textattr.format_as_dataframe(explanation, merge=None)) == 6


def test_bytes_of_a_character_stand_at_it():
    explanation = explain("occlusion", tokens=["Ġok", "Ġð", "Ł", "ĺ", "Ģ", "!"])
    assert explanation.document == "ok 😀!"
    merged = explanation.merge("words")
    assert [token.text for token in merged.tokens] == ["ok", "😀", "!"]
    assert weights(merged)["😀"] == pytest.approx(explanation.targets[0].heatmap[1:5].sum())


def test_letters_that_look_like_markers_are_letters():
    explanation = explain("occlusion", tokens=["Ġimgħa", "Ġgantija", "a", "b", "c", "d"])
    assert explanation.document == "Ġimgħa Ġgantija a b c d"


def test_a_word_is_named_whatever_its_pieces():
    case = kind("bilstm_tagger")
    tokens = ["Ann", "Ber", "##lin", "'", "s", "ok", "x", "y", "z", "u", "v", "w"]
    doc = case.inputs[0]
    explanation = textattr.explain_prediction(
        case.model,
        doc,
        tokens=tokens[: len(doc)],
        targets=textattr.TokenClass("Berlin", 1),
        method="occlusion",
    )
    [target] = explanation.targets
    assert target.positions == (
        explanation.tokens.index(next(t for t in explanation.tokens if t.text == "Ber")),
    )
    assert "at Berlin" in format_as_text(explanation)
    assert "at Ber " in format_as_text(explanation, merge=None)


@pytest.mark.parametrize("has_icu", [True, False])
def test_chinese_for_black_boxes(monkeypatch, has_icu):
    if not has_icu:
        monkeypatch.setattr(boundaries, "_icu", lambda: None)
    else:
        pytest.importorskip("icu4py", reason="needs the extra textattr[words]", exc_type=ImportError)
    explanation = textattr.explain_prediction(
        lambda texts: [float("北京" in t) for t in texts],
        "我爱 北京天安门, ok?",
        method="occlusion",
        task="regression",
    )
    words = ["北京", "天安门"] if has_icu else list("北京天安门")
    assert [token.text for token in explanation.tokens] == ["我", "爱", *words, ",", "ok", "?"]
    assert any("textattr[words]" in warning for warning in explanation.warnings) is not has_icu
