"""What a model's output means: a table of evidence, of which the first row that fits counts.

None of it is taken from the documents at hand, so that what a score means never depends on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from textattr.targets.loss import Loss

ROUNDING = 1e-5  # by which constants such as 1/6 may carry a proven interval beyond [0, 1]


@dataclass(frozen=True)
class Observed:
    """What an output gave for documents of textattr's own, see `textattr.split.probe`.

    Args:
        is_inside: whether all of it lay between 0 and 1, but for rounding.
        sums_to_one: whether the numbers of each document summed to 1, but for rounding.
    """

    is_inside: bool
    sums_to_one: bool


@dataclass(frozen=True)
class Evidence:
    """What is known of an output.

    Args:
        units: how many numbers it has per document.
        activation: "softmax", "log_softmax" or "sigmoid", where it ends in one that can be taken off.
        range: between which numbers its ops keep it, whatever the document.
        observed: what it gave for documents of textattr's own; None where the model took none of them.
        loss: what the model was compiled with.
        task: what the user says it is.
    """

    units: int
    activation: str | None
    range: tuple[float, float]
    observed: Observed | None
    loss: Loss
    task: str | None = None

    @property
    def is_seen_outside(self) -> bool:
        """Whether a number outside [0, 1] was seen."""
        return self.observed is not None and not self.observed.is_inside

    @property
    def is_seen_inside(self) -> bool:
        """Whether numbers were seen, and none outside [0, 1]."""
        return self.observed is not None and self.observed.is_inside

    @property
    def sums_to_one(self) -> bool:
        """Whether the numbers of every document that was tried summed to 1."""
        return self.observed is not None and self.observed.sums_to_one

    @property
    def is_proven_inside(self) -> bool:
        """Whether its ops keep it within [0, 1]."""
        return self.range[0] >= -ROUNDING and self.range[1] <= 1 + ROUNDING


@dataclass(frozen=True)
class Interpretation:
    """What an output means.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        is_probability: whether it is the probability itself, and no logits are found before it. Else it is made of
            logits by its activation; without one it is the logits, or the values of a regression.
        note: what the user should know of it; empty where it is plain.
    """

    task: str
    is_probability: bool = False
    note: str = ""


def interpretation_of(evidence: Evidence) -> Interpretation:
    """How an output is read: as the first row says whose evidence holds; a task that the user gives stays."""
    interpretation = next(read(evidence) for holds, read in TABLE if holds(evidence))
    return interpretation if evidence.task is None else replace(interpretation, task=evidence.task)


def _behind_activation(evidence: Evidence) -> Interpretation:
    if evidence.activation == "sigmoid":
        return Interpretation("binary" if evidence.units == 1 else "multilabel")
    return Interpretation("multiclass")


def _value(_: Evidence) -> Interpretation:
    return Interpretation("regression")


def _logits_or_value(evidence: Evidence) -> Interpretation:
    """As the loss says; without one by the number of units, with a note."""
    task = evidence.loss.task(evidence.units)
    if task is not None:
        return Interpretation(task)
    if evidence.units == 1:
        guess, taken = "regression", "its one linear output is taken for a regression"
    else:
        guess, taken = "multiclass", "its outputs are taken for logits"
    note = f"the model ends in no softmax or sigmoid and was not compiled with a loss: {taken}; task= says otherwise"
    return Interpretation(guess, note="" if evidence.task else note)


def _outside(evidence: Evidence) -> Interpretation:
    interpretation = _logits_or_value(evidence)
    if interpretation.task == "regression" or evidence.loss.from_logits is None:
        return interpretation
    note = (
        "the model was compiled with from_logits=False, but it ends in no softmax or sigmoid, and its numbers are not "
        "all between 0 and 1: they are taken for logits"
    )
    return replace(interpretation, note=note)


def _shares_of_one(_: Evidence) -> Interpretation:
    return Interpretation("multiclass", is_probability=True)


def _proven(evidence: Evidence) -> Interpretation:
    several = "multiclass" if evidence.loss.task(evidence.units) == "multiclass" else "multilabel"
    note = (
        "the model ends in no softmax or sigmoid, but its numbers are between 0 and 1 whatever the text: they are "
        'taken for probabilities; task="regression" says otherwise'
    )
    return Interpretation("binary" if evidence.units == 1 else several, is_probability=True, note=note)


def _probabilities_by_loss(evidence: Evidence) -> Interpretation:
    note = (
        "the model was compiled with from_logits=False and gave numbers between 0 and 1 for all texts that were tried: "
        "they are taken for probabilities; if they are logits, compile it with from_logits=True"
    )
    return Interpretation("binary" if evidence.units == 1 else "multilabel", is_probability=True, note=note)


def _open(evidence: Evidence) -> Interpretation:
    interpretation = _logits_or_value(evidence)
    taken = "values" if (evidence.task or interpretation.task) == "regression" else "logits"
    note = (
        "the model gave numbers between 0 and 1 for all texts that were tried, but nothing in it keeps them there: "
        f"they are taken for {taken}; if they are probabilities, compile it with BinaryCrossentropy(from_logits=False)"
    )
    return replace(interpretation, note=note)


def _unseen(evidence: Evidence) -> Interpretation:
    interpretation = _logits_or_value(evidence)
    if interpretation.task == "regression" or evidence.loss.from_logits is None:
        return interpretation
    note = (
        "the model ends in no softmax or sigmoid, and took none of the texts that would tell its numbers from "
        "probabilities: they are taken for logits"
    )
    return replace(interpretation, note=note)


# Evidence, and how an output is read where it holds. The first row that holds counts.
TABLE: tuple[tuple[Callable[[Evidence], bool], Callable[[Evidence], Interpretation]], ...] = (
    (lambda e: e.task == "regression", _value),
    (lambda e: e.activation is not None, _behind_activation),
    (lambda e: e.loss.from_logits is True, _logits_or_value),
    (lambda e: e.is_seen_outside, _outside),
    (lambda e: e.task is None and e.loss.is_of_regression and e.units == 1, _value),
    (lambda e: e.units > 1 and e.sums_to_one, _shares_of_one),
    (lambda e: e.is_proven_inside, _proven),
    (lambda e: e.is_seen_inside and e.loss.says_probabilities, _probabilities_by_loss),
    (lambda e: e.is_seen_inside, _open),
    (lambda _: True, _unseen),
)
