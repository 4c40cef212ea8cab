"""Permutations of players, the same for a seed on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

Tree = int | tuple["Tree", ...]
"""A player, or a union of players and unions: who belongs together. A tuple of players alone has no unions."""


def permutations(tree: Tree, seed: int) -> Iterator[Array]:
    """Random permutations, int (n,) each, without end; the members of a union follow one another.

    Drawn from the bits of NumPy's PCG64, which are the same in every version and on every machine.
    """
    bits = np.random.PCG64(seed)
    while True:
        yield np.array(_shuffled(tree, bits))


def singly(tree: Tree, seed: int) -> Iterator[Array]:
    """Random permutations, int (1, n) each, without end."""
    for permutation in permutations(tree, seed):
        yield permutation[None]


def pairs(tree: Tree, seed: int) -> Iterator[Array]:
    """Random permutations, each with its reverse: int (2, n) each, without end."""
    for permutation in permutations(tree, seed):
        yield np.stack([permutation, permutation[::-1]])


def leaves(tree: Tree) -> list[int]:
    """The players, in order.

    Example:
        >>> leaves(((0, 1), 2))
        [0, 1, 2]
    """
    return [tree] if isinstance(tree, int) else [leaf for member in tree for leaf in leaves(member)]


def _shuffled(tree: Tree, bits: Any) -> list[int]:
    if isinstance(tree, int):
        return [tree]
    order = np.argsort(bits.random_raw(len(tree)), kind="stable")
    return [leaf for i in order for leaf in _shuffled(tree[i], bits)]
