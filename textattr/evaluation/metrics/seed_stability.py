"""Seed stability: does a method that draws at random say the same twice?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import whole_number
from textattr.evaluation.cases import weights_of
from textattr.evaluation.metrics.metric import MapMetric, rank_correlation
from textattr.evaluation.with_method import with_method

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SeedStability(MapMetric):
    """The mean rank correlation of the weights between runs that differ in the method's seed alone.

    Mean over all pairs of `runs` runs of Spearman's correlation. A method without a seed has 1, for it draws nothing.

    Pitfalls: stable is not right.

    Args:
        runs: how many seeds.
    """

    name: ClassVar[str] = "seed_stability"
    higher_is_better: ClassVar[bool] = True

    runs: int = 3

    def __post_init__(self) -> None:
        whole_number("runs", self.runs, 2)

    def values(self, study: Study, candidate: Candidate) -> Array:
        """The correlation for each document."""
        explainer = candidate.explainer
        if explainer is None:
            return np.array([_between(draws) for draws in candidate.weights])
        if not hasattr(explainer.method, "seed"):
            return np.array([np.nan if each is None else 1.0 for each in candidate.explanations])
        seeded: Any = explainer.method  # a dataclass with that field
        methods = [replace(seeded, seed=study.seed + 1 + run) for run in range(self.runs)]
        runs = [study.explained(with_method(explainer, method)) for method in methods]
        found = zip(*runs, strict=True)
        return np.array([_between([weights_of(each) for each in maps if each is not None]) for maps in found])


def _between(maps: Any) -> float:
    pairs = [rank_correlation(a, b) for a, b in combinations(maps, 2)]
    return float(np.mean(pairs)) if pairs else float("nan")
