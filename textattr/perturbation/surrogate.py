"""LIME's surrogate: a linear model of what the model does around one document."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import OptionError
from textattr.perturbation.coalition_plan import Plan, PlanResult, pieces

Array = npt.NDArray[Any]

LOW = 0.7  # fidelity below which the explanation warns
MOST_ENTRIES = 2**24  # of the matrix that is fitted: samples times tokens; 128 MB

_LEAST_WEIGHT = 1e-12  # of a version, the document having 1: below, rounding would decide
_DETERMINED = 1e-6  # a version that decides all but so much of its own fitted score cannot be checked


def fit_surrogate(
    players: int, *, samples: int, features: int | None, kernel_width: float, ridge: float, seed: int
) -> Plan:
    """Take coalitions, weigh them by their distance from the document, and fit a linear model.

    Raises:
        OptionError: where the fit would take too much memory.
    """
    if samples * players > MOST_ENTRIES:
        raise OptionError(
            f"LIME would fit {players} tokens to {samples} samples, a matrix of {samples * players} numbers, more "
            f"than {MOST_ENTRIES}: pass samples={max(MOST_ENTRIES // players, 2)} or fewer, or bag_of_words=True"
        )
    coalitions = chosen_coalitions(players, samples, seed)
    scores = np.zeros(len(coalitions))
    for piece in pieces(len(coalitions), players):
        scores[piece] = yield coalitions[piece]
    first, times = _different(coalitions)  # what was drawn twice counts twice, but cannot check itself
    each, scores = coalitions[first], scores[first]
    closeness = kernel(each, kernel_width) * times
    weights, intercept, leverage = weighted_fit(each, scores, closeness, ridge)
    residuals = scores - intercept - each @ weights
    if len(each) == 2.0 ** min(players, 64):
        leverage = np.zeros_like(leverage)  # there are no others to be checked with
    fidelity = fidelity_of(residuals, scores, closeness, leverage)
    shown = weights.copy()
    if features is not None and features < players:
        shown[np.argsort(-np.abs(weights), kind="stable")[features:]] = 0
    diagnostics = {"fidelity": fidelity or 0.0, "intercept": intercept, "samples": len(coalitions)}
    return PlanResult(shown, diagnostics, warnings=_doubts(fidelity, len(coalitions), players))


def _doubts(fidelity: float | None, samples: int, players: int) -> tuple[str, ...]:
    if fidelity is None:
        warning = (
            f"LIME fitted {players} coefficients to {samples} versions of the document, so that none is left to check "
            "them with: raise samples"
        )
        return (warning,)
    warning = (
        f"LIME's surrogate follows the model badly around this document: its fidelity (weighted R2) is {fidelity:.2f}, "
        "where 1 is perfect, so that the weights say little; where more samples do not help, the words act together, "
        "and shapley_sampling shares that out"
    )
    return (warning,) if fidelity < LOW else ()


def _different(coalitions: Array) -> tuple[Array, Array]:
    """Where each coalition stands first, and how often it is there: int (m,) each, in order."""
    _, first, times = np.unique(
        np.packbits(coalitions, axis=1), axis=0, return_index=True, return_counts=True
    )
    order = np.argsort(first)
    return first[order], times[order]


def chosen_coalitions(players: int, samples: int, seed: int) -> Array:
    """All coalitions where they are no more than `samples`; else the whole document, single removals, and random ones.

    Each player alone is left out where `samples` is enough for all of them.
    """
    if players < 32 and 2**players <= samples:
        return np.asarray((np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 0)
    if players >= samples:
        return sampled_coalitions(players, samples, seed)
    singles = ~np.eye(players, dtype=bool)
    drawn = sampled_coalitions(players, samples - players, seed)
    return np.concatenate([drawn[:1], singles, drawn[1:]])


def sampled_coalitions(players: int, samples: int, seed: int) -> Array:
    """The whole document, then for each sample a number of players to leave out, 1 to n, and that many of them.

    Drawn from the bits of NumPy's PCG64, which are the same in every version and on every machine.
    """
    bits = np.random.PCG64(seed)
    numbers = 1 + bits.random_raw(samples - 1) % np.uint64(max(players, 1))
    coalitions = np.ones((samples, players), bool)
    for piece in pieces(samples - 1, players):
        keys = bits.random_raw((piece.stop - piece.start, players))
        rank = np.argsort(np.argsort(keys, axis=1, kind="stable"), axis=1)
        coalitions[1:][piece] = rank >= numbers[piece, None].astype(np.int64)
    return coalitions


def kernel(coalitions: Array, width: float) -> Array:
    """exp(-d^2 / width^2), d in [0, 1] being the cosine distance of a coalition from that of all; 1e-12 at least."""
    distance = 1 - np.sqrt(coalitions.mean(1))
    with np.errstate(over="ignore"):
        return np.asarray(np.maximum(np.exp(-((distance / width) ** 2)), _LEAST_WEIGHT))


def weighted_fit(x: Array, y: Array, weights: Array, ridge: float) -> tuple[Array, float, Array]:
    """Coefficients, intercept and leverages of min sum_i w_i (y_i - b0 - x_i b)^2 + ridge |b|^2.

    With ridge 0, of all that fit equally well the smallest coefficients. The leverage of i, in [0, 1], is how far its
    own y_i decides what is fitted there.
    """
    total = weights.sum()
    mean_x, mean_y = weights @ x / total, weights @ y / total
    root = np.sqrt(weights)
    u, s, vt = np.linalg.svd((x - mean_x) * root[:, None], full_matrices=False)
    kept = s > s.max(initial=0) * max(x.shape) * np.finfo(float).eps
    u, s, vt = u[:, kept], s[kept], vt[kept]
    coefficients = (u.T @ (root * (y - mean_y)) * s / (s**2 + ridge)) @ vt
    leverage = weights / total + u**2 @ (s**2 / (s**2 + ridge))
    return coefficients, float(mean_y - mean_x @ coefficients), leverage


def fidelity_of(residuals: Array, y: Array, weights: Array, leverage: Array) -> float | None:
    """The weighted R2 of what is fitted at each i without its own y_i; None where most decide their own.

    The first is the document itself. Without i, the residual there is r_i / (1 - leverage_i). R2 is 1 where y is
    constant: a constant is then the perfect model.
    """
    determined = 1 - leverage > _DETERMINED
    total = weights.sum()
    variance = weights @ (y - weights @ y / total) ** 2
    if variance <= total * (1e-7 * max(np.abs(y).max(), 1e-30)) ** 2:
        return 1.0
    if weights[1:][determined[1:]].sum() < weights[1:].sum() / 2:
        return None
    y, weights = y[determined], weights[determined]
    unexplained = weights @ (residuals[determined] / (1 - leverage[determined])) ** 2
    variance = weights @ (y - weights @ y / weights.sum()) ** 2
    return float(1 - unexplained / variance) if variance > 0 else None
