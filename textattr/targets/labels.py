"""Which classes to explain: from what a user typed to class indices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set, Sized
from difflib import get_close_matches
from itertools import islice
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import TargetError
from textattr.targets.head import Head

_LARGE = 10**12
_MOST = 10**6  # names that are read of an iterator, which may have no end


def labels_of(head: Head, target_names: Any) -> tuple[str, ...]:
    """One name per class.

    Args:
        head: tells how many there are.
        target_names: sequence or {index: name}; None: those that the model gives, else "class 0", "class 1", ..., or
            "output" for a regression.

    Raises:
        TargetError: when there are more or fewer names than classes, two are the same, or they are those of the model
            in another order.
    """
    if target_names is None and head.labels is not None:
        return head.labels
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
                "target_names as a dict must map 0, 1, 2, ... to names, got the keys "
                f"{shown(list(target_names))}"
            )
        target_names = [target_names[i] for i in range(len(target_names))]
    names = _names(target_names)
    if len(names) != head.classes:
        two = " (a one-unit sigmoid has two: the negative and the positive class)" if head.is_one_unit else ""
        raise TargetError(
            f"expected {head.classes} target_names{two}, got {len(names)}: {shown(', '.join(names))}"
        )
    if len(set(names)) != len(names):
        raise TargetError(f"target_names must differ from each other, got {', '.join(names)}")
    if head.labels is not None and set(names) == set(head.labels) and names != head.labels:
        raise TargetError(
            f"the model tells its labels, {', '.join(head.labels)}, in this order; target_names= has another: leave it "
            "out"
        )
    return names


def kept_names(target_names: Any) -> Any:
    """`target_names`, so that they can be read more than once: what an iterator gives becomes a tuple."""
    if isinstance(target_names, Mapping):
        return {output: kept_names(names) for output, names in target_names.items()}
    return tuple(islice(target_names, _MOST)) if isinstance(target_names, Iterator) else target_names


def _names(given: Any) -> tuple[str, ...]:
    try:
        if isinstance(given, bytes | Set):
            raise TypeError(given)
        names = list(given)
    except TypeError as error:
        raise TargetError(f"target_names must be a list of names, got {shown(given)}") from error
    for name in names:
        if isinstance(name, Sized) and not isinstance(name, str):
            raise TargetError(f"target_names must be names, got {shown(name)} among them")
    return tuple(str(name) for name in names)


def class_index(wanted: Any, labels: Sequence[str]) -> int:
    """The index of one class, given as an index or a label.

    Raises:
        TargetError: when it is out of range, unknown, or neither, and for a number that is the index of one class and
            the label of another.

    Example:
        >>> class_index("sports", ("world", "sports"))
        1
    """
    if isinstance(wanted, str):
        if wanted in labels:
            return list(labels).index(wanted)
        near = get_close_matches(wanted[:100], labels, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise TargetError(f"unknown label {shown(wanted)}: {hint}The labels are {', '.join(labels)}")
    if isinstance(wanted, bool | np.bool_) or not isinstance(wanted, int | np.integer):
        raise TargetError(f"expected a class index or a label, got {shown(wanted)} ({type(wanted).__name__})")
    called = next((name for name in names_of_number(int(wanted)) if name in labels), None)
    if called is not None and list(labels).index(called) != wanted:
        by_index = (
            f", or that of index {wanted}, {labels[int(wanted)]!r}" if 0 <= wanted < len(labels) else ""
        )
        raise TargetError(
            f"{wanted} may be the class that is called {called!r}{by_index}: the labels are {', '.join(labels)}; give "
            f"the label as a string, {called!r}"
        )
    if not 0 <= wanted < len(labels):
        raise TargetError(
            f"target {shown(wanted)} is out of range: the model has {len(labels)} classes, 0 to {len(labels) - 1} "
            f"({', '.join(labels)})"
        )
    return int(wanted)


def names_of_number(number: float) -> tuple[str, ...]:
    """How a label may be written that is a whole number, with and without its zero; of one with many digits none is."""
    return (f"{int(number)}", f"{int(number)}.0") if abs(number) < _LARGE else ()


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
