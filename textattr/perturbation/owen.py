"""Owen values: sentences first, then the words of each, in as many permutations as that sentence needs."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.perturbation.coalition_plan import MOST_ENTRIES, Plan, pieces
from textattr.perturbation.permutations import Tree, leaves, pairs, singly
from textattr.perturbation.shapley import ROUND, is_small, leaving, standard_error, summary

Array = npt.NDArray[Any]

_OF_SHARES, _OF_DIFFERENCES = (
    0.5,
    0.75**0.5,
)  # of the tolerance, for the two parts of an error; squared they sum to 1
_ROUND = 4  # permutations, or pairs of them, between two looks at a block


@dataclass(eq=False)
class _Block:
    """A sentence: its players, and what was seen of them.

    Args:
        players: int (w,).
        orders: int (k, w) each: orders in which its players leave, one for each permutation of the blocks.
        seen: float (w,) each: contributions, less their mean over the block: how a player differs from its neighbours.
    """

    players: Array
    orders: Iterator[Array]
    seen: list[Array] = field(default_factory=list)

    @property
    def error(self) -> Array:
        """The standard error of each difference; 0 where there is no other player."""
        return widened(self.seen) if len(self.players) > 1 else np.zeros(1)


def owen(
    blocks: Sequence[Tree], above: Tree, count: int, seed: int, tolerance: float | None, stopped_by: str
) -> Plan:
    """Each player's share of its block, with as many permutations inside a block as its standard errors ask for.

    A permutation of the blocks gives each block a context: those that are still there when it leaves. Inside it, its
    players leave in an order of their own. A player's value is the mean contribution of its block, shared out equally,
    plus the mean by which the player itself differs from its neighbours, which takes fewer permutations: a block is
    done as soon as its standard errors are below what the worst block will have at the end.

    Args:
        blocks: the players of each block, which may form unions.
        above: the blocks, which may form unions, by their positions.
        count: the most permutations to make; they come in pairs, if more than one.
        seed: of the permutations.
        tolerance: see `sampled`.
        stopped_by: what to raise for more permutations, for the warning.
    """
    draw, each = (pairs, 2) if count > 1 else (singly, 1)
    named = [_Block(np.array(sorted(leaves(b))), draw(b, seed + 1 + k)) for k, b in enumerate(blocks)]
    members = np.zeros((len(blocks), sum(len(block.players) for block in named)), bool)
    for row, block in zip(members, named, strict=True):
        row[block.players] = True
    most = count // each
    contexts = _Contexts(draw(above, seed))
    shares, whole, empty = yield from _shares(contexts, members, most, tolerance)
    yield from _differences(contexts, members, named, most, tolerance, (whole, empty))

    weights, error = np.zeros(members.shape[1]), np.zeros(members.shape[1])
    for block, share, own in zip(named, np.mean(shares, axis=0), standard_error(shares), strict=True):
        size = len(block.players)
        weights[block.players] = share / size + (np.mean(block.seen, axis=0) if block.seen else 0)
        error[block.players] = np.sqrt((own / size) ** 2 + block.error**2)
    return summary(weights, error, whole, empty, len(shares) * each, tolerance, stopped_by)


@dataclass(eq=False)
class _Contexts:
    """Permutations of the blocks, int (k, blocks) each, drawn when they are first needed."""

    source: Iterator[Array]
    drawn: list[Array] = field(default_factory=list)

    def __getitem__(self, which: slice) -> list[Array]:
        self.drawn += islice(self.source, max(which.stop - len(self.drawn), 0))
        return self.drawn[which]


def _shares(
    contexts: _Contexts, members: Array, most: int, tolerance: float | None
) -> Generator[Array, Array, tuple[list[Array], float, float]]:
    """What each block contributes in each context, float (blocks,) each; and the scores of all and of nothing."""
    shares: list[Array] = []
    whole = empty = 0.0
    sizes = members.sum(1)
    while len(shares) < most:
        chosen = contexts[len(shares) : min(len(shares) + ROUND, most)]
        scores = []
        for piece in pieces(len(chosen), 2 * members.size):
            stay = np.concatenate([leaving(order) for orders in chosen[piece] for order in orders])
            scores.append((yield stay.astype(np.uint8) @ members.astype(np.uint8) > 0))
        steps = np.concatenate(scores).reshape(len(chosen), -1, len(members) + 1)
        whole, empty = float(steps[0, 0, 0]), float(steps[0, 0, -1])
        found = np.zeros_like(steps[..., 1:])
        np.put_along_axis(found, np.array(chosen), steps[..., :-1] - steps[..., 1:], axis=2)
        shares += list(found.mean(1))
        if tolerance is not None and is_small(
            standard_error(shares) / sizes, _OF_SHARES * tolerance, whole, empty
        ):
            break
    return shares, whole, empty


def _differences(
    contexts: _Contexts,
    members: Array,
    blocks: Sequence[_Block],
    most: int,
    tolerance: float | None,
    ends: tuple[float, float],
) -> Generator[Array, Array, None]:
    """Let the players of each block leave in its contexts, until their standard errors are small enough."""
    busy = [block for block in blocks if len(block.players) > 1]
    while busy:
        for few in _together(busy, members.shape[1]):
            requested, needed = [], []
            for block in few:
                number = blocks.index(block)
                for context in contexts[len(block.seen) : min(len(block.seen) + _ROUND, most)]:
                    orders = [np.searchsorted(block.players, order) for order in next(block.orders)]
                    requested.append((block, orders))
                    needed += [
                        _inside(members, number, order, of_blocks)
                        for order, of_blocks in zip(orders, context, strict=True)
                    ]
            answers = yield np.concatenate(needed)
            start = 0
            for block, orders in requested:
                contributions = np.zeros((len(orders), len(block.players)))
                for row, order in zip(contributions, orders, strict=True):
                    steps = answers[start : start + len(order) + 1]
                    start += len(order) + 1
                    row[order] = steps[:-1] - steps[1:]
                block.seen.append((contributions - contributions.mean(1, keepdims=True)).mean(0))
        busy = _unfinished(busy, most, tolerance, *ends)


def _together(blocks: Sequence[_Block], players: int) -> Iterator[list[_Block]]:
    """Blocks whose coalitions fit into one question."""
    few: list[_Block] = []
    size = 0
    for block in blocks:
        own = 2 * _ROUND * (len(block.players) + 1) * players
        if few and size + own > MOST_ENTRIES // 16:
            yield few
            few, size = [], 0
        few.append(block)
        size += own
    yield few


def widened(seen: Sequence[Array]) -> Array:
    """A standard error that may stop the sampling: where it comes from few observations, larger, as Student's t is."""
    from scipy.special import stdtrit

    return standard_error(seen) * (stdtrit(max(len(seen) - 1, 1), 0.975) / 1.96)


def _inside(members: Array, number: int, order: Array, of_blocks: Array) -> Array:
    """Coalitions (w + 1, n): the players of a block leave, while all blocks behind it in `of_blocks` stay."""
    behind = of_blocks[int(np.flatnonzero(of_blocks == number)[0]) + 1 :]
    coalitions = np.repeat(members[behind].any(axis=0, keepdims=True), len(order) + 1, axis=0)
    coalitions[:, members[number]] = leaving(order)
    return coalitions


def _unfinished(
    busy: Sequence[_Block], most: int, tolerance: float | None, whole: float, empty: float
) -> list[_Block]:
    """The blocks that need more: whose error is larger than what the worst one will have in the end."""
    worst = max(block.error.max() * np.sqrt(len(block.seen) / most) for block in busy)
    return [
        block
        for block in busy
        if len(block.seen) < most
        and not block.error.max() <= worst
        and not (tolerance is not None and is_small(block.error, _OF_DIFFERENCES * tolerance, whole, empty))
    ]
