"""Owen values: sentences first, then the words of each, in as many permutations as that sentence needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.perturbation.permutations import Tree, leaves, pairs, singly
from textattr.perturbation.plan import Plan
from textattr.perturbation.shapley import is_small, leaving, standard_error, summary

Array = npt.NDArray[Any]

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
        """The standard error of each difference; 0 where there is nobody to differ from."""
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
    players = sum(len(leaves(block)) for block in blocks)
    each = min(count, 2)
    draw = pairs if each == 2 else singly
    contexts = list(islice(draw(above, seed), count // each))
    open_blocks = [_Block(np.array(sorted(leaves(b))), draw(b, seed + 1 + k)) for k, b in enumerate(blocks)]
    members = np.zeros((len(blocks), players), bool)
    for row, block in zip(members, open_blocks, strict=True):
        row[block.players] = True

    of_blocks = np.concatenate([leaving(order) for orders in contexts for order in orders])
    scores = (yield of_blocks.astype(np.uint8) @ members.astype(np.uint8) > 0).reshape(
        len(contexts), each, -1
    )
    whole, empty = float(scores[0, 0, 0]), float(scores[0, 0, -1])
    found = np.zeros((len(contexts), each, len(blocks)))
    np.put_along_axis(found, np.array(contexts), scores[..., :-1] - scores[..., 1:], axis=2)
    shares = list(found.mean(1))

    busy = [block for block in open_blocks if len(block.players) > 1]
    while busy:
        asked, questions = [], []
        for block in busy:
            for context in contexts[len(block.seen) : len(block.seen) + _ROUND]:
                orders = [_positions(block.players, order) for order in next(block.orders)]
                asked.append((block, orders))
                number = open_blocks.index(block)
                questions += [
                    _inside(members, block, order, blocks_order, number)
                    for order, blocks_order in zip(orders, context, strict=True)
                ]
        answers = yield np.concatenate(questions)
        start = 0
        for block, orders in asked:
            contributions = np.zeros((len(orders), len(block.players)))
            for row, order in zip(contributions, orders, strict=True):
                steps = answers[start : start + len(order) + 1]
                start += len(order) + 1
                row[order] = steps[:-1] - steps[1:]
            block.seen.append((contributions - contributions.mean(1, keepdims=True)).mean(0))
        busy = _unfinished(busy, len(contexts), tolerance, whole, empty)

    weights, error = np.zeros(players), np.zeros(players)
    for block, share, own in zip(open_blocks, np.mean(shares, axis=0), standard_error(shares), strict=True):
        size = len(block.players)
        weights[block.players] = share / size + (np.mean(block.seen, axis=0) if block.seen else 0)
        error[block.players] = np.sqrt((own / size) ** 2 + block.error**2)
    return summary(weights, error, whole, empty, count // each * each, tolerance, stopped_by)


def widened(seen: Sequence[Array]) -> Array:
    """A standard error that may stop the sampling: where it comes from few observations, larger, as Student's t is."""
    from scipy.special import stdtrit

    return standard_error(seen) * (stdtrit(max(len(seen) - 1, 1), 0.975) / 1.96)


def _positions(players: Array, order: Array) -> Array:
    """An order of players as one of their positions in their block."""
    return np.searchsorted(players, order)


def _inside(members: Array, block: _Block, order: Array, blocks_order: Array, number: int) -> Array:
    """Coalitions (w + 1, n): the players of a block leave, while all blocks behind it in `blocks_order` stay."""
    behind = blocks_order[int(np.flatnonzero(blocks_order == number)[0]) + 1 :]
    coalitions = np.repeat(members[behind].any(axis=0, keepdims=True), len(order) + 1, axis=0)
    coalitions[:, block.players] = leaving(order)
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
        and not (tolerance is not None and is_small(block.error, tolerance, whole, empty))
    ]
