"""Completeness: do the weights that are shown sum to the score that is shown?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.evaluation.cases import totals_of
from textattr.evaluation.metrics.metric import MapMetric
from textattr.explanation import AnyExplanation
from textattr.methods.convergence import SHARE_OF_SIZES

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Completeness(MapMetric):
    """How far the weights are from adding up: |sum of R - (f(x) - f(b))| / max(|f(x) - f(b)|, 0.1 sum of |R|).

    R are all weights, features and shares, f(b) is the score that the method starts from, and 0 where it has none
    (Sundararajan et al. 2017, https://arxiv.org/abs/1703.01365, axiom of completeness). Less is better.

    Pitfalls: it says nothing of which word gets what. Methods that promise no sum, as saliency and occlusion, are far
    off by design; LRP starts from 0 and loses what biases absorb.
    """

    name: ClassVar[str] = "completeness"
    higher_is_better: ClassVar[bool] = False

    def values(self, study: Study, candidate: Candidate) -> Array:  # noqa: ARG002  (explanations alone)
        """The relative error of each explanation."""
        return np.array([_error(each) for each in candidate.explanations])


def _error(explanation: AnyExplanation | None) -> float:
    if explanation is None:
        return float("nan")
    target = explanation.targets[0]
    difference = target.score - (target.baseline_score or 0.0)
    total, sizes = totals_of(explanation)
    scale = max(abs(difference), SHARE_OF_SIZES * sizes)
    return abs(total - difference) / scale if scale else 0.0
