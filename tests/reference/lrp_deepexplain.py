"""DeepExplain's epsilon-LRP: gradient * input, with each activation's slope replaced (Ancona et al. 2018, table 1).

The slope of f at z becomes f(z) / (z + epsilon sign(z)). Everything else, a product inside an LSTM too, keeps its
gradient, and nothing else is stabilised.
"""

from __future__ import annotations

import numpy as np

from .forward import sigmoid
from .lrp_layers import Activation, AveragePooling1D, Conv1D, Dense, Flatten, MaxPooling1D, to_the_winners
from .lrp_network import seen_by
from .lrp_rules import sign


def slope(f, value, epsilon):
    return f(value) / (value + epsilon * sign(value))


def through_lstm(cell, x, gradient, epsilon):
    """The changed gradient of the vectors x (T, D), from that of the last output."""
    states = [cell.zeros()]
    for row in x:
        states.append(cell.step(row, states[-1]))
    out = np.zeros_like(x)
    of_h, of_c = gradient, np.zeros_like(gradient)
    for t in range(len(x))[::-1]:
        h, c = states[t]
        zi, zf, zg, zo = np.split(x[t] @ cell.kernel + h @ cell.recurrent + cell.bias, 4)
        now = states[t + 1][1]
        of_c = of_c + of_h * sigmoid(zo) * slope(np.tanh, now, epsilon)
        of_gates = np.concatenate(
            [
                of_c * np.tanh(zg) * slope(sigmoid, zi, epsilon),
                of_c * c * slope(sigmoid, zf, epsilon),
                of_c * sigmoid(zi) * slope(np.tanh, zg, epsilon),
                of_h * np.tanh(now) * slope(sigmoid, zo, epsilon),
            ]
        )
        of_c = of_c * sigmoid(zf)
        out[t], of_h = cell.kernel @ of_gates, cell.recurrent @ of_gates
    return out


def back(layer, x, gradient, epsilon):
    match layer:
        case Dense():
            return layer.weights @ gradient
        case Conv1D():
            out = np.zeros_like(x)
            for (at, k), g in zip(layer.windows(len(x)), gradient, strict=True):
                out[at] += layer.weights[k] @ g
            return out
        case Activation():
            return gradient * slope(layer.function, x, epsilon)
        case Flatten():
            return gradient.reshape(x.shape)
        case MaxPooling1D(size=None):
            return to_the_winners(x, gradient)
        case AveragePooling1D():
            return np.repeat(gradient, layer.size, 0) / layer.size
        case _:
            return through_lstm(layer.cell, x, gradient, epsilon)


def relevance(layers, x, unit, epsilon, probability=False):
    """The relevance of x (T, D) for a logit; or for a probability: a sigmoid is an activation, a softmax is none."""
    seen, logits = seen_by(layers, x, None)
    gradient = np.zeros_like(logits)
    gradient[unit] = 1
    if probability and len(logits) == 1:
        gradient = slope(sigmoid, logits, epsilon)
    elif probability:
        chances = np.exp(logits - logits.max())
        chances /= chances.sum()
        gradient = chances[unit] * (gradient - chances)
    for layer, (value, _) in reversed(list(zip(layers, seen, strict=True))):
        gradient = back(layer, value, gradient, epsilon)
    return x * gradient
