"""Recurrent layers, step by step there and back. A step that is padding is left out: the states stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .lrp_cells import of_two
from .lrp_rules import z


@dataclass(frozen=True, eq=False)
class Recurrent:
    """A cell over the steps. With `sequences`, a padding step's output is the last one, or 0 with `zeros`."""

    cell: Any
    sequences: bool = False
    backwards: bool = False
    zeros: bool = False
    name: str = "recurrent"

    def order(self, x):
        return range(len(x))[::-1] if self.backwards else range(len(x))

    def run(self, x, steps):
        """The states before each step in reading order, and after the last."""
        states = [self.cell.zeros()]
        for t in self.order(x):
            states.append(self.cell.step(x[t], states[-1]) if steps[t] else states[-1])
        return states

    def forward(self, x, steps):
        outputs = np.array([state[0] for state in self.run(x, steps)[1:]])
        if not self.sequences:
            return outputs[-1]
        if self.zeros:
            outputs[~steps[list(self.order(x))]] = 0
        return outputs

    def back(self, x, relevance, rule, steps):
        states = self.run(x, steps)[:-1]
        out = np.zeros_like(x)
        carried = [np.zeros_like(state) for state in states[0]]
        if not self.sequences:
            carried[0] = relevance
        for n, t in reversed(list(enumerate(self.order(x)))):
            if self.sequences and (steps[t] or not self.zeros):
                carried[0] = carried[0] + relevance[n]
            if steps[t]:
                out[t], carried = self.cell.back(x[t], states[n], carried, rule)
                carried = list(carried)
        return out


@dataclass(frozen=True, eq=False)
class Bidirectional:
    """Two recurrent layers, the second backwards; what they read meets by `merge`: concat, sum, ave or mul."""

    there: Recurrent
    back_again: Recurrent
    merge: str = "concat"
    name: str = "bidirectional"

    def both(self, x, steps):
        a, b = self.there.forward(x, steps), self.back_again.forward(x, steps)
        return a, b[::-1] if self.there.sequences else b

    def forward(self, x, steps):
        a, b = self.both(x, steps)
        match self.merge:
            case "concat":
                return np.concatenate([a, b], -1)
            case "sum":
                return a + b
            case "ave":
                return (a + b) / 2
            case "mul":
                return a * b

    def back(self, x, relevance, rule, steps):
        a, b = self.both(x, steps)
        match self.merge:
            case "concat":
                of_a, of_b = np.split(relevance, [a.shape[-1]], -1)
            case "sum" | "ave":
                flat = of_two(a.reshape(-1), b.reshape(-1), relevance.reshape(-1), z)
                of_a, of_b = (r.reshape(a.shape) for r in flat)
            case "mul":  # two signals share equally
                of_a = of_b = relevance / 2
        if self.there.sequences:
            of_b = of_b[::-1]
        return self.there.back(x, of_a, rule, steps) + self.back_again.back(x, of_b, rule, steps)
