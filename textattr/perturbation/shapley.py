"""Shapley values, and Owen values where the players form unions: sampled or exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.perturbation.coalition_plan import Plan, PlanResult, pieces
from textattr.perturbation.permutations import Tree, leaves

Array = npt.NDArray[Any]

ROUND = 5  # observations between two looks at the standard errors
NOISY = 0.5  # of the largest weight: above this standard error the explanation warns
_ROUNDING = 1e-6  # of the scores, in float32


def sampled(
    players: int, observations: Iterator[Array], count: int, tolerance: float | None, stopped_by: str
) -> Plan:
    """The mean contribution of each player, over permutations in which one after the other is left out.

    Args:
        players: how many there are.
        observations: int (k, n) each: k permutations that make one observation (a pair, or a single one).
        count: the most observations to make.
        tolerance: stop when no standard error is larger than this share of f(x) - f(nothing); None: make all.
        stopped_by: what to raise for more observations, for the warning.
    """
    seen: list[Array] = []
    permutations = 0
    whole = empty = 0.0
    error = np.full(players, np.nan)
    while len(seen) < count:
        orders = list(islice(observations, min(ROUND, count - len(seen))))
        for group in _in_pieces(orders, players):
            scores = yield np.concatenate([leaving(order) for orders_ in group for order in orders_])
            steps = scores.reshape(-1, players + 1)
            whole, empty = float(steps[0, 0]), float(steps[0, -1])
            contributions = iter(steps[:, :-1] - steps[:, 1:])
            for orders_ in group:
                each = np.zeros((len(orders_), players))
                for order, row in zip(orders_, each, strict=True):
                    row[order] = next(contributions)
                seen.append(each.mean(0))
                permutations += len(orders_)
        error = standard_error(seen)
        if tolerance is not None and is_small(error, tolerance, whole, empty):
            break
    weights = np.mean(seen, axis=0)
    return summary(weights, error, whole, empty, permutations, tolerance, stopped_by)


def summary(
    weights: Array,
    error: Array,
    whole: float,
    empty: float,
    permutations: int,
    tolerance: float | None,
    stopped_by: str,
) -> PlanResult:
    """What was sampled, with a warning where it is uncertain."""
    largest, found = error.max(initial=0), f"after {permutations} permutations the largest standard error is"
    warning = None
    if tolerance is not None and not is_small(error, tolerance, whole, empty):
        warning = (
            f"Shapley sampling did not reach the tolerance: {found} {largest:.4g}, with f(x) - f(baseline) = "
            f"{whole - empty:.4g}; raise {stopped_by}"
        )
    elif np.isnan(largest):
        warning = f"one permutation does not tell how uncertain its weights are: raise {stopped_by}"
    elif largest > max(NOISY * np.abs(weights).max(initial=0), _rounding(whole, empty)):
        warning = (
            f"the weights are uncertain: {found} {largest:.4g}, the largest weight {np.abs(weights).max():.4g}; "
            f"raise {stopped_by}"
        )
    diagnostics = {**_efficiency(weights, whole, empty), "permutations": permutations}
    warnings = () if warning is None else (warning,)
    return PlanResult(weights, diagnostics, {"standard_error": error}, warnings)


def exact(tree: Tree) -> Plan:
    """Every coalition that counts, with its weight.

    A player's contribution v(S + i) - v(S) is averaged over the sets S of its siblings, each of size s with the weight
    s! (m - s - 1)! / m!, and on each level above likewise over the siblings of the unions that it belongs to, which
    are there as a whole or not at all.
    """
    players = len(leaves(tree))
    weights = np.zeros(players)
    whole, empty = yield np.stack([np.ones(players, bool), np.zeros(players, bool)])
    for player, unions in _with_siblings(tree):
        without, share = _sets(unions, players)
        for piece in pieces(len(without), 2 * players):
            chosen = without[piece]
            joined = chosen.copy()
            joined[:, player] = True
            scores = yield np.concatenate([chosen, joined])
            before, after = np.split(scores, 2)
            weights[player] += share[piece] @ (after - before)
    diagnostics = {**_efficiency(weights, whole, empty), "permutations": 0}
    return PlanResult(weights, diagnostics, {"standard_error": np.zeros(players)})


def coalitions_of_exact(tree: Tree, contexts: int = 1) -> int:
    """How many different coalitions `exact` needs, at most.

    Example:
        >>> coalitions_of_exact((0, 1, 2)), coalitions_of_exact(((0, 1), (2, 3)))
        (8, 16)
    """
    if isinstance(tree, int):
        return 0
    own = contexts * 2 ** len(tree) if any(isinstance(member, int) for member in tree) else 0
    inner = contexts * 2 ** (len(tree) - 1)
    return own + sum(coalitions_of_exact(member, inner) for member in tree)


def coalitions_of_sampling(players: int, permutations: int) -> int:
    """How many different coalitions that many permutations need, at most; all share the first and the last one."""
    return permutations * max(players - 1, 0) + 2


def permutations_within(limit: int, players: int) -> int:
    """How many permutations `limit` coalitions are enough for."""
    return max(limit - 2, 0) // max(players - 1, 1)


def leaving(order: Array) -> Array:
    """Coalitions (n + 1, n): all, then one after the other leaves."""
    rank = np.argsort(order)
    return np.asarray(rank >= np.arange(len(order) + 1)[:, None])


def _in_pieces(observations: Sequence[Array], players: int) -> Iterator[Sequence[Array]]:
    each = len(observations[0]) * (players + 1)
    for piece in pieces(len(observations), each * players):
        yield observations[piece]


def standard_error(seen: Sequence[Array]) -> Array:
    """Of the mean of observations, float (n,) each; NaN where there is only one."""
    if len(seen) < 2:
        return np.full(len(seen[0]), np.nan)
    return np.asarray(np.std(seen, axis=0, ddof=1) / np.sqrt(len(seen)))


def is_small(error: Array, tolerance: float, whole: float, empty: float) -> bool:
    """Whether no standard error is larger than tolerance * |f(x) - f(nothing)|, or than rounding."""
    allowed = max(tolerance * abs(whole - empty), _rounding(whole, empty))
    return bool((error <= allowed).all())


def _rounding(whole: float, empty: float) -> float:
    return _ROUNDING * max(abs(whole), abs(empty), 1)


def _efficiency(weights: Array, whole: float, empty: float) -> dict[str, float]:
    error = float(weights.sum()) - (float(whole) - float(empty))
    return {"baseline_score": float(empty), "completeness_error": error}


def _with_siblings(
    tree: Tree, above: tuple[list[list[int]], ...] = ()
) -> Iterator[tuple[int, tuple[list[list[int]], ...]]]:
    """Each player, and on each level the players of each sibling."""
    if isinstance(tree, int):
        yield tree, above
        return
    for i, member in enumerate(tree):
        siblings = [leaves(other) for j, other in enumerate(tree) if j != i]
        yield from _with_siblings(member, (*above, siblings))


def _sets(unions: Sequence[list[list[int]]], players: int) -> tuple[Array, Array]:
    """All coalitions of siblings, bool (M, n), over all levels, and the weight of each, float (M,)."""
    coalitions, share = np.zeros((1, players), bool), np.ones(1)
    for siblings in unions:
        count = len(siblings)
        chosen = (np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1
        members = np.zeros((count, players), bool)
        for row, member in zip(members, siblings, strict=True):
            row[member] = True
        here = chosen.astype(np.uint8) @ members.astype(np.uint8) > 0
        weight = _weights(count)[chosen.sum(1)]
        coalitions = (coalitions[:, None] | here[None]).reshape(-1, players)
        share = (share[:, None] * weight[None]).ravel()
    return coalitions, share


def _weights(siblings: int) -> Array:
    """The weight of a set by its size s: s! (m - s - 1)! / m!, m being the siblings and the player itself."""
    weights = np.ones(1) / (siblings + 1)
    for size in range(1, siblings + 1):
        weights = np.append(weights, weights[-1] * size / (siblings + 1 - size))
    return weights
