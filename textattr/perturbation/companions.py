"""Inputs that say something of each token of a text, such as masks, segments and positions: they move as it moves.

Which ones do is seen from what the model takes, not from names or numbers: an input belongs to a text where the model
does not run if it is shorter than the text. A model that takes one length only cannot be tried like that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import OptionError
from textattr.split.answer import answer
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.nests import leaves_of
from textattr.split.rows import Rows
from textattr.split.texts import TextInput

Array = npt.NDArray[Any]

SHORTEST = (
    3  # positions of what is tried: one fewer must not be a single one, which would be spread over all others
)
MOST = 6  # inputs as long as the text, of which all combinations are tried
_OF_TOKENS = re.compile(r"(\w+_)?(mask|segment|token_?type|type|position)_?(ids?)?", re.IGNORECASE)


def tied_to(text: TextInput, split: SplitModel, row: Rows) -> frozenset[int]:
    """The inputs that must be as long as a text, as positions in the order of `tf.nest.flatten`.

    Args:
        text: the text, which may have any length.
        split: the model.
        row: one document.

    Raises:
        OptionError: where more inputs are as long as the text than can be tried, and where another text is one of them.
    """
    leaves = leaves_of(row.inputs)
    survey = split.known(row.inputs)
    texts = {each.source for each in survey.texts}
    as_long = [i for i in _as_long(text, leaves) if i != text.source and not survey.fixed[i]]
    if len(as_long) > MOST:
        names = ", ".join(str(survey.names[i]) for i in as_long)
        raise OptionError(
            f"expected at most {MOST} inputs as long as the text, got {names}: which of them belong to it cannot be "
            "found out, so that no token can be taken out; choose another replacement="
        )
    tried = list(leaves)
    while tried[text.source].shape[1] < SHORTEST:
        tried = [_longer(leaf) if i in (*as_long, text.source) else leaf for i, leaf in enumerate(tried)]
    tied = frozenset(i for i in as_long if not _goes_without(i, text, split, row, tried, as_long))
    if tied & texts:
        one, other = sorted(str(survey.names[i]) for i in (text.source, min(tied & texts)))
        raise OptionError(
            f"expected {one!r} and {other!r} as texts of any length, of which tokens can be taken out one by one, but "
            "they must be as long as each other: choose another replacement="
        )
    return tied


def look_tied(text: TextInput, split: SplitModel, row: Rows, pads: Array) -> frozenset[int]:
    """The same of a text of one length only: inputs that are called masks, segments or positions, or are its mask.

    Args:
        text: the text.
        split: the model.
        row: one document.
        pads: bool (T,): which of its tokens are padding.
    """
    leaves = leaves_of(row.inputs)
    survey = split.known(row.inputs)
    texts = {each.source for each in survey.texts}
    mine = [i for i in _as_long(text, leaves) if i not in texts]
    return frozenset(i for i in mine if _looks_tied(survey.names[i], leaves[i][0], pads))


def _as_long(text: TextInput, leaves: Sequence[Array]) -> list[int]:
    """The inputs that have as many positions as a text."""
    length = leaves[text.source].shape[1]
    return [i for i, leaf in enumerate(leaves) if leaf.ndim > 1 and leaf.shape[1] == length]


def is_counted(leaf: Array) -> bool:
    """Whether numbers, (T,), count the positions, and stay as they are where tokens are taken out."""
    return leaf.ndim == 1 and len(leaf) > 1 and leaf.dtype.kind in "iuf" and bool((np.diff(leaf) == 1).all())


def _goes_without(
    which: int, text: TextInput, split: SplitModel, row: Rows, leaves: Sequence[Array], as_long: Sequence[int]
) -> bool:
    """Whether the model runs where that input is shorter than the text, whatever else is as short or as long.

    Either the input loses a position, as others may that are not the text; or it stays as it is, for it may be numbers
    of a fixed count, and the text gains one, as others may.
    """
    others = [i for i in as_long if i != which]
    some = [each for count in range(len(others) + 1) for each in combinations(others, count)]
    return any(_runs(split, row, leaves, {which, *each}, _shorter) for each in some) or any(
        _runs(split, row, leaves, {text.source, *each}, _longer) for each in some
    )


def _runs(
    split: SplitModel, row: Rows, leaves: Sequence[Array], which: set[int], change: Callable[[Array], Array]
) -> bool:
    """Whether the model takes some inputs in another length, and the others as they are."""
    tf = tensorflow()
    changed = [change(leaf) if i in which else leaf for i, leaf in enumerate(leaves)]
    try:
        answer(split.model, tf.nest.pack_sequence_as(row.inputs, changed))
    except Exception:  # noqa: BLE001  (whatever a model raises, it does not take this)
        return False
    return True


def _shorter(leaf: Array) -> Array:
    return leaf[:, :-1]


def _longer(leaf: Array) -> Array:
    return np.concatenate([leaf, leaf[:, -1:]], axis=1)


def _looks_tied(name: str | None, leaf: Array, pads: Array) -> bool:
    """Whether an input is called so, or is 1 exactly where the text is no padding."""
    if _OF_TOKENS.fullmatch(name or "") is not None:
        return True
    return leaf.ndim == 1 and bool((leaf == ~pads).all())
