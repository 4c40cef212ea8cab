"""Inputs beside a text that only say something of its tokens: masks, segments, positions, lengths."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.split.input_names import OF_TOKENS

Array = npt.NDArray[Any]

_LENGTH = re.compile(
    r"(\w+_)?(len|lens|length|lengths)(_\w+)?|(\w+_)?(num|n|number_of)_(tokens|words)", re.IGNORECASE
)
_MASKING = -1e3  # from here down a number that is added to scores of attention takes a token out


def says_of_tokens(
    numbers: Array,
    name: str | None,
    axes: Sequence[tuple[int, ...]],
    counts: Collection[int],
    *,
    is_looked_up: bool,
) -> bool:
    """Whether an input says no more of a document than what its tokens are, or where, or how many.

    That is an input with one number for each token, or for each pair of tokens, whose numbers are ids that are looked
    up, a mask, positions, or all the same; and one called so that is the number of tokens.

    Args:
        numbers: those of one document, of any shape.
        name: the input's.
        axes: how many tokens each text has along each of its axes.
        counts: how many tokens the texts have, with their padding and without.
        is_looked_up: whether the numbers are ids of vectors.

    Example:
        >>> says_of_tokens(np.array([1.0, 1, 0]), "weights", [(3,)], {3, 2}, is_looked_up=False)
        True
        >>> says_of_tokens(np.array([0.2, 1.7, 0.4]), "weights", [(3,)], {3, 2}, is_looked_up=False)
        False
    """
    shape = _without_ones(numbers.shape)
    if not shape:
        is_number = numbers.dtype.kind in "iuf"
        is_length = _LENGTH.fullmatch(name or "") is not None and is_number and float(numbers.max()) in counts
        return is_length or (1,) in axes and OF_TOKENS.fullmatch(name or "") is not None
    of_texts = [own for each in axes if (own := _without_ones(each))]
    of_pairs = [(one[0], other[0]) for one in of_texts for other in of_texts if len(one) == len(other) == 1]
    if shape in of_texts:
        return is_looked_up or _is_mask(numbers) or _is_position(numbers.ravel())
    return shape in of_pairs and _is_mask(numbers)


def _without_ones(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _is_mask(numbers: Array) -> bool:
    """Zeros and ones, or zeros and what is far below."""
    return bool(np.isin(numbers, (0, 1)).all() or ((numbers == 0) | (numbers <= _MASKING)).all())


def _is_position(numbers: Array) -> bool:
    """Numbers that grow by the same from token to token, or do not grow, but for zeros where padding is."""
    known = np.flatnonzero(numbers)
    runs = (numbers[: known[-1] + 1], numbers[known[0] :]) if len(known) else (numbers,)
    return any(map(_is_even, runs))


def _is_even(run: Array) -> bool:
    steps = np.diff(run.astype(np.float64))
    if len(steps) < 2:  # any two numbers lie evenly
        return len(steps) == 1 and steps[0] in (0, 1) and bool((run == np.round(run)).all())
    return bool(np.allclose(steps, steps[0], rtol=1e-3, atol=1e-6))
