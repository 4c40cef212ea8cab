"""Comprehensiveness and sufficiency: what the top of the list is worth, taken away and taken alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.evaluation.metrics.metric import CopyMetric, OrderMetric, RelativeMetric
from textattr.evaluation.orders import without_first

Array = npt.NDArray[Any]

BINS = (0.01, 0.05, 0.1, 0.2, 0.5)  # of the tokens, at least one


def top_counts(count: int) -> Array:
    """How many tokens each bin holds, int (5,).

    Example:
        >>> top_counts(30)
        array([ 1,  2,  3,  6, 15])
    """
    return np.asarray(np.maximum(1, np.ceil(np.round(np.array(BINS) * count, 9)).astype(int)))


@dataclass(frozen=True)
class Comprehensiveness(OrderMetric):
    """How much of the probability goes with the most relevant tokens.

    Mean over the bins b = 1, 5, 10, 20, 50 % of p(x) - p(x without its ceil(b n) most relevant tokens), p being the
    probability of the target (DeYoung et al. 2020, https://arxiv.org/abs/1911.03429; their AOPC).

    Pitfalls: of a document that the model is very sure of, one token changes little, whatever the method; in short ones
    several bins are the same token.

    Example:
        >>> Comprehensiveness().of_curve(0.9, np.array([0.8, 0.8, 0.7, 0.5, 0.2])).__round__(2)
        0.3
    """

    name: ClassVar[str] = "comprehensiveness"
    higher_is_better: ClassVar[bool] = True
    score: ClassVar[str] = "probability"

    def steps(self, order: Array) -> Array:
        """The document without the top of each bin."""
        return without_first(order, len(order), top_counts(len(order)))

    def of_curve(self, whole: float, scores: Array) -> float:
        """The mean of what is lost."""
        return float((whole - scores).mean())


@dataclass(frozen=True)
class Sufficiency(OrderMetric):
    """How much of the probability is missing where only the most relevant tokens stay: less is better.

    Mean over the bins b = 1, 5, 10, 20, 50 % of p(x) - p(the ceil(b n) most relevant tokens of x alone) (DeYoung et al.
    2020, https://arxiv.org/abs/1911.03429).

    Pitfalls: a few words without their text are no text, and most models say one class of them by habit.

    Example:
        >>> Sufficiency().steps(np.array([2, 0, 1])).astype(int).tolist()[-1]  # half of three tokens: two
        [1, 0, 1]
    """

    name: ClassVar[str] = "sufficiency"
    higher_is_better: ClassVar[bool] = False
    score: ClassVar[str] = "probability"

    def steps(self, order: Array) -> Array:
        """The top of each bin alone."""
        return ~without_first(order, len(order), top_counts(len(order)))

    def of_curve(self, whole: float, scores: Array) -> float:
        """The mean of what is missing."""
        return float((whole - scores).mean())


class _Normalized(RelativeMetric):
    """0 where chance is, 1 at the best order that any method of the comparison found for the document."""

    def relative(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """(value - chance) / (best - chance), document by document."""
        found = np.stack(list(values.values()))
        chance = values["random"]
        best = (np.fmax if self.base.higher_is_better else np.fmin).reduce(found)
        room = np.where(abs(best - chance) > 1e-6, best - chance, np.nan)
        return {name: (value - chance) / room for name, value in values.items()}


@dataclass(frozen=True)
class NormalizedComprehensiveness(_Normalized):
    """Comprehensiveness between chance (0) and the best order that was found for each document (1).

    Pitfalls: "best found" is the best of the methods compared, leave-one-out among them, not of all orders. Documents
    where no order is better than chance have no value.
    """

    name: ClassVar[str] = "normalized_comprehensiveness"
    higher_is_better: ClassVar[bool] = True
    base: ClassVar[CopyMetric] = Comprehensiveness()


@dataclass(frozen=True)
class NormalizedSufficiency(_Normalized):
    """Sufficiency between chance (0) and the best order found for each document (1), so that more is better.

    Pitfalls: as for `NormalizedComprehensiveness`.
    """

    name: ClassVar[str] = "normalized_sufficiency"
    higher_is_better: ClassVar[bool] = True
    base: ClassVar[CopyMetric] = Sufficiency()
