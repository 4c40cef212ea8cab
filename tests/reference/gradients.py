"""The gradient methods, straight from their papers, with gradients by central differences in float64."""

from __future__ import annotations

import numpy as np


def gradient(f, x, step=1e-6):
    """d f / d x for a function of an array to a number."""
    out = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += step
        down[at] -= step
        out[at] = (f(up) - f(down)) / (2 * step)
    return out


def saliency(f, x):
    return np.abs(gradient(f, x))


def gradient_x_input(f, x):
    return x * gradient(f, x)


def smoothgrad(f, x, noises, method):
    """The mean of `method` over x + noise."""
    return np.mean([method(f, x + noise) for noise in noises], axis=0)


def integrated_gradients(f, x, baseline, nodes, weights):
    """(x - b) times the weighted sum of gradients along the straight line."""
    total = np.zeros_like(x)
    for node, weight in zip(nodes, weights, strict=True):
        total += weight * gradient(f, baseline + node * (x - baseline))
    return (x - baseline) * total
