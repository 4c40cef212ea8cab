"""What metrics have in common: a name, which way is better, and values for documents."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.evaluation.orders import most_relevant_first

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]


class Metric(ABC):
    """A number for each document and method: a frozen dataclass whose fields are its options."""

    name: ClassVar[str]
    higher_is_better: ClassVar[bool]
    needs_truth: ClassVar[bool] = False


class CopyMetric(Metric):
    """Leaves tokens out, and looks at the scores of such copies."""

    score: ClassVar[str]  # "logit" (the log-odds of two classes) or "probability"

    @abstractmethod
    def copies(self, weights: Array, seed: int) -> Array:
        """Which tokens each copy keeps, bool (M, n).

        Args:
            weights: float (n,), of the tokens that can be left out.
            seed: of the document, the same for every method.
        """

    @abstractmethod
    def value(self, weights: Array, stay: Array, whole: float, scores: Array) -> float:
        """From the score of the whole document and those of the copies, float (M,), to the document's value."""


class OrderMetric(CopyMetric):
    """Leaves tokens out in the order of their weights."""

    @abstractmethod
    def steps(self, order: Array) -> Array:
        """Which tokens each copy keeps, bool (M, n); `order`, int (n,), has the most relevant one first."""

    @abstractmethod
    def of_curve(self, whole: float, scores: Array) -> float:
        """From the score of the whole document and those of the copies, float (M,), to the document's value."""

    def copies(self, weights: Array, seed: int) -> Array:
        """The steps of the order, in which the seed decides between equal weights."""
        return self.steps(most_relevant_first(weights, seed))

    def value(self, weights: Array, stay: Array, whole: float, scores: Array) -> float:  # noqa: ARG002  (scores tell it)
        """That of the curve."""
        return self.of_curve(whole, scores)


class MapMetric(Metric):
    """Looks at the explanations alone, or makes further ones."""

    @abstractmethod
    def values(self, study: Study, candidate: Candidate) -> Array:
        """A value for each document, float (N,); NaN where there is none."""


class RelativeMetric(Metric):
    """Says where a method stands between others by another metric."""

    base: ClassVar[CopyMetric]

    @abstractmethod
    def relative(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """From the values of each method by the other metric, float (N,), to its own."""


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman's: the correlation of the ranks, ties at their mean rank; NaN where all weights of one are equal."""
    from scipy.stats import rankdata

    first, second = rankdata(a) - (len(a) + 1) / 2, rankdata(b) - (len(b) + 1) / 2
    size = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / size) if size else float("nan")
