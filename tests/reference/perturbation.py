"""Occlusion, Shapley values, Owen values and LIME, straight from their definitions.

A value function takes the set of the players that stay and gives a number.
"""

from __future__ import annotations

from itertools import combinations, permutations
from math import factorial

import numpy as np


def occlusion(value, players, windows):
    """The effects of all windows that hold a player over the sum of their sizes."""
    everybody = frozenset(range(players))
    effects, sizes = np.zeros(players), np.zeros(players)
    for window in windows:
        for player in window:
            effects[player] += value(everybody) - value(everybody - set(window))
            sizes[player] += len(window)
    return effects / sizes


def shapley(value, players):
    """sum over S of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))."""
    result = np.zeros(players)
    for i in range(players):
        others = [j for j in range(players) if j != i]
        for size in range(players):
            weight = factorial(size) * factorial(players - size - 1) / factorial(players)
            for chosen in combinations(others, size):
                result[i] += weight * (value(frozenset(chosen) | {i}) - value(frozenset(chosen)))
    return result


def shapley_of_orders(value, orders):
    """The mean contribution over orders in which the players leave."""
    result = np.zeros(len(orders[0]))
    for order in orders:
        stay = frozenset(order)
        for player in order:
            result[player] += value(stay) - value(stay - {player})
            stay -= {player}
    return result / len(orders)


def owen(value, tree):
    """The mean over all orders in which the members of a union follow one another."""
    return shapley_of_orders(value, list(orders_of(tree)))


def orders_of(tree):
    """All orders of the players that keep each union together."""
    if isinstance(tree, int):
        yield [tree]
        return
    for members in permutations(tree):
        rows = [[]]
        for member in members:
            rows = [[*row, *rest] for row in rows for rest in orders_of(member)]
        yield from rows


def lime(coalitions, scores, width, ridge):
    """Coefficients of the weighted ridge regression, with the intercept not shrunk, and its fidelity.

    The fidelity is the weighted R2 of predictions at each version by a regression on all different ones.
    """
    count = len(coalitions)
    weights = np.array([lime_weight(stay, width) for stay in coalitions])
    coefficients, _ = _lime_fit(coalitions, scores, weights, ridge)
    predicted = np.zeros(count)
    for i in range(count):
        others = (coalitions != coalitions[i]).any(1)
        slope, intercept = _lime_fit(coalitions[others], scores[others], weights[others], ridge)
        predicted[i] = intercept + coalitions[i] @ slope
    mean = weights @ scores / weights.sum()
    r2 = 1 - weights @ (scores - predicted) ** 2 / (weights @ (scores - mean) ** 2)
    return coefficients, r2


def lime_weight(stay, width):
    """The kernel, of the cosine distance from the whole document."""
    cosine = stay.sum() / (np.sqrt(stay.sum()) * np.sqrt(len(stay))) if stay.any() else 0.0
    return max(np.exp(-((1 - cosine) ** 2) / width**2), 1e-12)


def _lime_fit(coalitions, scores, weights, ridge):
    """Coefficients and intercept."""
    count, players = coalitions.shape
    design = np.column_stack([np.ones(count), coalitions]) * np.sqrt(weights)[:, None]
    penalty = np.sqrt(ridge) * np.eye(players + 1)[1:]
    solution, *_ = np.linalg.lstsq(
        np.vstack([design, penalty]), np.append(scores * np.sqrt(weights), np.zeros(players)), rcond=None
    )
    return solution[1:], solution[0]
