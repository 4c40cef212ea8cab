"""Layers of a network, one document at a time: what each computes, and how relevance goes back through it.

`back(x, relevance, rule)` gives the relevance of x. A rule governs the layers that have weights; the others behave
the same under every rule. `steps`, bool (T,), says which steps are not padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .lrp_rules import pass_on, z


@dataclass(frozen=True, eq=False)
class Dense:
    """y = x W + b, for each step where x has steps."""

    weights: Any
    bias: Any
    name: str = "dense"

    def forward(self, x, steps):
        return x @ self.weights + self.bias

    def back(self, x, relevance, rule, steps):
        if x.ndim == 1:
            return rule(x, self.weights, self.bias, relevance)
        return np.array([self.back(row, r, rule, steps) for row, r in zip(x, relevance, strict=True)])


@dataclass(frozen=True, eq=False)
class Conv1D:
    """Each output step is a dense layer of the steps in its window. Padding is no input: it is left out."""

    weights: Any
    bias: Any
    padding: str = "valid"
    stride: int = 1
    dilation: int = 1
    name: str = "conv"

    def windows(self, length):
        """For each output step: the input steps in its window, and the kernel rows that they meet."""
        reach = (len(self.weights) - 1) * self.dilation
        match self.padding:
            case "valid":
                starts = range(0, length - reach, self.stride)
            case "causal":
                starts = range(-reach, length - reach, self.stride)
            case "same":
                count = -(-length // self.stride)
                missing = max((count - 1) * self.stride + reach + 1 - length, 0)
                starts = [t * self.stride - missing // 2 for t in range(count)]
        for start in starts:
            met = [(start + k * self.dilation, k) for k in range(len(self.weights))]
            inside = [(at, k) for at, k in met if 0 <= at < length]
            yield [at for at, _ in inside], [k for _, k in inside]

    def forward(self, x, steps):
        return np.array(
            [np.einsum("kd,kdf->f", x[at], self.weights[k]) + self.bias for at, k in self.windows(len(x))]
        )

    def back(self, x, relevance, rule, steps):
        if rule is pass_on:
            return relevance
        out = np.zeros_like(x)
        for (at, k), r in zip(self.windows(len(x)), relevance, strict=True):
            window, weights = x[at].reshape(-1), self.weights[k].reshape(-1, len(self.bias))
            out[at] += rule(window, weights, self.bias, r).reshape(len(at), -1)
        return out


@dataclass(frozen=True, eq=False)
class Activation:
    """An element-wise function: relevance passes."""

    function: Any
    name: str = "activation"

    def forward(self, x, steps):
        return self.function(x)

    def back(self, x, relevance, rule, steps):
        return relevance


@dataclass(frozen=True, eq=False)
class Flatten:
    name: str = "flatten"

    def forward(self, x, steps):
        return x.reshape(-1)

    def back(self, x, relevance, rule, steps):
        return relevance.reshape(x.shape)


def to_the_winners(x, relevance):
    """The relevance of a maximum over the first axis goes to the largest; equally large ones share it."""
    winners = x == x.max(0)
    return winners / winners.sum(0) * relevance


def to_the_parts(x, relevance):
    """The relevance of a mean or a sum over the first axis: the z-rule."""
    ones = np.ones((len(x), 1))
    columns = [z(x[:, d], ones, 0, relevance[d : d + 1]) for d in range(x.shape[1])]
    return np.stack(columns, 1)


@dataclass(frozen=True, eq=False)
class MaxPooling1D:
    """The largest in each window; `size` None: of all steps."""

    size: int | None = None
    name: str = "pool"

    def windows(self, x):
        size = self.size or len(x)
        return [slice(t, t + size) for t in range(0, len(x) - size + 1, size)]

    def forward(self, x, steps):
        y = np.array([x[window].max(0) for window in self.windows(x)])
        return y if self.size else y[0]

    def back(self, x, relevance, rule, steps):
        out = np.zeros_like(x)
        for window, r in zip(self.windows(x), np.atleast_2d(relevance), strict=True):
            out[window] = to_the_winners(x[window], r)
        return out


@dataclass(frozen=True, eq=False)
class AveragePooling1D:
    """The mean of each window; `size` None: of all steps that are not padding."""

    size: int | None = None
    name: str = "pool"

    def windows(self, x, steps):
        if self.size is None:
            return [np.flatnonzero(steps)]
        return [np.arange(t, t + self.size) for t in range(0, len(x) - self.size + 1, self.size)]

    def forward(self, x, steps):
        y = np.array([x[window].mean(0) for window in self.windows(x, steps)])
        return y if self.size else y[0]

    def back(self, x, relevance, rule, steps):
        out = np.zeros_like(x)
        for window, r in zip(self.windows(x, steps), np.atleast_2d(relevance), strict=True):
            out[window] = to_the_parts(x[window], r)
        return out
