"""Infidelity: do the weights of what is left out sum to what the score loses?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import whole_number
from textattr.evaluation.metrics.metric import CopyMetric

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Infidelity(CopyMetric):
    """How badly the sum of weights tells what the score loses when random sets of tokens go.

    min over b of E[(b sum of R in S - (f(x) - f(x without S)))^2] / E[(f(x) - f(x without S))^2], over random sets S of
    every size: 0 where losses are in proportion to the weights, 1 where they have nothing to do with each other (Yeh
    et al. 2019, https://arxiv.org/abs/1901.09392, with sets of tokens for their perturbations and their optimal
    scaling, relative to the size of the losses). Less is better.

    Pitfalls: no sum of weights can follow words that only count together; it asks for the mean over contexts, as
    Shapley values are.

    Args:
        sets: how many random sets.

    Example:
        >>> stay = np.array([[False, True], [True, False], [False, False]])
        >>> Infidelity().value(np.array([2.0, 1.0]), stay, 3.0, np.array([1.0, 2.0, 0.0]))
        0.0
    """

    name: ClassVar[str] = "infidelity"
    higher_is_better: ClassVar[bool] = False
    score: ClassVar[str] = "logit"

    sets: int = 50

    def __post_init__(self) -> None:
        whole_number("sets", self.sets, 2)

    def copies(self, weights: Array, seed: int) -> Array:
        """Sets of a size that is drawn evenly, the same for every method."""
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, len(weights) + 1, self.sets)
        return np.asarray(rng.random((self.sets, len(weights))).argsort(1) >= sizes[:, None])

    def value(self, weights: Array, stay: Array, whole: float, scores: Array) -> float:
        """The part of the losses that the sums do not tell."""
        told, lost = (~stay) @ weights, whole - scores
        size = float((lost**2).sum())
        if size == 0:
            return float("nan")
        squares = float((told**2).sum())
        scale = float((told * lost).sum()) / squares if squares else 0.0
        return float(((scale * told - lost) ** 2).sum()) / size
