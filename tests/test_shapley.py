"""Shapley and Owen values of functions whose values are known."""

from __future__ import annotations

import numpy as np
import pytest
from games import Polynomial, played
from kinds import kind
from reference import perturbation as slow

import textattr
from textattr.errors import OptionError
from textattr.methods import ShapleySampling
from textattr.perturbation import shapley
from textattr.perturbation.owen import owen
from textattr.perturbation.permutations import pairs, permutations, singly

DRAWN = [[3, 4, 0, 2, 5, 1], [0, 5, 4, 3, 2, 1], [0, 1, 2, 3, 5, 4]]
NESTED = ((0, 1), ((2, 3), 4), 5)


def sampled(function, count, seed=0, tolerance=None, draw=pairs):
    n = function.players
    plan = shapley.sampled(n, draw(tuple(range(n)), seed), count, tolerance, "samples")
    return played(plan, function, n)[0]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_enumeration_is_the_definition(order):
    function = Polynomial(6, order, seed=order)
    findings, game = played(shapley.exact(tuple(range(6))), function, 6)
    np.testing.assert_allclose(findings.weights, slow.shapley(function.of_set, 6), atol=1e-12)
    np.testing.assert_allclose(findings.weights, function.shapley, atol=1e-12)
    assert len(game.asked) == shapley.coalitions_of_exact(tuple(range(6))) == 2**6


@pytest.mark.parametrize("order", [1, 2])
def test_one_pair_is_exact_where_no_more_than_two_act_together(order):
    function = Polynomial(15, order, seed=order)
    np.testing.assert_allclose(sampled(function, 1).weights, function.shapley, atol=1e-12)
    findings, _ = played(
        owen([(0, 1, 2), (3, 4, 5, 6), *range(7, 15)], tuple(range(10)), 2, 0, None, ""), function, 15
    )
    np.testing.assert_allclose(findings.weights, function.shapley, atol=1e-12)


def test_orders_as_given():
    function = Polynomial(7, 4, seed=1)
    orders = np.array([np.random.default_rng(i).permutation(7) for i in range(3)])
    findings, _ = played(shapley.sampled(7, iter(orders[:, None]), 3, None, ""), function, 7)
    np.testing.assert_allclose(findings.weights, slow.shapley_of_orders(function.of_set, orders), atol=1e-12)


@pytest.mark.parametrize(("permutations", "at_least"), [(25, 0.90), (200, 0.93)])
@pytest.mark.parametrize("draw", [pairs, singly])
def test_intervals_cover_the_truth(permutations, at_least, draw):
    """Nominal 95 % intervals, over seeds, players and functions with terms of three."""
    covered = []
    for seed in range(30):
        function = Polynomial(10, 3, seed=seed)
        findings = sampled(function, permutations // (2 if draw is pairs else 1), seed, draw=draw)
        distance = np.abs(findings.weights - function.shapley)
        covered.append(distance <= 1.96 * findings.per_player["standard_error"])
    assert np.mean(covered) >= at_least


@pytest.mark.parametrize("order", [1, 3, 5])
def test_efficiency(order):
    function = Polynomial(13, order, seed=2)
    tree = ((0, 1, 2, 3), (4, (5, 6), 7), tuple(range(8, 13)))
    plans = [
        shapley.exact(tuple(range(10))),
        shapley.exact(((0, 1, 2), (3, 4, 5), (6, 7, 8, 9))),
        shapley.sampled(10, pairs(tuple(range(10)), 3), 4, None, ""),
        owen(tree, (0, 1, 2), 10, 3, None, ""),
        owen(tree, (0, 1, 2), 1, 3, None, ""),
    ]
    for plan, n in zip(plans, (10, 10, 10, 13, 13), strict=True):

        def at(c, n=n):
            return function(np.concatenate([c, np.ones((len(c), 13 - n), bool)], 1))

        findings, _ = played(plan, at, n)
        whole, empty = at(np.array([[True] * n, [False] * n]))
        assert findings.weights.sum() == pytest.approx(whole - empty, abs=1e-12)
        assert findings.diagnostics["baseline_score"] == empty
        assert abs(findings.diagnostics["completeness_error"]) < 1e-12


def test_enumeration_in_unions_is_the_definition():
    function = Polynomial(6, 5, seed=4)
    findings, game = played(shapley.exact(NESTED), function, 6)
    np.testing.assert_allclose(findings.weights, slow.owen(function.of_set, NESTED), atol=1e-12)
    assert np.abs(findings.weights - function.shapley).max() > 0.01
    assert len(game.asked) <= shapley.coalitions_of_exact(NESTED)


@pytest.mark.parametrize("tree", [tuple(range(7)), (tuple(range(7)),), tuple((i,) for i in range(7))])
def test_unions_that_part_nobody_change_nothing(tree):
    function = Polynomial(7, 5, seed=4)
    findings, _ = played(shapley.exact(tree), function, 7)
    np.testing.assert_allclose(findings.weights, function.shapley, atol=1e-12)


def test_sampled_owen_values_go_to_the_exact_ones_and_tell_how_far_off_they_are():
    function = Polynomial(9, 5, seed=5)
    blocks, above = ((0, 1, 2), (3, (4, 5)), (6,), (7, 8)), ((0, 1), 2, 3)
    tree = ((blocks[0], blocks[1]), blocks[2], blocks[3])
    truth, _ = played(shapley.exact(tree), function, 9)
    far, _ = played(owen(blocks, above, 2000, 0, None, ""), function, 9)
    assert np.abs(far.weights - truth.weights).max() < 0.05 * np.abs(truth.weights).max()
    covered = []
    for seed in range(40):
        findings, _ = played(owen(blocks, above, 40, seed, None, ""), function, 9)
        distance = np.abs(findings.weights - truth.weights)
        covered.append(distance <= 1.96 * findings.per_player["standard_error"] + 1e-9)
    assert np.mean(covered) >= 0.9


def test_owen_values_leave_quiet_sentences_alone():
    """Ten sentences of eight words; the words of one act together, those of the others add up."""
    rng = np.random.default_rng(0)
    coefficients = rng.normal(size=80)

    def function(coalitions):
        together = coalitions[:, :3].all(1) * 2.0 - coalitions[:, 2:6].all(1)
        return coalitions @ coefficients + together

    blocks = [tuple(range(start, start + 8)) for start in range(0, 80, 8)]
    unions, of_unions = played(owen(blocks, tuple(range(10)), 400, 0, 0.005, ""), function, 80)
    plan = shapley.sampled(80, pairs(tuple(range(80)), 0), 200, 0.005, "")
    plain, of_plain = played(plan, function, 80)
    assert not unions.warnings + plain.warnings
    assert len(of_unions.asked) < 0.4 * len(of_plain.asked)
    np.testing.assert_allclose(unions.weights[8:], coefficients[8:], atol=1e-9)


def test_permutations_are_the_same_everywhere():
    drawn = permutations(tuple(range(6)), seed=7)
    assert [next(drawn).tolist() for _ in range(3)] == DRAWN
    unions = permutations(((0, 1), (2, (3, 4)), 5), seed=7)
    for order in [next(unions).tolist() for _ in range(10)]:
        assert sorted(order) == list(range(6))
        at = {player: place for place, player in enumerate(order)}
        assert abs(at[0] - at[1]) == 1
        assert abs(at[3] - at[4]) == 1
        assert max(at[2], at[3], at[4]) - min(at[2], at[3], at[4]) == 2


def test_tolerance_stops_as_soon_as_it_is_met():
    function = Polynomial(12, 3, seed=3)
    tight, loose = (sampled(function, 100, tolerance=t) for t in (1e-9, 0.05))
    gained = function.of_set(range(12)) - function.of_set([])
    assert loose.per_player["standard_error"].max() <= 0.05 * abs(gained)
    assert loose.diagnostics["permutations"] < tight.diagnostics["permutations"] == 200
    assert not loose.warnings
    assert any("did not reach the tolerance: after 200 permutations" in w for w in tight.warnings)
    assert sampled(Polynomial(12, 2, seed=3), 100, tolerance=1e-3).diagnostics["permutations"] == 10


def test_uncertain_weights_are_told():
    noise = np.random.default_rng(0).normal(size=2**10)
    function = Polynomial(10, 1, 0)

    def rough(c):
        return noise[c @ (1 << np.arange(10))]

    plan = shapley.sampled(10, pairs(tuple(range(10)), 0), 3, None, "samples")
    assert any("raise samples" in w for w in played(plan, rough, 10)[0].warnings)
    assert not sampled(function, 3).warnings


WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen".split()


def explained(function, tokens=13, **options):
    """The explanation of a text by a function of which words are there."""

    def predict(texts):
        there = [{*text.split()} for text in texts]
        return function(np.array([[word in words for word in WORDS[:tokens]] for words in there]))

    text = " ".join(WORDS[:tokens])
    return textattr.explain_prediction(predict, text, method="shapley_sampling", task="regression", **options)


def test_few_tokens_are_enumerated_for_they_cost_less():
    function = Polynomial(6, 4, seed=6)
    [target] = explained(function, 6).targets
    np.testing.assert_allclose(target.heatmap, function.shapley, atol=1e-12)
    assert (target.diagnostics["permutations"], target.diagnostics["evaluations"]) == (0, 64)
    assert (target.diagnostics["standard_error"] == 0).all()


def test_enumeration_on_demand():
    function = Polynomial(12, 4, seed=6)
    [target] = explained(function, 12, samples="exact").targets
    np.testing.assert_allclose(target.heatmap, function.shapley, atol=1e-11)
    with pytest.raises(OptionError, match="8192 coalitions of 13 tokens, more than 4096"):
        explained(Polynomial(13, 2, seed=0), samples="exact")


def test_a_seed_gives_the_same_and_another_seed_another():
    function = Polynomial(13, 4, seed=8)
    first, same, other = (explained(function, seed=seed).targets[0] for seed in (1, 1, 2))
    assert first == same
    assert np.abs(first.heatmap - other.heatmap).max() > 1e-3
    assert first.diagnostics["permutations"] == 24  # pairs
    assert len(first.diagnostics["standard_error"]) == len(first.heatmap)


def test_max_evaluations():
    function = Polynomial(13, 4, seed=8)
    explanation = explained(function, max_evaluations=100)
    [target] = explanation.targets
    assert target.diagnostics["evaluations"] <= 100
    assert target.diagnostics["permutations"] == 8
    assert any("max_evaluations=100: 8 of 25 permutations" in w for w in explanation.warnings)
    assert target.heatmap.sum() == pytest.approx(target.score - target.diagnostics["baseline_score"])


@pytest.mark.parametrize("limit", [2, 5, 13])
def test_max_evaluations_that_are_not_enough_for_one_permutation(limit):
    explanation = explained(Polynomial(13, 4, seed=8), max_evaluations=limit)
    [target] = explanation.targets
    assert target.diagnostics["evaluations"] <= limit
    assert target.heatmap.sum() == pytest.approx(target.score - target.diagnostics["baseline_score"])
    assert any(f"{limit - 1} groups of neighbours" in w for w in explanation.warnings)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"samples": 0}, "samples must be a whole number of at least 1"),
        ({"samples": "all"}, "samples must be a whole number"),
        ({"seed": -1}, "seed must be"),
        ({"tolerance": 0}, "tolerance must be positive"),
        ({"max_evaluations": 1}, "max_evaluations must be a whole number of at least 2"),
        ({"permutations": [0, 1, 2]}, "shape"),
        ({"permutations": [[0, 0, 2]]}, "every number from 0 to the last once"),
        ({"permutations": [[0, 1, 2]], "hierarchy": True}, "leave out hierarchy="),
    ],
)
def test_options_that_it_cannot_take(options, says):
    with pytest.raises(OptionError, match=says):
        ShapleySampling(**options)


def test_permutations_of_another_length():
    with pytest.raises(OptionError, match="permutations of 13 tokens .*, got permutations of 3"):
        explained(Polynomial(13, 1, seed=0), permutations=[[2, 1, 0]])


def test_standard_errors_stand_beside_the_weights_of_every_text():
    """Padding has none, each of several texts has its own, and a token of two tables has one."""
    padded = textattr.explain_prediction(
        kind("lstm_masked").model, [*range(3, 15), 0, 0], method="shapley_sampling", samples=4
    )
    [target] = padded.targets
    assert len(target.diagnostics["standard_error"]) == len(target.heatmap) == 12
    assert (target.diagnostics["standard_error"] > 0).all()
    ids = list(range(3, 13))
    pair = textattr.explain_prediction(
        kind("shared_table").model, (ids, ids[:4]), method="shapley_sampling", samples=4, hierarchy=True
    )
    for name, length in {"premise": 10, "hypothesis": 4}.items():
        errors = pair[name].targets[0].diagnostics["standard_error"]
        assert len(errors) == len(pair[name].targets[0].heatmap) == length
    total = sum(pair[name].targets[0].heatmap.sum() for name in ("premise", "hypothesis"))
    gained = pair.targets[0].score - pair.targets[0].diagnostics["baseline_score"]
    assert total == pytest.approx(gained, abs=1e-5)
    tables = textattr.explain_prediction(kind("two_tables").model, ids, method="shapley_sampling", samples=4)
    assert len(tables.targets[0].diagnostics["standard_error"]) == 10
    again = textattr.Explanation.from_dict(textattr.format_as_dict(tables))
    assert again == tables
