"""DeepLIFT with the Rescale rule, one document, layer by layer in plain NumPy.

Shrikumar et al. 2017: a multiplier says what an output's distance from that of the baseline owes to an input's, per
unit. Linear layers have their weights for multipliers; a function of one number the slope between the two runs, and
where these are nearly equal its derivative in the middle. Of a product each factor has the mean of the other. What a
maximum gains over the larger of the two goes to the winners of each run.
"""

from __future__ import annotations

import numpy as np

from .forward import relu, sigmoid
from .lrp_layers import Activation, AveragePooling1D, Conv1D, Dense, Flatten, MaxPooling1D
from .lrp_network import seen_by
from .lrp_recurrent import Bidirectional, Recurrent

NEAR = 1e-5
DERIVATIVES = {
    relu: lambda x: np.where(x > 0, 1.0, 0.0),
    sigmoid: lambda x: sigmoid(x) * (1 - sigmoid(x)),
    np.tanh: lambda x: 1 - np.tanh(x) ** 2,
}


def slope(f, x, x0):
    out = DERIVATIVES[f]((x + x0) / 2)
    far = np.abs(x - x0) > NEAR
    out[far] = (f(x) - f(x0))[far] / (x - x0)[far]
    return out


def through_maximum(x, x0, multiplier):
    """The multipliers of the numbers x of one window, whose largest has the multiplier that is given."""
    y, y0 = x.max(), x0.max()
    won, won0 = np.flatnonzero(x == y), np.flatnonzero(x0 == y0)
    both = np.intersect1d(won, won0)
    top = max(y, y0)
    out = np.zeros_like(x)
    if y == y0 and len(both):
        out[both] = multiplier / len(both)
    for gained, winners in ((top - y0, won), (y - top, both if len(both) else won0)):
        if gained:
            for i in winners:
                out[i] += multiplier * gained / len(winners) / (x - x0)[i]
    return out


def through_lstm(cell, x, x0, multipliers):
    """The multipliers of the vectors x (T, D), from those of the outputs of all steps."""
    paths = []
    for vectors in (x, x0):
        states = [cell.zeros()]
        for row in vectors:
            states.append(cell.step(row, states[-1]))
        paths.append(states)
    out = np.zeros_like(x)
    of_h, of_c = np.zeros(len(cell.recurrent)), np.zeros(len(cell.recurrent))
    for t in range(len(x))[::-1]:
        of_h = of_h + multipliers[t]
        gates, befores, afters = [], [], []
        for vectors, states in zip((x, x0), paths, strict=True):
            (h, c), (_, after) = states[t], states[t + 1]
            gates.append(np.split(vectors[t] @ cell.kernel + h @ cell.recurrent + cell.bias, 4))
            befores.append(c)
            afters.append(after)
        (i, f, g, o), (i0, f0, g0, o0) = gates
        (c, c0), (after, after0) = befores, afters
        of_c = of_c + of_h * (sigmoid(o) + sigmoid(o0)) / 2 * slope(np.tanh, after, after0)
        of_gates = np.concatenate(
            [
                of_c * (np.tanh(g) + np.tanh(g0)) / 2 * slope(sigmoid, i, i0),
                of_c * (c + c0) / 2 * slope(sigmoid, f, f0),
                of_c * (sigmoid(i) + sigmoid(i0)) / 2 * slope(np.tanh, g, g0),
                of_h * (np.tanh(after) + np.tanh(after0)) / 2 * slope(sigmoid, o, o0),
            ]
        )
        of_c = of_c * (sigmoid(f) + sigmoid(f0)) / 2
        out[t], of_h = cell.kernel @ of_gates, cell.recurrent @ of_gates
    return out


def recurrent(layer, x, x0, multiplier):
    if layer.backwards:
        return recurrent_forwards(layer, x[::-1], x0[::-1], multiplier)[::-1]
    return recurrent_forwards(layer, x, x0, multiplier)


def recurrent_forwards(layer, x, x0, multiplier):
    if not layer.sequences:
        last = multiplier
        multiplier = np.zeros((len(x), len(last)))
        multiplier[-1] = last
    return through_lstm(layer.cell, x, x0, multiplier)


def back(layer, x, x0, multiplier):
    match layer:
        case Dense():
            return multiplier @ layer.weights.T
        case Conv1D():
            out = np.zeros_like(x)
            for (at, k), m in zip(layer.windows(len(x)), multiplier, strict=True):
                np.add.at(out, at, layer.weights[k] @ m)
            return out
        case Activation():
            return multiplier * slope(layer.function, x, x0)
        case Flatten():
            return multiplier.reshape(x.shape)
        case AveragePooling1D():
            out = np.zeros_like(x)
            for at, m in zip(layer.windows(x, np.ones(len(x), bool)), np.atleast_2d(multiplier), strict=True):
                out[at] += m / len(at)
            return out
        case MaxPooling1D():
            out = np.zeros_like(x)
            for window, row in zip(layer.windows(x), np.atleast_2d(multiplier), strict=True):
                for unit, m in enumerate(row):
                    out[window, unit] += through_maximum(x[window, unit], x0[window, unit], m)
            return out
        case Recurrent():
            return recurrent(layer, x, x0, multiplier)
        case Bidirectional(merge="concat"):
            there, again = np.split(multiplier, 2, -1)
            if layer.there.sequences:
                again = again[::-1]
            return recurrent(layer.there, x, x0, there) + recurrent(layer.back_again, x, x0, again)
        case _:
            raise NotImplementedError(layer)


def attributions(layers, x, x0, unit):
    """What each number of x (T, D) contributes to the unit's distance from its value for the baseline x0."""
    (seen, output), (seen0, _) = seen_by(layers, x, None), seen_by(layers, x0, None)
    multiplier = np.zeros_like(output)
    multiplier[unit] = 1
    for layer, (value, _), (value0, _) in reversed(list(zip(layers, seen, seen0, strict=True))):
        multiplier = back(layer, value, value0, multiplier)
    return multiplier * (x - x0)
