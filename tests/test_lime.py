"""LIME's sampler, kernel and surrogate."""

from __future__ import annotations

import numpy as np
import pytest
from games import Polynomial, played
from reference import perturbation as slow

import textattr
from textattr.errors import OptionError
from textattr.methods import LIME
from textattr.perturbation.surrogate import (
    chosen_coalitions,
    fidelity_of,
    fit_surrogate,
    kernel,
    sampled_coalitions,
    weighted_fit,
)

DRAWN = [[1, 1, 1, 1, 1, 1], [1, 0, 1, 1, 0, 1], [0, 1, 1, 1, 1, 1], [1, 0, 1, 0, 1, 1]]
DEFAULTS = {"samples": 300, "features": None, "kernel_width": 0.25, "ridge": 0.0, "seed": 0}


def fitted(function, players, **options):
    return played(fit_surrogate(players, **{**DEFAULTS, **options}), function, players)[0]


@pytest.mark.parametrize(("width", "ridge"), [(0.25, 0.0), (0.25, 0.1), (0.5, 3.0), (0.1, 0.0)])
def test_the_regression_is_that_of_the_paper(width, ridge):
    function = Polynomial(9, 3, seed=1)
    findings = fitted(function, 9, kernel_width=width, ridge=ridge, seed=5)
    coalitions = chosen_coalitions(9, 300, seed=5)
    coefficients, fidelity = slow.lime(coalitions, function(coalitions), width, ridge)
    np.testing.assert_allclose(findings.weights, coefficients, atol=1e-9)
    assert findings.diagnostics["fidelity"] == pytest.approx(fidelity)


def test_the_sampler():
    coalitions = sampled_coalitions(20, 4000, seed=0)
    assert coalitions[0].all()
    left_out = 20 - coalitions[1:].sum(1)
    assert (left_out >= 1).all()
    np.testing.assert_allclose(np.bincount(left_out, minlength=21)[1:] / 3999, 1 / 20, atol=0.02)
    np.testing.assert_allclose(coalitions[1:].mean(0), 9.5 / 20, atol=0.03)
    assert sampled_coalitions(6, 4, seed=1).astype(int).tolist() == DRAWN  # the same everywhere


def test_the_kernel():
    stays = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], bool)
    np.testing.assert_allclose(kernel(stays, 0.25), [1, np.exp(-4), np.exp(-16)])


def test_a_linear_function_is_found():
    coefficients = np.random.default_rng(0).normal(size=30)
    findings = fitted(lambda c: c @ coefficients - 1, 30, samples=1000)
    np.testing.assert_allclose(findings.weights, coefficients, atol=1e-9)
    assert findings.diagnostics["fidelity"] > 0.999
    assert not findings.warnings


@pytest.mark.parametrize("width", [0.001, 0.05, 0.25, 2.0])
@pytest.mark.parametrize("players", [1, 2, 3, 7, 12, 40])
def test_a_linear_function_of_few_or_many_tokens_is_found_exactly(players, width):
    coefficients = np.arange(1.0, players + 1)
    findings = fitted(lambda c: c @ coefficients + 3, players, samples=200, kernel_width=width)
    np.testing.assert_allclose(findings.weights, coefficients, rtol=1e-6)
    assert findings.diagnostics["intercept"] == pytest.approx(3, abs=1e-5)
    assert findings.diagnostics["fidelity"] > 0.999


@pytest.mark.parametrize(
    ("players", "samples"), [(3, 8), (3, 9), (5, 20), (5, 6), (19, 20), (20, 20), (1, 2)]
)
def test_the_document_and_each_single_removal_are_met(players, samples):
    coalitions = chosen_coalitions(players, samples, seed=0)
    assert len(coalitions) == min(samples, 2**players)
    assert coalitions[0].all()
    if samples > players:
        alone_gone = {tuple(row) for row in coalitions[coalitions.sum(1) == players - 1].tolist()}
        assert len(alone_gone) == players


def test_all_versions_once_where_they_are_few():
    coalitions = chosen_coalitions(4, 16, seed=0)
    assert len({tuple(row) for row in coalitions.tolist()}) == 16


def test_the_fidelity_is_that_of_versions_that_were_not_fitted():
    """31 coefficients follow 40 versions well, whatever they are; what they say of others is worth nothing."""
    noise = np.random.default_rng(1)
    findings = fitted(lambda c: noise.normal(size=len(c)), 30, samples=40)
    assert findings.diagnostics["fidelity"] < 0.3
    assert findings.warnings


def test_a_fit_that_nothing_can_check_is_told():
    findings = fitted(lambda c: (c.sum(1) % 2).astype(float), 30, samples=31)
    assert findings.diagnostics["fidelity"] == 0
    assert any("none is left to check" in w for w in findings.warnings)


def test_more_than_memory_holds_is_refused_with_the_numbers():
    with pytest.raises(OptionError, match="250000 tokens to 1000 samples.*samples=67 or fewer"):
        fitted(lambda c: c.sum(1), 250_000, samples=1000)


def test_the_strongest_features_alone_get_a_weight():
    coefficients = np.array([0.1, -3, 0.2, 2, -0.1, 1, 0.05])
    findings = fitted(lambda c: c @ coefficients, 7, features=3)
    assert np.flatnonzero(findings.weights).tolist() == [1, 3, 5]


def test_low_fidelity_is_told():

    def parity(c):
        return (c.sum(1) % 2).astype(float)

    findings = fitted(parity, 12)
    assert findings.diagnostics["fidelity"] < 0.3
    assert any("fidelity" in w for w in findings.warnings)


def test_a_constant_is_followed_perfectly():
    y, ones = np.full(3, 7.0), np.ones(3)
    weights, intercept, leverage = weighted_fit(np.eye(3), y, ones, 0.1)
    assert (np.abs(weights).max(), intercept, fidelity_of(np.zeros(3), y, ones, leverage)) == (0, 7, 1)


def test_all_occurrences_of_a_word_at_once():
    """The function asks only whether a word is there: leaving out one of two says nothing."""

    def predict(texts):
        return [2.0 * ("good" in text.lower()) + ("so" in text.lower()) for text in texts]

    common = {"method": "lime", "task": "regression"}
    [bag] = textattr.explain_prediction(predict, "So good, so good!", bag_of_words=True, **common).targets
    np.testing.assert_allclose(bag.heatmap, [0.5, 1, 0, 0.5, 1, 0], atol=0.05)
    [each] = textattr.explain_prediction(predict, "So good, so good!", **common).targets
    assert each.heatmap[1] < 0.9
    assert bag.diagnostics["evaluations"] <= 2**4 < each.diagnostics["evaluations"]


def test_max_evaluations():

    def predict(texts):
        return [len(text.split()) for text in texts]

    explanation = textattr.explain_prediction(
        predict, "one two three four five six", method="lime", max_evaluations=20, task="regression"
    )
    assert explanation.targets[0].diagnostics["samples"] == 20
    assert explanation.targets[0].diagnostics["evaluations"] <= 20
    assert any("max_evaluations=20: 20 of 1000 samples" in w for w in explanation.warnings)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"samples": 1}, "samples must be a whole number of at least 2"),
        ({"features": 0}, "features must be"),
        ({"kernel_width": 0}, "kernel_width must be positive"),
        ({"ridge": "much"}, "ridge must be a number of at least 0"),
    ],
)
def test_options_that_it_cannot_take(options, says):
    with pytest.raises(OptionError, match=says):
        LIME(**options)
