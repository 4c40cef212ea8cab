"""The metrics of `textattr.evaluate`, token by token and copy by copy, on a function of token ids."""

from __future__ import annotations

import math

import numpy as np

REMOVED = object()


def changed(ids, gone, filling):
    """A copy without the tokens at the positions `gone`, or with `filling` in their place."""
    if filling is REMOVED:
        return [token for i, token in enumerate(ids) if i not in gone]
    return [filling if i in gone else token for i, token in enumerate(ids)]


def ranking(weights):
    """Positions, the largest weight first; the weights of these tests have no ties."""
    return sorted(range(len(weights)), key=lambda i: -weights[i])


def deletion_gap(score, ids, weights, filling):
    """Area between the curves, least relevant first and most relevant first."""
    order = ranking(weights)
    total = 0.0
    for k in range(1, len(ids) + 1):
        total += score(changed(ids, set(order[::-1][:k]), filling)) - score(
            changed(ids, set(order[:k]), filling)
        )
    return total / len(ids)


def tops(weights):
    """The most relevant tokens of each bin."""
    order = ranking(weights)
    return [order[: max(1, math.ceil(percent * len(order) / 100))] for percent in (1, 5, 10, 20, 50)]


def comprehensiveness(score, ids, weights, filling):
    """What is lost without the top, mean over the bins."""
    lost = [score(ids) - score(changed(ids, set(top), filling)) for top in tops(weights)]
    return sum(lost) / len(lost)


def sufficiency(score, ids, weights, filling):
    """What is missing with the top alone, mean over the bins."""
    others = [set(range(len(ids))) - set(top) for top in tops(weights)]
    missing = [score(ids) - score(changed(ids, gone, filling)) for gone in others]
    return sum(missing) / len(missing)


def area_under_curve(weights, marked):
    """Pair by pair."""
    pairs = [
        (a, b)
        for a, m in zip(weights, marked, strict=True)
        for b, n in zip(weights, marked, strict=True)
        if m and not n
    ]
    return sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs)


def r_precision(weights, marked):
    """The part of the top that is marked; of equal weights at the border, the mean over all ways to choose."""
    size = sum(marked)
    border = sorted(weights, reverse=True)[size - 1]
    above = [m for w, m in zip(weights, marked, strict=True) if w > border]
    at = [m for w, m in zip(weights, marked, strict=True) if w == border]
    return (sum(above) + (size - len(above)) * sum(at) / len(at)) / size


def spearman(a, b):
    """The correlation of mean ranks."""

    def ranks(values):
        return np.array([sum(w < v for w in values) + (sum(w == v for w in values) + 1) / 2 for v in values])

    return np.corrcoef(ranks(a), ranks(b))[0, 1]


def infidelity(weights, stay, whole, scores):
    """The least squares of losses on sums of weights, relative to the losses."""
    told = [sum(w for w, stays in zip(weights, row, strict=True) if not stays) for row in stay]
    lost = [whole - score for score in scores]
    scale = np.linalg.lstsq(np.array(told)[:, None], np.array(lost), rcond=None)[0][0]
    return sum((scale * t - x) ** 2 for t, x in zip(told, lost, strict=True)) / sum(x**2 for x in lost)
