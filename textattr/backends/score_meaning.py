"""What the scores of a function of texts mean: settled once, never by the documents that happen to be explained.

Where a function gives one score for two classes, the score may be the probability of the second class or a margin,
which is positive where the second class is predicted. Only its values tell, so the function is called with texts
of our own: a score outside [0, 1] is no probability. The same goes for one score per label, and for several classes,
of which a count of each may happen to sum to 1.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.black_box import BlackBox
from textattr.backends.score_cache import Asker, ScoreCache
from textattr.errors import OptionError
from textattr.targets.head import Head

Array = npt.NDArray[Any]

PROBES = (
    "good",
    "bad",
    "film",
    "not",
    "An excellent, wonderful, brilliant film: I love it, it is the best and most beautiful of the year!",
    "Awful. The worst film ever: boring, stupid, terrible, a disaster. I hate it, avoid this horrible mess.",
    "Great service, friendly people, delicious food, happy, perfect, fantastic, amazing, recommended.",
    "Disappointing, poor, dirty, broken, useless, rude, sad, ugly, wrong, never again, a waste of money.",
    "You have won a free prize! Click now to claim your cash bonus, urgent offer, call this number, txt STOP.",
    "The meeting is on Tuesday at ten; the report about the budget is attached.",
    "The government won the election; the team lost the match; shares of the company fell; a new planet was found.",
    "I will kill you, you idiot, shut up.",
    "the of and to a in is it that was for on with as",
    "0 1 2 3 10 100 2024",
)

_SLACK = 1e-3  # of a sum of probabilities


@dataclass(frozen=True)
class Meaning:
    """What the scores mean.

    Args:
        head: task, number of scores, and the labels that the model gives.
        are_probabilities: whether scores in [0, 1], of several classes those that sum to 1, are probabilities.
    """

    head: Head
    are_probabilities: bool

    @property
    def is_margin(self) -> bool:
        """Whether the only score is that of the second of two classes, its negative that of the first."""
        return self.head.is_one_unit and not self.are_probabilities

    def of_classes(self, scores: Array) -> Array:
        """From the scores as they came, (N, K), to those of each class, float (N, C)."""
        if not self.head.is_one_unit or scores.shape[1] == 2:
            return scores
        return np.concatenate([1 - scores if self.are_probabilities else -scores, scores], axis=1)

    def probabilities(self, scores: Array) -> list[Array | None]:
        """Of the scores of each class, (N, C): those of a text that are probabilities, else None."""
        if self.head.task == "regression" or self.is_margin:
            return [None] * len(scores)
        return [row if self._are_probable(row) else None for row in scores]

    def _are_probable(self, row: Array) -> bool:
        if not in_unit(row):
            return False
        return self.are_probabilities and (self.head.task == "multilabel" or abs(row.sum() - 1) <= _SLACK)


def in_unit(scores: Array) -> bool:
    """Whether all scores of one text, or of several, lie between 0 and 1."""
    return bool(((scores >= 0) & (scores <= 1)).all())


def meaning_of(
    box: BlackBox, asker: Asker, ask: ScoreCache, units: int, task: str | None, target_names: Any
) -> Meaning:
    """What the scores of a model of texts mean.

    Args:
        box: the model.
        asker: knows the labels that came with its first answer.
        ask: asks it, where its values have to tell.
        units: how many scores it gives for each text.
        task: as set by the user, or None.
        target_names: as set by the user, or None.

    Raises:
        OptionError: for a task that does not fit the number of scores.
    """
    labels = box.labels or asker.labels
    names = target_names if labels is None else labels
    chosen = task or box.task
    if task == "binary" and units == 2:
        chosen = "multiclass"
    if chosen is None and units == 1:
        chosen = "binary" if isinstance(names, Sized) and len(names) == 2 else "regression"
    chosen = chosen or "multiclass"
    if chosen == "binary" and units > 2 or chosen == "multiclass" and units < 2:
        raise OptionError(f"task={chosen!r} does not fit a model that gives {units} scores for each text")
    head = Head(chosen, units, box.activation)
    if labels is not None and len(labels) == head.classes:
        head = replace(head, labels=labels)
    if box.gives_probabilities is not None:
        return Meaning(head, box.gives_probabilities)
    are_shares = chosen == "multiclass"
    return Meaning(head, chosen != "regression" and _look_like_probabilities(ask, are_shares=are_shares))


def _look_like_probabilities(ask: ScoreCache, *, are_shares: bool) -> bool:
    """Whether the scores of all our own texts lie between 0 and 1, and are shares of 1 where one class excludes others.

    So too where the function cannot read them.
    """
    try:
        scores = ask(PROBES)
        return in_unit(scores) and (not are_shares or bool((abs(scores.sum(1) - 1) <= _SLACK).all()))
    except Exception:  # noqa: BLE001  (it is called with the documents again, where its errors are reported)
        return True
