"""LIME's surrogate: a linear model of what the model does around one document."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.perturbation.plan import Findings, Plan, pieces

Array = npt.NDArray[Any]

LOW = 0.7  # fidelity below which the explanation warns


def fit_surrogate(
    players: int, *, samples: int, features: int | None, kernel_width: float, ridge: float, seed: int
) -> Plan:
    """Sample coalitions, weigh them by their distance from the document, and fit a ridge regression."""
    coalitions = sampled_coalitions(players, samples, seed)
    scores = np.zeros(len(coalitions))
    for piece in pieces(len(coalitions), players):
        scores[piece] = yield coalitions[piece]
    closeness = kernel(coalitions, kernel_width)
    weights, intercept, fidelity = weighted_ridge(coalitions.astype(float), scores, closeness, ridge)
    warning = (
        f"LIME's surrogate follows the model badly around this document: its fidelity (weighted R2) is {fidelity:.2f}, "
        "where 1 is perfect, so that the weights say little; where more samples do not help, the words act together, "
        "and shapley_sampling shares that out"
    )
    shown = weights.copy()
    if features is not None and features < players:
        shown[np.argsort(-np.abs(weights), kind="stable")[features:]] = 0
    diagnostics = {"fidelity": fidelity, "intercept": intercept, "samples": len(coalitions)}
    return Findings(shown, diagnostics, warnings=(warning,) if fidelity < LOW else ())


def sampled_coalitions(players: int, samples: int, seed: int) -> Array:
    """The whole document, then for each sample a number of players to leave out, 1 to n, and that many of them.

    Drawn from the bits of NumPy's PCG64, which are the same in every version and on every machine.
    """
    bits = np.random.PCG64(seed)
    numbers = 1 + bits.random_raw(samples - 1) % np.uint64(max(players, 1))
    keys = bits.random_raw((samples - 1, players))
    rank = np.argsort(np.argsort(keys, axis=1, kind="stable"), axis=1)
    left = rank >= numbers[:, None].astype(np.int64)
    return np.concatenate([np.ones((1, players), bool), left])


def kernel(coalitions: Array, width: float) -> Array:
    """exp(-d^2 / width^2), d in [0, 1] being the cosine distance of a coalition from that of all."""
    distance = 1 - np.sqrt(coalitions.mean(1))
    return np.asarray(np.exp(-((distance / width) ** 2)))


def weighted_ridge(x: Array, y: Array, weights: Array, ridge: float) -> tuple[Array, float, float]:
    """Coefficients, intercept and weighted R2 of min sum_i w_i (y_i - b0 - x_i b)^2 + ridge |b|^2.

    R2 is 1 where y is constant: a constant is then the perfect model.
    """
    total = weights.sum()
    mean_x, mean_y = weights @ x / total, weights @ y / total
    centred, target = x - mean_x, y - mean_y
    weighted = centred * weights[:, None]
    coefficients = np.linalg.solve(weighted.T @ centred + ridge * np.eye(x.shape[1]), weighted.T @ target)
    intercept = float(mean_y - mean_x @ coefficients)
    unexplained = weights @ (target - centred @ coefficients) ** 2
    variance = weights @ target**2
    constant = variance <= total * (1e-7 * max(np.abs(y).max(), 1e-30)) ** 2
    return coefficients, intercept, 1.0 if constant else float(1 - unexplained / variance)
