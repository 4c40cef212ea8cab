"""Play the plans of several documents side by side: whatever they ask goes into common batches, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from textattr.perturbation.coalition_plan import Findings, Plan, pieces
from textattr.perturbation.players import Players

Array = npt.NDArray[Any]

_AT_ONCE = 64_000_000  # units, bool each, that a game is given at once
_REMEMBERED = 2**30  # players of scored coalitions, a bit each, of one document
_WAVE = 4096  # coalitions that are played at once: enough to fill batches, few enough for the memory


class Game(Protocol):
    """Scores of documents of which parts are missing."""

    def values(self, asked: Sequence[tuple[int, Array]]) -> list[Array]:
        """For each (row, bool (M, N): which units stay) the scores, float (M,)."""
        ...


@dataclass(eq=False)
class _Seat:
    """One plan, and the scores that it has got."""

    row: int
    plan: Plan
    players: Players
    scores: dict[bytes, float] = field(default_factory=dict)
    scored: int = 0
    question: list[bytes] = field(default_factory=list)
    findings: Findings | None = None

    def resume(self, scores: Array | None) -> Array:
        """Let the plan go on; the coalitions whose scores it needs now and has not got: bool (M, n)."""
        try:
            coalitions = next(self.plan) if scores is None else self.plan.send(scores)
        except StopIteration as end:
            self.findings = end.value
            return np.zeros((0, self.players.count), bool)
        self.question = _keys(coalitions)
        if len(self.scores) * coalitions.shape[1] > _REMEMBERED:
            self.scores.clear()
        first: dict[bytes, int] = {}
        for i, key in enumerate(self.question):
            if key not in self.scores:
                first.setdefault(key, i)
        return np.asarray(coalitions[list(first.values())])

    def learn(self, coalitions: Array, scores: Array) -> None:
        self.scored += len(coalitions)
        self.scores.update(zip(_keys(coalitions), scores.tolist(), strict=True))

    def told(self) -> Array:
        return np.array([self.scores[key] for key in self.question])


def play(
    game: Game, players: Sequence[Players], plans: Sequence[Plan], advance: Callable[[int], None]
) -> list[tuple[Findings, int]]:
    """Run each plan to its end.

    Args:
        game: what scores coalitions.
        players: those of each row.
        plans: the plan of each row.
        advance: told how many coalitions have been scored since the last time.

    Returns:
        for each row its findings, and how many different coalitions were scored.
    """
    seats = [_Seat(row, plan, who) for row, (plan, who) in enumerate(zip(plans, players, strict=True))]
    waiting = seats[::-1]
    open_questions: list[tuple[_Seat, Array]] = []
    size = 0
    while waiting or open_questions:
        while waiting and size < _WAVE:
            seat = waiting.pop()
            asked = seat.resume(None)
            if seat.findings is None:
                open_questions.append((seat, asked))
                size += len(asked)
        new = [(seat, asked) for seat, asked in open_questions if len(asked)]
        for portion in _portions(new):
            found = game.values([(seat.row, seat.players.units(asked)) for seat, asked in portion])
            for (seat, asked), scores in zip(portion, found, strict=True):
                seat.learn(asked, scores)
                advance(len(asked))
        answered = [seat for seat, _ in open_questions]
        again = [(seat, seat.resume(seat.told())) for seat in answered]
        open_questions = [(seat, asked) for seat, asked in again if seat.findings is None]
        size = sum(len(asked) for _, asked in open_questions)
    results = []
    for seat in seats:
        assert seat.findings is not None
        results.append((seat.findings, seat.scored))
    return results


def _portions(questions: Sequence[tuple[_Seat, Array]]) -> Iterator[list[tuple[_Seat, Array]]]:
    """The questions a portion at a time, of which the units fit into memory."""
    portion: list[tuple[_Seat, Array]] = []
    entries = 0
    for seat, asked in questions:
        units = len(seat.players.of_unit)
        for piece in pieces(len(asked), units):
            size = (piece.stop - piece.start) * units
            if portion and entries + size > _AT_ONCE:
                yield portion
                portion, entries = [], 0
            portion.append((seat, asked[piece]))
            entries += size
    if portion:
        yield portion


def _keys(coalitions: Array) -> list[bytes]:
    packed = np.packbits(coalitions, axis=1)
    if not packed.shape[1]:
        return [b""] * len(packed)
    keys: list[bytes] = np.ascontiguousarray(packed).view(f"V{packed.shape[1]}").ravel().tolist()
    return keys
