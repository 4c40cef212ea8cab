"""Functions of coalitions, to be explained without any model."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from textattr.perturbation.players import Players
from textattr.perturbation.run_plans import run_plans


class Polynomial:
    """A sum of terms, each a coefficient times the presence of its players."""

    def __init__(self, players, order, seed, terms=30):
        rng = np.random.default_rng(seed)
        self.players = players
        self.terms = [
            (rng.normal(), rng.choice(players, k, False)) for k in range(1, order + 1) for _ in range(terms)
        ]

    def __call__(self, coalitions):
        return 0.5 + sum(c * coalitions[:, term].all(axis=1) for c, term in self.terms)

    def of_set(self, stay):
        coalition = np.zeros((1, self.players), bool)
        coalition[0, list(stay)] = True
        return float(self(coalition)[0])

    @cached_property
    def shapley(self):
        """Each player of a term gets an equal share of it."""
        values = np.zeros(self.players)
        for coefficient, term in self.terms:
            values[term] += coefficient / len(term)
        return values


class FunctionGame:
    """A game of a function of coalitions, bool (M, n) -> (M,), that keeps what it was asked."""

    def __init__(self, function):
        self.function = function
        self.asked = []

    def values(self, asked):
        self.asked += [coalition.tobytes() for _, coalitions in asked for coalition in coalitions]
        return [np.asarray(self.function(coalitions), float) for _, coalitions in asked]


def played(plan, function, players):
    """The findings of a plan, and the game that it played."""
    game = FunctionGame(function)
    who = Players.each_alone(players, [np.arange(players)[:, None]])
    [(findings, count)] = run_plans(game, [who], [plan], lambda _: None)
    assert len(game.asked) == len(set(game.asked)) == count
    return findings, game
