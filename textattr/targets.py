"""Which classes to explain: from what a user typed to class indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from difflib import get_close_matches
from itertools import islice
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import TargetError
from textattr.split.head import Head


def labels_of(head: Head, target_names: Any) -> tuple[str, ...]:
    """One name per class.

    Args:
        head: tells how many there are.
        target_names: sequence or {index: name}; None: "class 0", "class 1", ..., or "output" for a regression.

    Raises:
        TargetError: when there are more or fewer names than classes, or two are the same.
    """
    if target_names is None:
        word = "output" if head.task == "regression" else "class"
        return (
            (word,)
            if head.task == "regression" and head.units == 1
            else tuple(f"{word} {i}" for i in range(head.classes))
        )
    if isinstance(target_names, str):
        raise TargetError(f"target_names must be a list of names, got the string {shown(target_names)}")
    if isinstance(target_names, Mapping):
        if set(target_names) != set(range(len(target_names))):
            raise TargetError(
                f"target_names as a dict must map 0, 1, 2, ... to names, got the keys {shown(list(target_names))}"
            )
        target_names = [target_names[i] for i in range(len(target_names))]
    if not isinstance(target_names, Iterable):
        raise TargetError(f"target_names must be a list of names, got {shown(target_names)}")
    names = tuple(_named(name) for name in islice(target_names, head.classes + 1))
    if len(names) != head.classes:
        two = " (a one-unit sigmoid has two: the negative and the positive class)" if head.is_one_unit else ""
        got = f"{len(names)}" if len(names) <= head.classes else f"more than {head.classes}"
        got = f"{len(target_names)}" if isinstance(target_names, Sized) else got
        listed = ", ".join(name[:80] for name in names)
        raise TargetError(f"expected {head.classes} target_names{two}, got {got}: {listed}")
    if len(set(names)) != len(names):
        raise TargetError(f"target_names must differ from each other, got {', '.join(names)}")
    return names


def _named(name: Any) -> str:
    try:
        return str(name)
    except Exception as error:
        raise TargetError(f"target_names must be names, got {shown(name)}") from error


def class_index(wanted: Any, labels: Sequence[str]) -> int:
    """The index of one class, given as an index or a label.

    Raises:
        TargetError: when it is out of range, unknown, or neither.

    Example:
        >>> class_index("sports", ("world", "sports"))
        1
    """
    if isinstance(wanted, str):
        if wanted in labels:
            return list(labels).index(wanted)
        near = get_close_matches(wanted, labels, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise TargetError(f"unknown label {wanted!r}: {hint}The labels are {', '.join(labels)}")
    if isinstance(wanted, bool | np.bool_) or not isinstance(wanted, int | np.integer):
        raise TargetError(f"expected a class index or a label, got {wanted!r} ({type(wanted).__name__})")
    if not 0 <= wanted < len(labels):
        raise TargetError(
            f"target {wanted} is out of range: the model has {len(labels)} classes, 0 to {len(labels) - 1} "
            f"({', '.join(labels)})"
        )
    return int(wanted)


def class_indices(targets: Any, labels: Sequence[str]) -> tuple[int, ...] | None:
    """The classes that `targets` means; None stays None: what the model predicts.

    Args:
        targets: None, an index, a label, a list of these, or "all".
        labels: the names of the classes.
    """
    if targets is None:
        return None
    if isinstance(targets, str) and targets == "all" and "all" not in labels:
        return tuple(range(len(labels)))
    if isinstance(targets, np.ndarray) and targets.ndim == 0:
        targets = targets[()]
    if isinstance(targets, list | tuple | np.ndarray | range):
        if not len(targets):
            raise TargetError(
                "expected at least one target, got an empty list: leave targets out for the predicted class"
            )
        return tuple(class_index(target, labels) for target in targets)
    return (class_index(targets, labels),)


def contrast(against: Any, targets: tuple[int, ...] | None, labels: Sequence[str]) -> int | None:
    """The class to contrast with, or None.

    Raises:
        TargetError: when a target would be contrasted with itself.
    """
    if against is None:
        return None
    index = class_index(against, labels)
    if targets is not None and index in targets:
        raise TargetError(f"why {labels[index]!r} rather than {labels[index]!r}? Give two different classes")
    return index
