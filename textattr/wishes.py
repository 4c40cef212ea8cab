"""What is asked of one document: which classes of which output, against which, and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from textattr.checks import shown
from textattr.errors import TargetError
from textattr.split.head import Head
from textattr.targets import class_index, class_indices, contrast, labels_of

Labels = Mapping[str | None, tuple[str, ...]]


@dataclass(frozen=True)
class Wish:
    """The classes of one output to explain; None: what is predicted."""

    classes: tuple[int, ...] | None
    against: int | None = None


@dataclass(frozen=True)
class Asked:
    """What is asked of one document.

    Args:
        wishes: by the name of the output; None is the name of an only one.
        objective: a function of the outputs to explain instead.
        truth: the right label, if the caller told.
    """

    wishes: Mapping[str | None, Wish] = field(default_factory=dict)
    objective: Callable[[Any], Any] | None = None
    truth: str | None = None


def all_labels(heads: Mapping[str | None, Head], target_names: Any) -> dict[str | None, tuple[str, ...]]:
    """The names of the classes of every output; `target_names` is a dict by output where there are several."""
    if len(heads) == 1:
        return {name: labels_of(head, target_names) for name, head in heads.items()}
    if target_names is not None and not (
        isinstance(target_names, Mapping) and set(target_names) <= set(heads)
    ):
        raise TargetError(
            f"the model has the outputs {', '.join(map(str, heads))}: give target_names as a dict, {{output: names}}"
        )
    return {name: labels_of(head, (target_names or {}).get(name)) for name, head in heads.items()}


def understand_wishes(targets: Any, against: Any, truth: Any, labels: Labels) -> Asked:
    """What a user's `targets`, `against` and `truth` mean.

    Raises:
        TargetError: for an unknown output, a class out of range, an unknown label, a contrast of a class with itself.
    """
    if callable(targets) and not isinstance(targets, type):
        if against is not None:
            raise TargetError(
                "against= goes with a class, not with a function as target: let the function subtract"
            )
        return Asked(objective=targets, truth=_told(truth))
    wishes = {}
    contrasts = _by_output("against", against, labels)
    for name, wanted in _by_output("targets", targets, labels).items():
        classes = class_indices(wanted, labels[name])
        wishes[name] = Wish(classes, contrast(contrasts.get(name), classes, labels[name]))
    idle = [name for name, each in contrasts.items() if each is not None and name not in wishes]
    if idle:
        raise TargetError(
            f"against= names the output {idle[0]!r}, of which targets= asks nothing: name it there too"
        )
    rights = _by_output("truth", truth, labels)
    right = {
        name: labels[name][class_index(each, labels[name])]
        for name, each in rights.items()
        if each is not None
    }
    told = right.get(None) or "; ".join(f"{name}: {label}" for name, label in right.items()) or None
    return Asked(wishes, truth=told)


def _told(truth: Any) -> str | None:
    """The right answer beside a function, which has no labels: as it was told."""
    return truth if isinstance(truth, str | None) else shown(truth)


def _by_output(what: str, given: Any, labels: Labels) -> dict[str | None, Any]:
    if isinstance(given, Mapping):
        if set(labels) == {None}:
            raise TargetError(f"{what}= names outputs ({shown(list(given))}), but the model has only one")
        unknown = [name for name in given if name not in labels]
        if unknown:
            raise TargetError(
                f"unknown output {shown(unknown[0])}: the outputs are {', '.join(map(repr, labels))}"
            )
        if not given:
            raise TargetError(f"{what}= names no output: the outputs are {', '.join(map(repr, labels))}")
        return dict(given)
    if len(labels) > 1 and given is not None:
        first = next(iter(labels))
        raise TargetError(
            f"the model has the outputs {', '.join(map(str, labels))}: write {what}={{{first!r}: {shown(given)}}}"
        )
    return dict.fromkeys(labels, given)
