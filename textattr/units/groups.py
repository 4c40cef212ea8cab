"""What a user may pass as `groups=`: which tokens of a document stay and go together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from textattr.checks import finite_array, shown
from textattr.document import TextPart
from textattr.errors import OptionError
from textattr.frozen import Array
from textattr.units.parts import unit_of_positions
from textattr.units.tokens import NAMES, is_stretches

KEPT = -1  # instead of a group: what always stays

_EXPECTED = (
    "expected groups= as 'words', 'sentences', stretches [(start, end), ...] of the text, a function that gives such "
    "stretches, one number per token, or disjoint lists of positions, got "
)


def require_groups(groups: Any) -> None:
    """Refuse what makes no groups in any document; None is no groups.

    Raises:
        OptionError: for another word, and for what is neither stretches, a function, one number per token nor lists of
            positions.
    """
    if groups is None or callable(groups) or is_stretches(groups):
        return
    if isinstance(groups, str):
        if groups not in NAMES:
            raise OptionError(
                f"unknown groups {shown(groups)}: choose 'words' or 'sentences', or give a list or a function"
            )
        return
    is_scalar = isinstance(groups, np.ndarray) and groups.ndim == 0
    if not isinstance(groups, list | tuple | range | np.ndarray) or is_scalar or not len(groups):
        raise OptionError(f"{_EXPECTED}{shown(groups)}")
    for group in _whole_numbers(groups):
        if group.ndim > 1 or not group.size or (group < KEPT).any() or (group > sys.maxsize).any():
            raise OptionError(f"{_EXPECTED}the group {shown(group.tolist())}")


def go_with_several_texts(groups: Any) -> bool:
    """Whether groups are told by a rule for any text, not by places in one."""
    return isinstance(groups, str) or callable(groups)


def group_of_positions(part: TextPart, kept: Sequence[int], groups: Any) -> Array:
    """The number of the group that each of some positions of a text belongs to, int (len(kept),), or `KEPT`.

    By words, sentences and stretches, a token that lies in none is a group of its own; by lists of positions, it stays.

    Raises:
        OptionError: for groups that do not fit the text.
    """
    if go_with_several_texts(groups) or is_stretches(groups):
        return unit_of_positions(part, kept, groups, "groups=")
    numbers: Array = _of_list(groups, len(part.tokens))[np.asarray(kept, int)]
    return numbers


def _whole_numbers(groups: Any) -> list[Array]:
    """Each group's positions, or each token's number, as an array."""
    arrays = [finite_array("each of groups", group) for group in groups]
    for array in arrays:
        if array.dtype.kind not in "iu":
            raise OptionError(f"{_EXPECTED}the group {shown(array.tolist())}")
    return arrays


def _of_list(groups: Any, count: int) -> Array:
    """The number of each token's group, int (T,): from one number per token, or from lists of positions."""
    arrays = _whole_numbers(groups)
    if all(array.ndim == 0 for array in arrays):
        if len(arrays) != count:
            raise OptionError(f"{_EXPECTED}{len(arrays)} entries for {count} tokens")
        return np.array(arrays, np.int64)
    of_token = np.full(count, KEPT)
    for number, group in enumerate(arrays):
        positions = np.atleast_1d(group)
        if positions.min() < 0 or positions.max() >= count:
            raise OptionError(f"{_EXPECTED}the group {shown(group.tolist())} for tokens 0 to {count - 1}")
        if len(set(positions.tolist())) < len(positions) or (of_token[positions] != KEPT).any():
            raise OptionError(f"{_EXPECTED}a token that is in two of {shown(groups)}")
        of_token[positions] = number
    return of_token
