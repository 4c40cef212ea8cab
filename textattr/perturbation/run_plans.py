"""Run the plans of several documents side by side: their coalitions share batches, and none is scored twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from textattr.perturbation.coalition_plan import Plan, PlanResult, pieces
from textattr.perturbation.players import Players

Array = npt.NDArray[Any]

_AT_ONCE = 64_000_000  # units, bool each, that a game is given at once
_REMEMBERED = 2**30  # players of scored coalitions, a bit each, of one document
_PER_ROUND = 4096  # coalitions that are scored at once: enough to fill batches, few enough for the memory


class Game(Protocol):
    """Scores of documents of which parts are missing."""

    def values(self, coalitions: Sequence[tuple[int, Array]]) -> list[Array]:
        """For each (row, bool (M, N): which units stay) the scores, float (M,)."""
        ...


@dataclass(eq=False)
class _RunningPlan:
    """One plan, and the scores of the coalitions that it has needed so far."""

    row: int
    plan: Plan
    players: Players
    scores: dict[bytes, float] = field(default_factory=dict)
    scored: int = 0
    requested: list[bytes] = field(default_factory=list)
    result: PlanResult | None = None

    def resume(self, scores: Array | None) -> Array:
        """Let the plan go on; the coalitions whose scores it needs next and does not have yet: bool (M, n)."""
        try:
            coalitions = next(self.plan) if scores is None else self.plan.send(scores)
        except StopIteration as end:
            self.result = end.value
            return np.zeros((0, self.players.count), bool)
        self.requested = _keys(coalitions)
        if len(self.scores) * coalitions.shape[1] > _REMEMBERED:
            self.scores.clear()
        first: dict[bytes, int] = {}
        for i, key in enumerate(self.requested):
            if key not in self.scores:
                first.setdefault(key, i)
        return np.asarray(coalitions[list(first.values())])

    def store(self, coalitions: Array, scores: Array) -> None:
        self.scored += len(coalitions)
        self.scores.update(zip(_keys(coalitions), scores.tolist(), strict=True))

    def requested_scores(self) -> Array:
        return np.array([self.scores[key] for key in self.requested])


def run_plans(
    game: Game, players: Sequence[Players], plans: Sequence[Plan], advance: Callable[[int], None]
) -> list[tuple[PlanResult, int]]:
    """Run each plan to its end.

    Args:
        game: what scores coalitions.
        players: those of each row.
        plans: the plan of each row.
        advance: called with how many coalitions have been scored since the last call.

    Returns:
        for each row its result, and how many different coalitions were scored.
    """
    running = [
        _RunningPlan(row, plan, who) for row, (plan, who) in enumerate(zip(plans, players, strict=True))
    ]
    waiting = running[::-1]
    pending: list[tuple[_RunningPlan, Array]] = []
    size = 0
    while waiting or pending:
        while waiting and size < _PER_ROUND:
            plan = waiting.pop()
            coalitions = plan.resume(None)
            if plan.result is None:
                pending.append((plan, coalitions))
                size += len(coalitions)
        new = [(plan, coalitions) for plan, coalitions in pending if len(coalitions)]
        for portion in _portions(new):
            found = game.values([(plan.row, plan.players.units(coalitions)) for plan, coalitions in portion])
            for (plan, coalitions), scores in zip(portion, found, strict=True):
                plan.store(coalitions, scores)
                advance(len(coalitions))
        answered = [plan for plan, _ in pending]
        again = [(plan, plan.resume(plan.requested_scores())) for plan in answered]
        pending = [(plan, coalitions) for plan, coalitions in again if plan.result is None]
        size = sum(len(coalitions) for _, coalitions in pending)
    results = []
    for plan in running:
        assert plan.result is not None
        results.append((plan.result, plan.scored))
    return results


def _portions(pending: Sequence[tuple[_RunningPlan, Array]]) -> Iterator[list[tuple[_RunningPlan, Array]]]:
    """The coalitions to score, a portion at a time, of which the units fit into memory."""
    portion: list[tuple[_RunningPlan, Array]] = []
    entries = 0
    for plan, coalitions in pending:
        units = len(plan.players.of_unit)
        for piece in pieces(len(coalitions), units):
            size = (piece.stop - piece.start) * units
            if portion and entries + size > _AT_ONCE:
                yield portion
                portion, entries = [], 0
            portion.append((plan, coalitions[piece]))
            entries += size
    if portion:
        yield portion


def _keys(coalitions: Array) -> list[bytes]:
    packed = np.packbits(coalitions, axis=1)
    if not packed.shape[1]:
        return [b""] * len(packed)
    keys: list[bytes] = np.ascontiguousarray(packed).view(f"V{packed.shape[1]}").ravel().tolist()
    return keys
