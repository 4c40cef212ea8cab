"""Max-sensitivity: how far a map moves when the vectors of the words move a little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import number, whole_number
from textattr.errors import OptionError
from textattr.evaluation.cases import weights_of
from textattr.evaluation.exchanged import kept
from textattr.evaluation.metrics.metric import MapMetric
from textattr.split.family import is_keras_model
from textattr.split.layers import walk

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class MaxSensitivity(MapMetric):
    """The farthest that a map moves, relative to its size, when each vector of the table moves a little.

    max over `draws` of |R(x + d) - R(x)| / |R(x)|, euclidean, d evenly drawn from -radius to radius times the range
    of the table's numbers (Yeh et al. 2019, https://arxiv.org/abs/1901.09392). Less is better. A word that stands
    twice moves the same way twice.

    While it runs, the tables of the model hold other numbers: let no other thread call it. They are put back also
    after an error.

    Pitfalls: a map that never moves, whatever the text, is perfectly stable.

    Args:
        draws: how many moves are tried.
        radius: how far, relative to the range of the table.
    """

    name: ClassVar[str] = "max_sensitivity"
    higher_is_better: ClassVar[bool] = False

    draws: int = 5
    radius: float = 0.02

    def __post_init__(self) -> None:
        whole_number("draws", self.draws)
        number("radius", self.radius, above=0)

    def values(self, study: Study, candidate: Candidate) -> Array:
        """The farthest move for each document."""
        if not is_keras_model(study.explainer.model):
            raise OptionError("max_sensitivity moves the vectors of a Keras model: a black box shows none")
        tables = [
            layer.embeddings for _, layer in walk(study.explainer.model) if hasattr(layer, "embeddings")
        ]
        farthest = np.full(len(study.cases), np.nan)
        if candidate.explainer is None or not tables:
            return farthest
        fixed = [None if each is None else each.targets[0].target for each in candidate.explanations]
        rng = np.random.default_rng(study.seed)
        with kept(tables):
            centres = [np.array(table) for table in tables]
            for _ in range(self.draws):
                for table, centre in zip(tables, centres, strict=True):
                    table.assign(centre + self.radius * np.ptp(centre) * rng.uniform(-1, 1, centre.shape))
                moved = study.explained(candidate.explainer, targets=fixed)
                for i, (before, after) in enumerate(zip(candidate.explanations, moved, strict=True)):
                    if before is not None and after is not None:
                        farthest[i] = np.fmax(farthest[i], _moved(weights_of(before), weights_of(after)))
        return farthest


def _moved(before: Array, after: Array) -> float:
    size = float(np.linalg.norm(before))
    return float(np.linalg.norm(after - before)) / size if size else float("nan")
