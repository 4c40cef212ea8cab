"""Occlusion: windows, groups, and what stands in the place of what is left out."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from kinds import SEQUENTIAL, SIZE, kind
from reference import perturbation as slow
from reference.forward import forward

import textattr
from textattr.errors import BaselineError, OptionError
from textattr.methods import LIME, Occlusion, ShapleySampling
from textattr.perturbation.surrogate import chosen_coalitions
from textattr.perturbation.windows import windows

IDS = [3, 4, 3, 5, 9, 7]
WORDS = ["So", "good", ".", "So", "un", "##known"]


def attribute(method, name="convolution", inputs=None, **settings):
    case = kind(name)
    return method.attribute(case.model, [IDS] if inputs is None else inputs, target=1, **settings)


class Case:
    """A row of a kind, and the score of class 1 (or of the one unit) as a function of the tokens that stay."""

    def __init__(self, name, row=1):
        made = kind(name)
        self.model, self.ids = made.model, made.inputs[row : row + 1]
        self.vectors = np.asarray(self.model.get_layer("lookup").embeddings, np.float64)[self.ids[0]]
        self.mask = np.ones(len(self.vectors), bool) if made.padding is None else ~made.padding[row]
        self.players = int(self.mask.sum())
        self.unit = 0 if len(forward(self.model, self.vectors, self.mask)) == 1 else 1

    def __call__(self, stay):
        gone = np.ones(len(self.vectors), bool)
        gone[list(stay)] = False
        return forward(self.model, np.where(gone[:, None], 0, self.vectors), self.mask)[self.unit]

    def agrees(self, method, paper):
        ours = method.attribute(self.model, self.ids, target=1)[0]
        np.testing.assert_allclose(ours.sum(-1)[: self.players], paper, atol=2e-5 * np.abs(paper).max())
        assert (ours[self.players :] == 0).all()


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_the_papers(name):
    case = Case(name)
    n = case.players
    alone, threes = [[[*range(i, i + w)] for i in range(n - w + 1)] for w in (1, 3)]
    case.agrees(Occlusion(), slow.occlusion(case, n, alone))
    case.agrees(Occlusion(window=3), slow.occlusion(case, n, threes))
    orders = [np.random.default_rng(i).permutation(len(case.vectors)) for i in range(3)]
    case.agrees(
        ShapleySampling(permutations=orders), slow.shapley_of_orders(case, [o[o < n] for o in orders])
    )
    case.agrees(ShapleySampling(), slow.shapley(case, n))
    coalitions = chosen_coalitions(n, 40, seed=3)
    scores = np.array([case(np.flatnonzero(stay)) for stay in coalitions])
    coefficients, _ = slow.lime(coalitions, scores, 0.3, 0.5)
    case.agrees(LIME(samples=40, kernel_width=0.3, ridge=0.5, seed=3), coefficients)


def test_windows():
    tokens = np.arange(7)[:, None]

    def starts(w, s):
        return [part[0] for part in windows(tokens, (w, 1), (s, 1))]

    assert starts(3, 3) == [0, 3, 4]  # the last one is moved back
    assert starts(3, 2) == [0, 2, 4]
    assert starts(9, 1) == [0]
    numbers = [part.tolist() for part in windows(np.arange(6).reshape(2, 3), (1, 2), (1, 2))]
    assert numbers == [[0, 1], [1, 2], [3, 4], [4, 5]]
    assert windows(np.zeros((0, 1), int), (1, 1), (1, 1)) == []


def test_the_last_window_is_moved_back():
    found = attribute(Occlusion(window=4, stride=4))[0].sum(-1)
    effects = [logit_without(positions) for positions in (range(4), range(2, 6))]
    parts = [effects[0] / 4] * 2 + [sum(effects) / 8] * 2 + [effects[1] / 4] * 2
    np.testing.assert_allclose(found, parts, atol=1e-5)


def logit_without(positions):
    """What the logit of class 1 loses by zero vectors at some positions."""
    case = Case("convolution")
    case.vectors = np.asarray(case.model.get_layer("lookup").embeddings, np.float64)[IDS]
    everybody = set(range(len(IDS)))
    return case(everybody) - case(everybody - set(positions))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"window": 2, "stride": 5}, "skip tokens 2, 3, 4, 7, 8, 9 and so on"),
        ({"window": (2, 2), "stride": (2, 3)}, "skip numbers 2, 5"),
        ({"window": 0}, "window must be a positive whole number of tokens"),
        ({"window": 2, "stride": (1, 1)}, "stride must be .* or both as pairs"),
        ({"window": (1, 2, 3)}, "window must be a pair"),
        ({"window": 2, "groups": "words"}, "either groups= or window="),
        ({"max_evaluations": 1}, "max_evaluations"),
    ],
)
def test_options_that_it_cannot_take(options, says):
    with pytest.raises(OptionError, match=says):
        Occlusion(**options)


def explain(name="convolution", doc=IDS, **settings):
    return textattr.explain_prediction(kind(name).model, doc, method="occlusion", targets=1, **settings)


APART = [[0, 1], [2, 3, 4], [5]]


@pytest.mark.parametrize(
    ("groups", "parts", "units"),
    [
        ("words", [[0], [1], [2], [3], [4, 5]], None),
        ("sentences", [[0, 1, 2], [3, 4, 5]], None),
        ([(0, 7), (13, 20)], [[0, 1], [2], [3], [4, 5]], None),
        (lambda text: [(0, len(text))], [[0, 1, 2, 3, 4, 5]], None),
        ([0, 0, 7, 7, 7, 0], [[0, 1, 5], [2, 3, 4]], APART),
        ([[1, 0], [4]], [[0, 1], [4]], [[0, 1], [2], [3], [4], [5]]),
    ],
)
def test_groups(groups, parts, units):
    explanation = explain(tokens=WORDS, groups=groups)
    [target] = explanation.targets
    shares = np.zeros(len(IDS))
    for part in parts:
        shares[part] = logit_without(part) / len(part)
    expected = [shares[unit].sum() for unit in units or parts]
    np.testing.assert_allclose(target.heatmap, expected, atol=1e-5)
    assert target.diagnostics["evaluations"] == 1 + len(parts)
    assert any("do not stand together" in warning for warning in explanation.warnings) is (units is APART)
    assert explanation.unit == {"words": "word", "sentences": "sentence"}.get(str(groups), "group")


@pytest.mark.parametrize("groups", ["words", [(0, 2)], [[3]]])
def test_groups_that_change_nothing_say_so(groups):
    explanation = explain(tokens=["So", "good", ".", "So", "un", "known"], groups=groups)
    assert any("changed nothing" in warning for warning in explanation.warnings)


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ("paragraphs", "choose 'words' or 'sentences'"),
        ([0, 1], "2 entries for 6 tokens"),
        ([[0, 9]], "tokens 0 to 5"),
        ([[0, 1], [1]], "in two of"),
        (3, "got 3"),
        ([(0, 4)], "cuts the token 'good'"),
        ([(0, 40)], "inside the text"),
        ([(0, 7), (3, 9)], "do not overlap"),
        (lambda text: None, "whole numbers, got None"),
        (lambda text: 1 // 0, "raised ZeroDivisionError"),
    ],
)
def test_groups_that_are_none(groups, says):
    with pytest.raises(OptionError, match=says):
        explain(tokens=WORDS, groups=groups)


def test_words_and_sentences_need_tokens():
    with pytest.raises(OptionError, match="needs to know the tokens"):
        attribute(Occlusion(groups="words"))
    with pytest.raises(OptionError, match="needs to know the tokens"):
        attribute(ShapleySampling(hierarchy=True))


TABLE = ["<PAD>", "<UNK>", "so", "good", "far", "[MASK]"]


@pytest.mark.parametrize("name", ["zero", "pad", "unknown", "mean", "vector", "vectors", "ids"])
def test_replacements(name):
    case = kind("convolution")
    table = np.asarray(case.model.get_layer("lookup").embeddings, np.float64)
    rng = np.random.default_rng(0)
    given = {
        "vector": rng.normal(size=SIZE),
        "vectors": rng.normal(size=(3, SIZE)),
        "ids": np.array([7, 8, 9]),
    }
    stands = {
        "zero": 0,
        "pad": table[0],
        "unknown": table[1],
        "mean": table.mean(0),
        "ids": table[7:10],
    } | given
    stands["ids"] = table[7:10]
    tokenizer = textattr.Words(TABLE, unknown=1, splitting="words")
    [target] = textattr.explain_prediction(
        case.model,
        "So good far",
        tokenizer=tokenizer,
        method="occlusion",
        targets=1,
        replacement=given.get(name, name),
    ).targets
    vectors, filling = table[[2, 3, 4]], np.broadcast_to(stands[name], (3, SIZE))
    mask = np.ones(3, bool)
    for i, weight in enumerate(target.heatmap):
        without = np.where(np.arange(3)[:, None] == i, filling, vectors)
        effect = forward(case.model, vectors, mask)[1] - forward(case.model, without, mask)[1]
        assert weight == pytest.approx(effect, abs=1e-5)


def test_replacements_that_do_not_exist():
    with pytest.raises(BaselineError, match="replacement 'mask' needs a tokenizer"):
        attribute(Occlusion(replacement="mask"))
    with pytest.raises(BaselineError, match="unknown replacement 'zeros'"):
        attribute(Occlusion(replacement="zeros"))
    with pytest.raises(OptionError, match="one replacement"):
        attribute(Occlusion(replacement=["zero", "mean"]))


@pytest.mark.parametrize("method", [Occlusion(replacement="remove"), ShapleySampling(replacement="remove")])
def test_what_is_removed_is_gone_and_the_rest_moves_up(method):
    ids = kind("lstm_masked").inputs[0]
    found = attribute(method, "lstm_masked", ids[None])[0].sum(-1)

    model = kind("lstm_masked").model
    table = np.asarray(model.get_layer("lookup").embeddings, np.float64)

    def value(stay):
        row = np.array([*ids[sorted(stay)]] or [0])  # nothing is left but a pad
        return forward(model, table[row], row != 0)[1]

    paper = (
        slow.shapley(value, len(ids))
        if isinstance(method, ShapleySampling)
        else slow.occlusion(value, len(ids), [[i] for i in range(len(ids))])
    )
    np.testing.assert_allclose(found, paper, atol=2e-5)


def test_the_mask_stays_where_vectors_are_replaced_but_not_where_tokens_are_removed():
    """A pad's vector is read like any other; a token that is gone is not."""
    k = keras
    model = k.Sequential(
        [
            k.Input((None,), dtype="int32"),
            k.layers.Embedding(5, 1, mask_zero=True),
            k.layers.GlobalAveragePooling1D(),
        ]
    )
    model.set_weights([np.array([[0.0], [0], [1], [2], [6]])])
    common = {"tokens": ["a", "b", "c"], "method": "occlusion", "task": "regression"}
    replaced, removed = (
        textattr.explain_prediction(model, [2, 3, 4], replacement=r, **common).targets[0].heatmap
        for r in ("zero", "remove")
    )
    np.testing.assert_allclose(replaced, [1 / 3, 2 / 3, 2], atol=1e-6)
    np.testing.assert_allclose(removed, [3 - 4, 3 - 3.5, 3 - 1.5], atol=1e-6)


def test_a_text_of_fixed_length_is_filled_up_again():
    model = kind("dense_fixed_length").model
    with pytest.raises(OptionError, match="no pad id is known"):
        attribute(Occlusion(replacement="remove"), "dense_fixed_length")
    tokenizer = textattr.Words(TABLE, unknown=1, splitting="words", length=6, padding="pre")
    [target] = textattr.explain_prediction(
        model, "So good so far", tokenizer=tokenizer, method="occlusion", targets=1, replacement="remove"
    ).targets
    before = [0, 0, 2, 3, 2, 4]
    for i, weight in enumerate(target.heatmap):
        after = [0, *before[: i + 2], *before[i + 3 :]]
        table = np.asarray(model.get_layer("lookup").embeddings, np.float64)
        mask = np.ones(6, bool)
        effect = forward(model, table[before], mask)[1] - forward(model, table[after], mask)[1]
        assert weight == pytest.approx(effect, abs=1e-5)


def test_a_function_gives_the_replacement():
    seen = []

    def replacement(ids, left_out):
        seen.append((ids.tolist(), left_out.tolist()))
        return np.where(left_out, 8, 99)  # only what is left out counts

    found = attribute(Occlusion(replacement=replacement))[0].sum(-1)
    np.testing.assert_allclose(found, attribute(Occlusion(replacement=np.full(6, 8)))[0].sum(-1), atol=1e-5)
    assert len(seen) == 7
    assert all(ids == IDS for ids, _ in seen)
    with pytest.raises(OptionError, match="one token for each of 6, got an array of .* of shape"):
        attribute(Occlusion(replacement=lambda ids, left_out: ids[:2]))


@pytest.mark.parametrize("name", ["bag_of_words", "hierarchical", "strings"])
def test_what_cannot_be_removed(name):
    with pytest.raises(OptionError, match="one row of tokens|works on token ids"):
        Occlusion(replacement="remove").attribute(kind(name).model, kind(name).inputs)


def test_max_evaluations():
    explanation = explain(tokens=WORDS, max_evaluations=4)
    assert explanation.targets[0].diagnostics["evaluations"] == 4
    assert (explanation.targets[0].heatmap[3:] == 0).all()
    assert any("max_evaluations=4: 3 of 6 windows" in w and "3 of 6 parts" in w for w in explanation.warnings)


def test_a_linear_model_of_vectors_gets_its_weights():
    """Of a model that sums up its vectors, every method finds the same."""
    k = keras
    model = k.Sequential(
        [
            k.Input((None,), dtype="int32"),
            k.layers.Embedding(9, 3),
            k.layers.Lambda(lambda x: k.ops.sum(x, 1)),
        ]
    )
    model.add(k.layers.Dense(2))
    table, kernel = np.random.default_rng(0).normal(size=(9, 3)), np.random.default_rng(1).normal(size=(3, 2))
    model.set_weights([table, kernel, np.array([0.3, -0.2])])
    ids = [3, 1, 4, 1, 5, 8, 2, 6, 5, 3]
    weights = (table @ kernel)[ids, 1]
    for method in (Occlusion(), Occlusion(window=1, replacement="remove"), ShapleySampling(samples=2)):
        found = method.attribute(model, [ids], target=1)[0].sum(-1)
        np.testing.assert_allclose(found, weights, atol=1e-5)
    for bag in (False, True):
        found = LIME(bag_of_words=bag).attribute(model, [ids], target=1)[0].sum(-1)
        np.testing.assert_allclose(found, weights, atol=0.05 * np.abs(weights).max())


def test_progress_shows_the_number_of_evaluations(capsys):
    explain(tokens=WORDS, progress=True)
    assert "7/7" in capsys.readouterr().err
