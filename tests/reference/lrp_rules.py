"""The rules of layer-wise relevance propagation for one dense layer, straight from their papers, in float64.

A rule takes the inputs x (n,), the weights (n, m), the bias (m,) and the relevance of the m outputs, and gives the
relevance of the n inputs. With z_ij = x_i w_ij, output j is z_j = sum_i z_ij + b_j.
"""

from __future__ import annotations

import numpy as np

TINY = 1e-16  # instead of 0 / 0


def sign(z):
    """1 where z >= 0, also at 0; else -1."""
    return np.where(z >= 0, 1.0, -1.0)


def share(parts, whole, relevance):
    """R_i = sum_j parts_ij / whole_j R_j."""
    return (parts / (whole + TINY * sign(whole)) * relevance).sum(1)


def z(x, weights, bias, relevance):
    """Bach et al. 2015, eq. 56."""
    parts = x[:, None] * weights
    return share(parts, parts.sum(0) + bias, relevance)


def epsilon(size):
    """Bach et al. 2015, eq. 58: the denominator is moved away from 0."""

    def rule(x, weights, bias, relevance):
        parts = x[:, None] * weights
        whole = parts.sum(0) + bias
        return share(parts, whole + size * sign(whole), relevance)

    return rule


def epsilon_with_bias(size, factor):
    """Arras et al. 2017, eq. 1: the bias and the stabiliser are shared out over the inputs, times `factor`."""

    def rule(x, weights, bias, relevance):
        parts = x[:, None] * weights
        whole = parts.sum(0) + bias
        stabiliser = size * sign(whole)
        return share(parts + factor * (bias + stabiliser) / len(x), whole + stabiliser, relevance)

    return rule


def gamma(size):
    """Montavon et al. 2019, section 10.2.3: positive weights count more. For inputs of either sign."""

    def rule(x, weights, bias, relevance):
        parts = x[:, None] * (weights + size * np.maximum(weights, 0))
        return share(parts, parts.sum(0) + bias + size * np.maximum(bias, 0), relevance)

    return rule


def alpha_beta(alpha, beta, bias="whole"):
    """Bach et al. 2015, eq. 60, with alpha - beta = 1; programs differ in what becomes of the bias."""
    treatment = bias

    def rule(x, weights, bias, relevance):
        parts = x[:, None] * weights
        positive, negative = np.maximum(parts, 0), np.minimum(parts, 0)
        with_positive, with_negative = {
            "whole": (bias, bias),
            "split": (np.maximum(bias, 0), np.minimum(bias, 0)),
            "ignore": (0, 0),
        }[treatment]
        for_it = share(positive, positive.sum(0) + with_positive, relevance)
        against_it = share(negative, negative.sum(0) + with_negative, relevance)
        return alpha * for_it - beta * against_it

    return rule


def z_plus(x, weights, bias, relevance):
    """Montavon et al. 2017, eq. 14: positive contributions alone, no bias."""
    positive = np.maximum(x[:, None] * weights, 0)
    return share(positive, positive.sum(0), relevance)


def w_square(x, weights, bias, relevance):
    """Montavon et al. 2017, eq. 12: the inputs do not matter."""
    return share(weights**2, (weights**2).sum(0), relevance)


def flat(x, weights, bias, relevance):
    """Lapuschkin et al. 2019: neither inputs nor weights matter."""
    return np.full(len(x), relevance.sum() / len(x))


def z_box(low, high):
    """Montavon et al. 2017, eq. 17: inputs between `low` and `high`, numbers or one per component of a vector."""

    def rule(x, weights, bias, relevance):
        lowest, highest = (np.resize(limit, len(x))[:, None] for limit in (low, high))
        parts = x[:, None] * weights - lowest * np.maximum(weights, 0) - highest * np.minimum(weights, 0)
        return share(parts, parts.sum(0), relevance)

    return rule


def pass_on(x, weights, bias, relevance):
    """As if output i were input i."""
    return relevance
