"""Class sensitivity: does another class get another map?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.errors import TextAttrError
from textattr.evaluation.cases import Case, weights_of
from textattr.evaluation.metrics.metric import MapMetric, rank_correlation
from textattr.explainer import Explainer
from textattr.explanation import AnyExplanation

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class ClassSensitivity(MapMetric):
    """How alike the maps of the target and of the runner-up are: Spearman's rank correlation of their weights.

    1 is the same map whatever the class, which explains none; -1 is the reverse (Gu et al. 2018,
    https://arxiv.org/abs/1812.02100, ask this of LRP). Less is better.

    Pitfalls: of two classes that share one margin a signed map is reversed by definition, and a map of sizes the same.
    """

    name: ClassVar[str] = "class_sensitivity"
    higher_is_better: ClassVar[bool] = False

    def values(self, study: Study, candidate: Candidate) -> Array:
        """The correlation for each document."""
        if candidate.explainer is None:
            return np.full(len(study.cases), np.nan)
        pairs = zip(study.cases, candidate.explanations, strict=True)
        return np.array([_alike(candidate.explainer, *pair) for pair in pairs])


def _alike(explainer: Explainer, case: Case, explanation: AnyExplanation | None) -> float:
    if explanation is None or explanation.prediction.scores.ndim != 1:
        return float("nan")
    order = np.argsort(-explanation.prediction.scores, kind="stable")
    other = next((int(i) for i in order if i != explanation.targets[0].target), None)
    if other is None or explanation.prediction.task == "regression":
        return float("nan")
    asked = replace(case, targets=other, against=None)
    try:
        runner_up = explainer.explain(asked.doc, **asked.arguments)
    except TextAttrError:
        return float("nan")
    return rank_correlation(weights_of(explanation), weights_of(runner_up))
