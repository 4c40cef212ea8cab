"""Plausibility: do people point at the same characters?"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from textattr.evaluation.metrics.metric import MapMetric

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]
Stretches = Sequence[tuple[int, int]]
"""(start, end) of characters of a text."""


class _AgainstPeople(MapMetric):
    """Compares weights of characters with stretches that people marked.

    Each character has the weight of its token, so that tokenizers of any kind are compared alike; characters of no
    token do not count. A document without a mark, or all marked, has no value.
    """

    higher_is_better: ClassVar[bool] = True
    needs_truth: ClassVar[bool] = True

    @abstractmethod
    def agreement(self, weights: Array, marked: Array) -> float:
        """Of one document: float (characters,), bool (characters,)."""

    def values(self, study: Study, candidate: Candidate) -> Array:
        """The agreement for each document, averaged over the draws of chance."""
        return np.array([self._document(study, candidate, i) for i in range(len(study.cases))])

    def _document(self, study: Study, candidate: Candidate, i: int) -> float:
        reference, truth = study.reference[i], study.cases[i].truth
        if reference is None or truth is None or not candidate.weights[i]:
            return float("nan")
        token_of = np.full(len(reference.document), -1)
        for number, token in enumerate(reference.tokens):
            token_of[token.start : token.end] = number
        marked = marked_characters(truth, len(reference.document))
        counts = token_of >= 0
        marked = marked[counts]
        if marked.all() or not marked.any():
            return float("nan")
        found = [self.agreement(weights[token_of[counts]], marked) for weights in candidate.weights[i]]
        return float(np.mean(found))


@dataclass(frozen=True)
class Plausibility(_AgainstPeople):
    """How often a marked character has a larger weight than one that is not: the area under the ROC curve.

    AUC = P(w of a marked character > w of another) + P(=) / 2, from ranks (Mann and Whitney 1947); 0.5 is chance
    (DeYoung et al. 2020, https://arxiv.org/abs/1911.03429, compare soft scores with human rationales likewise).

    Pitfalls: people say what decides for them, not for the model. A faithful explanation of a wrong model is not
        plausible.

    Example:
        >>> Plausibility().agreement(np.array([3.0, 1.0, 2.0]), np.array([True, False, False]))
        1.0
    """

    name: ClassVar[str] = "plausibility"

    def agreement(self, weights: Array, marked: Array) -> float:
        """The area under the curve."""
        return area_under_curve(weights, marked)


@dataclass(frozen=True)
class PlausibilityRPrecision(_AgainstPeople):
    """Of as many top characters as people marked, the part that people marked.

    Of characters with one weight at the border as many count as their share.

    Pitfalls: those of plausibility; a mark of a few characters makes it a coarse number.
    """

    name: ClassVar[str] = "plausibility_r_precision"

    def agreement(self, weights: Array, marked: Array) -> float:
        """The precision at R."""
        size = int(marked.sum())
        border = np.sort(weights)[::-1][size - 1]
        above, at = weights > border, weights == border
        hits = marked[above].sum() + (size - above.sum()) * marked[at].mean()
        return float(hits / size)


@dataclass(frozen=True)
class PlausibilitySign(_AgainstPeople):
    """Of the marked characters, the part whose weight is positive: speaks for the target, as people say it does.

    Pitfalls: a map without negative weights has all of it.
    """

    name: ClassVar[str] = "plausibility_sign"

    def agreement(self, weights: Array, marked: Array) -> float:
        """The part with a positive weight; 0 counts half."""
        return float(((np.sign(weights[marked]) + 1) / 2).mean())


def area_under_curve(weights: Array, marked: Array) -> float:
    """P(weight of a marked one > weight of another) + P(they are equal) / 2."""
    yes, no = int(marked.sum()), int((~marked).sum())
    ranks = rankdata(weights)[marked].sum()
    return float((ranks - yes * (yes + 1) / 2) / (yes * no))


def marked_characters(truth: Stretches, length: int) -> Array:
    """Which characters lie in one of the stretches, bool (length,)."""
    marked = np.zeros(length, bool)
    for start, end in truth:
        marked[start:end] = True
    return marked
