"""Planted truth: tokens of which it is known that they decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textattr.evaluation.metrics.plausibility import Plausibility


@dataclass(frozen=True)
class PlantedTruth(Plausibility):
    """How well a method finds the tokens that were planted into documents: the area under the ROC curve.

    The same number as plausibility, with another truth: `textattr.evaluation.planted` makes models and documents of
    which it is known which tokens decide, and that no other does (as Arras et al. 2022,
    https://arxiv.org/abs/2003.07258, do with images and questions).

    Pitfalls: such models are simpler than those of real texts, and what is planted speaks for the target.
    """

    name: ClassVar[str] = "planted_truth"
