"""What is right, as a user tells it: one class, or of labels that may hold at once those that do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import TargetError
from textattr.targets.labels import class_index

NOTHING_HOLDS = "(none)"
BETWEEN = ", "  # labels that hold at once


@dataclass(frozen=True)
class Written:
    """A number that a table has for what is right, as text or as a number: a label where one is called so, or an index.

    Args:
        names: how a label of that number is written.
        index: of the class, where no label is called so.
    """

    names: tuple[str, ...]
    index: int

    def given(self, labels: Sequence[str]) -> str | int:
        """The label, or the index."""
        return next((name for name in self.names if name in labels), self.index)


def right_label(given: Any, task: str, labels: Sequence[str]) -> str:
    """The label that is right; of a multilabel model all that hold, with commas between them.

    Args:
        given: a class, `Written`, or where the task is "multilabel" a list of classes, or a row with 1 for each label
            that holds.
        task: of the output.
        labels: the names of its classes.

    Raises:
        TargetError: for an unknown class, several where one is right, and two numbers that may mean either.

    Example:
        >>> right_label([1, 0, 1], "multilabel", ("funny", "long", "sad"))
        'funny, sad'
    """
    if isinstance(given, Written):
        given = given.given(labels)
    if isinstance(given, np.ndarray) and given.ndim == 0:
        given = given[()]
    if not isinstance(given, list | tuple | np.ndarray):
        return labels[class_index(given, labels)]
    if task != "multilabel":
        raise TargetError(
            f"expected truth= as one class of a document, got {shown(given)}: only of a multilabel model several hold"
        )
    return BETWEEN.join(labels[i] for i in _that_hold(given, labels)) or NOTHING_HOLDS


def _that_hold(given: Any, labels: Sequence[str]) -> list[int]:
    if not _is_row(given, labels):
        return sorted({class_index(each, labels) for each in given})
    if isinstance(given, list | tuple) and sorted(given) == [0, 1] and not isinstance(given[0], bool | float):
        raise TargetError(
            f"truth {shown(given)} may be the indices of both labels, or a row in which one holds: give labels, or "
            "True and False"
        )
    return np.flatnonzero(np.asarray(given)).tolist()


def _is_row(given: Any, labels: Sequence[str]) -> bool:
    """Whether it has 1 or 0, or True or False, for each label."""
    numbers = all(
        isinstance(each, bool | int | float | np.bool_ | np.integer | np.floating) for each in given
    )
    return numbers and len(given) == len(labels) and all(each in (0, 1) for each in given)
