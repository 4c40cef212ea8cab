"""Randomised weights: a method whose map survives them does not look at what the model has learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import whole_number
from textattr.errors import OptionError
from textattr.evaluation.cases import weights_of
from textattr.evaluation.exchanged import kept
from textattr.evaluation.metrics.metric import MapMetric, rank_correlation
from textattr.split.family import is_keras_model

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class RandomizedWeights(MapMetric):
    """How much of a map is left when the weights of the model are shuffled, from the top layer down.

    Mean over the layers l from the top and over `draws` of |Spearman's correlation| between the map and that of a model
    whose layers from the top down to l have their numbers shuffled, tensor by tensor (Adebayo et al. 2018,
    https://arxiv.org/abs/1810.03292, cascading randomisation). Less is better. The target stays the class that the
    trained model predicts.

    While it runs, the model itself has other weights: let no other thread call it. They are put back also after an
    error.

    Pitfalls: the words of a text stay where they are, so that a map keeps some likeness by its input alone (Yona and
    Greenfeld 2021, https://arxiv.org/abs/2110.14297).

    Args:
        draws: how many shuffles of each layer.
    """

    name: ClassVar[str] = "randomized_weights"
    higher_is_better: ClassVar[bool] = False

    draws: int = 2

    def __post_init__(self) -> None:
        whole_number("draws", self.draws)

    def values(self, study: Study, candidate: Candidate) -> Array:
        """What is left of the map of each document."""
        model = study.explainer.model
        if not is_keras_model(model):
            raise OptionError(
                "randomized_weights shuffles the weights of a Keras model: a black box shows none"
            )
        if candidate.explainer is None:
            return np.full(len(study.cases), np.nan)
        fixed = [None if each is None else each.targets[0].target for each in candidate.explanations]
        left: list[list[float]] = [[] for _ in study.cases]
        for draw in range(self.draws):
            for _ in _shuffled_from_the_top(model, study.seed + draw):
                found = study.explained(candidate.explainer, targets=fixed)
                for i, (before, after) in enumerate(zip(candidate.explanations, found, strict=True)):
                    if before is not None and after is not None:
                        left[i].append(abs(rank_correlation(weights_of(before), weights_of(after))))
        return np.array([np.nanmean(each) if np.isfinite(each).any() else np.nan for each in left])


def _shuffled_from_the_top(model: Any, seed: int) -> Iterator[None]:
    """Shuffles one more layer at each step; the weights are put back at the end."""
    rng = np.random.default_rng(seed)
    weights = list(model.trainable_variables)
    with kept(weights):
        for _, of_layer in groupby(reversed(weights), _layer_of):
            for weight in of_layer:
                values = np.asarray(weight)
                weight.assign(rng.permutation(values.ravel()).reshape(values.shape))
            yield


def _layer_of(weight: Any) -> str:
    path: str = getattr(weight, "path", weight.name)
    return path.rpartition("/")[0]
