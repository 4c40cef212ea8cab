"""Input stability: does the map stay where a change of the text means nothing?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import shown
from textattr.errors import OptionError
from textattr.evaluation.cases import weights_of
from textattr.evaluation.metrics.metric import MapMetric, rank_correlation
from textattr.explanation import AnyExplanation

if TYPE_CHECKING:
    from textattr.evaluation.study import Candidate, Study

Array = npt.NDArray[Any]
Variation = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class InputStability(MapMetric):
    """The rank correlation of the weights between a text and the same text in other words or letters.

    Mean over the variations of Spearman's correlation, word by word: of those that change the text and leave its
    words as many and its prediction the same (after Alvarez-Melis and Jaakkola 2018,
    https://arxiv.org/abs/1806.08049, whose neighbours are any close inputs). A text that no variation changes, or
    whose prediction all of them change, has no value.

    Pitfalls: a model that minds what means nothing has another reason for the same answer, and a faithful map says so.

    Args:
        variations: functions from a text to one that means the same.
        synonyms: {word: another word for it}, a variation more.

    Raises:
        OptionError: for what is no function.
    """

    name: ClassVar[str] = "input_stability"
    higher_is_better: ClassVar[bool] = True

    variations: tuple[Variation, ...] = (str.lower, str.upper)
    synonyms: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for variation in self.variations:
            if not callable(variation):
                raise OptionError(
                    f"expected variations= as functions from a text to a text, got {shown(variation)}"
                )

    def values(self, study: Study, candidate: Candidate) -> Array:
        """The mean correlation for each document."""
        found: list[list[float]] = [[] for _ in study.cases]
        for variation in (*self.variations, *([self._exchanged] if self.synonyms else [])):
            for i, correlation in self._of(variation, study, candidate):
                found[i].append(correlation)
        return np.array([np.mean(each) if each else np.nan for each in found])

    def _of(self, variation: Variation, study: Study, candidate: Candidate) -> list[tuple[int, float]]:
        """The correlation for each document that the variation changes."""
        texts = {i: case.doc for i, case in enumerate(study.cases) if isinstance(case.doc, str)}
        changed = {i: variation(text) for i, text in texts.items()}
        changed = {i: text for i, text in changed.items() if text != texts[i]}
        if candidate.explainer is None or not changed:
            return []
        cases = tuple(replace(study.cases[i], doc=text) for i, text in changed.items())
        others = replace(study, cases=cases).explained(candidate.explainer)
        pairs = zip(changed, others, strict=True)
        alike = [(i, _alike(candidate.explanations[i], other)) for i, other in pairs]
        return [(i, correlation) for i, correlation in alike if np.isfinite(correlation)]

    def _exchanged(self, text: str) -> str:
        for word, other in self.synonyms.items():
            text = text.replace(word, other)
        return text


def _alike(one: AnyExplanation | None, other: AnyExplanation | None) -> float:
    if one is None or other is None or one.prediction.label != other.prediction.label:
        return float("nan")
    first, second = (weights_of(each.merge("words")) for each in (one, other))
    return rank_correlation(first, second) if len(first) == len(second) else float("nan")
