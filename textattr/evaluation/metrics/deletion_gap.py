"""Deletion gap: does the score fall faster when what counts most goes first?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.evaluation.metrics.metric import OrderMetric
from textattr.evaluation.orders import without_first

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class DeletionGap(OrderMetric):
    """The area between two curves: tokens go one by one, least relevant first (LeRF) and most relevant first (MoRF).

    gap = 1/n sum over k = 1..n of f(x without the k least relevant) - f(x without the k most relevant), in logits, of
    two classes in log-odds (Samek et al. 2017, https://doi.org/10.1109/TNNLS.2016.2599820; as Schulz et al. 2020 take
    both ends, https://arxiv.org/abs/2001.00396). LeRF is MoRF backwards, so that chance has 0 on average.

    Pitfalls: copies are unlike any text of the training, and a model may react to that. Which token stands in the place
    favours methods that start from it: compare with operator "remove".

    Example:
        >>> gap = DeletionGap()
        >>> gap.steps(np.array([1, 0])).astype(int).tolist()  # most relevant first, then least relevant first
        [[1, 0], [0, 0], [0, 1], [0, 0]]
        >>> gap.of_curve(4.0, np.array([1.0, 0.0, 3.0, 0.0]))
        1.0
    """

    name: ClassVar[str] = "deletion_gap"
    higher_is_better: ClassVar[bool] = True
    score: ClassVar[str] = "logit"

    def steps(self, order: Array) -> Array:
        """Both curves, one behind the other."""
        count = len(order)
        steps = np.arange(1, count + 1)
        return np.concatenate([without_first(each, count, steps) for each in (order, order[::-1])])

    def of_curve(self, whole: float, scores: Array) -> float:  # noqa: ARG002  (the curves begin behind it)
        """The mean distance of the curves."""
        most, least = np.split(scores, 2)
        return float((least - most).mean())


class ProbabilityDeletionGap(DeletionGap):
    """The same in probability of the target, which is flat where the model is sure."""

    name: ClassVar[str] = "deletion_gap_probability"
    score: ClassVar[str] = "probability"
