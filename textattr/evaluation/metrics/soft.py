"""Soft comprehensiveness and sufficiency: numbers of vectors go by chance, more of those of words that count."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import whole_number
from textattr.errors import OptionError, TextAttrError
from textattr.evaluation.cases import can_go, names_of
from textattr.evaluation.copies import SoftCopies
from textattr.evaluation.metrics.metric import MapMetric
from textattr.split.family import is_keras_model

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class _Soft(MapMetric):
    """What both have in common.

    Args:
        draws: how many copies of a document are drawn; their scores are averaged.
    """

    higher_is_better: ClassVar[bool] = True

    draws: int = 10

    def __post_init__(self) -> None:
        whole_number("draws", self.draws)

    @abstractmethod
    def keep(self, share: Array) -> Array:
        """With which probability a number stays, from the weight of its token, 0 (least) to 1 (most)."""

    @abstractmethod
    def normalized(self, whole: float, soft: float, nothing: float) -> float:
        """From the probabilities of the whole document, of its soft copies, and of no word at all."""

    def values(self, study: Study, candidate: Candidate) -> Array:
        """The value of each document, averaged over the draws of chance."""
        if not is_keras_model(study.explainer.model):
            raise OptionError(f"{self.name} needs the vectors of a Keras model: a black box shows none")
        copies = SoftCopies(study.explainer)
        return np.array([self._document(study, copies, candidate, i) for i in range(len(study.cases))])

    def _document(self, study: Study, copies: SoftCopies, candidate: Candidate, i: int) -> float:
        reference = study.reference[i]
        if reference is None or not candidate.weights[i]:
            return float("nan")
        names, going = names_of(reference), can_go(reference)
        found = []
        for weights in candidate.weights[i]:
            low, high = weights[going].min(), weights[going].max()
            share = (weights - low) / (high - low) if high > low else np.full(len(weights), 0.5)
            rows = [np.ones(len(names)), np.where(going, 0.0, 1.0)]
            rows += [np.where(going, self.keep(share), 1.0)] * self.draws
            try:
                whole, nothing, *soft = copies.scores(study.cases[i], names, np.stack(rows), study.seed + i)
            except TextAttrError:
                return float("nan")
            found.append(self.normalized(float(whole), float(np.mean(soft)), float(nothing)))
        return float(np.mean(found))


def _kept(whole: float, other: float) -> float:
    """1 - max(0, p(x) - p(other))."""
    return 1 - max(0.0, whole - other)


@dataclass(frozen=True)
class SoftSufficiency(_Soft):
    """How much of the probability stays where numbers stay by the weight of their word.

    (S - S0) / (1 - S0), S = 1 - max(0, p(x) - p(x')), of which each number of a vector stays with the probability of
    its token's weight, scaled from 0 to 1 within the document, and becomes 0 otherwise; S0 is S of no word at all
    (Zhao and Aletras 2023, https://arxiv.org/abs/2305.10496).

    Pitfalls: a document whose probability does not fall without its words has no value. Half of a vector is no word.
    """

    name: ClassVar[str] = "soft_sufficiency"

    def keep(self, share: Array) -> Array:
        """As the weight says."""
        return share

    def normalized(self, whole: float, soft: float, nothing: float) -> float:
        """Relative to no word at all."""
        none = _kept(whole, nothing)
        return (_kept(whole, soft) - none) / (1 - none) if none < 1 else float("nan")


@dataclass(frozen=True)
class SoftComprehensiveness(_Soft):
    """How much of the probability goes where numbers go by the weight of their word.

    max(0, p(x) - p(x')) / (1 - S0), each number staying with the probability of one minus its token's weight; S0 as in
    `SoftSufficiency` (Zhao and Aletras 2023, https://arxiv.org/abs/2305.10496).

    Pitfalls: as for `SoftSufficiency`.
    """

    name: ClassVar[str] = "soft_comprehensiveness"

    def keep(self, share: Array) -> Array:
        """The less, the more it weighs."""
        return 1 - share

    def normalized(self, whole: float, soft: float, nothing: float) -> float:
        """Relative to no word at all."""
        none = _kept(whole, nothing)
        return max(0.0, whole - soft) / (1 - none) if none < 1 else float("nan")
