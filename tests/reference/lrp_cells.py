"""One step of the recurrent cells, and how relevance goes back through it: Arras et al. 2017, section 3.

Where a gate meets a signal, the signal gets all. What a unit adds up from its inputs and its last state is one dense
layer, which `rule` governs. A sum inside a cell is a dense layer with weights 1, which `sums` governs.

The first state is the cell's output. `back(x, states, relevances of the new states, rule)` gives the relevance of x,
and those of the states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .forward import sigmoid
from .lrp_rules import z


def of_two(a, b, relevance, sums):
    """The relevance of a and of b in a + b."""
    units = len(a)
    ones = np.concatenate([np.eye(units), np.eye(units)])
    return np.split(sums(np.concatenate([a, b]), ones, np.zeros(units), relevance), 2)


@dataclass(frozen=True, eq=False)
class LSTMCell:
    """c' = f c + i g, h' = o tanh(c'), with g = tanh(x W + h U + b); gates in the order i, f, g, o."""

    kernel: Any
    recurrent: Any
    bias: Any
    sums: Callable = z

    def zeros(self):
        return (np.zeros(len(self.recurrent)),) * 2

    def gates(self, x, h):
        i, f, g, o = np.split(x @ self.kernel + h @ self.recurrent + self.bias, 4)
        return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)

    def step(self, x, states):
        h, c = states
        i, f, g, o = self.gates(x, h)
        c = f * c + i * g
        return o * np.tanh(c), c

    def back(self, x, states, relevances, rule):
        h, c = states
        i, f, g, _ = self.gates(x, h)
        of_c, of_g = of_two(f * c, i * g, sum(relevances), self.sums)
        weights = np.concatenate([np.split(self.kernel, 4, 1)[2], np.split(self.recurrent, 4, 1)[2]])
        of_inputs = rule(np.concatenate([x, h]), weights, np.split(self.bias, 4)[2], of_g)
        return of_inputs[: len(x)], (of_inputs[len(x) :], of_c)


@dataclass(frozen=True, eq=False)
class GRUCell:
    """h' = z h + (1 - z) g, gates in the order z, r, g.

    With one bias, g = tanh(x W + (r h) U + b), one dense layer. With two, b (2, 3 units), the reset gate comes after:
    g = tanh((x W + b_0) + r (h U + b_1)), the sum of two.
    """

    kernel: Any
    recurrent: Any
    bias: Any
    sums: Callable = z

    def zeros(self):
        return (np.zeros(len(self.recurrent)),)

    def parts(self, x, h):
        of_x, of_h = np.atleast_2d(self.bias) if self.bias.ndim == 2 else (self.bias, 0 * self.bias)
        (zx, rx, gx), (zh, rh, gh) = (
            np.split(x @ self.kernel + of_x, 3),
            np.split(h @ self.recurrent + of_h, 3),
        )
        update, reset = sigmoid(zx + zh), sigmoid(rx + rh)
        if self.bias.ndim == 1:
            gh = (reset * h) @ np.split(self.recurrent, 3, 1)[2]
            return update, reset, gx, gh
        return update, reset, gx, reset * gh

    def step(self, x, states):
        (h,) = states
        update, _, gx, gh = self.parts(x, h)
        return (update * h + (1 - update) * np.tanh(gx + gh),)

    def back(self, x, states, relevances, rule):
        (h,) = states
        update, reset, gx, gh = self.parts(x, h)
        of_h, of_g = of_two(update * h, (1 - update) * np.tanh(gx + gh), relevances[0], self.sums)
        kernel, recurrent = np.split(self.kernel, 3, 1)[2], np.split(self.recurrent, 3, 1)[2]
        if self.bias.ndim == 1:
            both, weights = np.concatenate([x, reset * h]), np.concatenate([kernel, recurrent])
            of_inputs = rule(both, weights, np.split(self.bias, 3)[2], of_g)
            return of_inputs[: len(x)], (of_h + of_inputs[len(x) :],)
        b0, b1 = (np.split(b, 3)[2] for b in self.bias)
        of_gx, of_gh = of_two(gx, gh, of_g, self.sums)
        return rule(x, kernel, b0, of_gx), (of_h + rule(h, recurrent, b1, of_gh),)


@dataclass(frozen=True, eq=False)
class SimpleRNNCell:
    """h' = tanh(x W + h U + b)."""

    kernel: Any
    recurrent: Any
    bias: Any
    sums: Callable = z

    def zeros(self):
        return (np.zeros(len(self.recurrent)),)

    def step(self, x, states):
        return (np.tanh(x @ self.kernel + states[0] @ self.recurrent + self.bias),)

    def back(self, x, states, relevances, rule):
        both = np.concatenate([x, states[0]])
        of_inputs = rule(both, np.concatenate([self.kernel, self.recurrent]), self.bias, relevances[0])
        return of_inputs[: len(x)], (of_inputs[len(x) :],)
