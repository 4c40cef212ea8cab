"""What methods are compared by: `METRICS` names them, each has a file with its formula, source and pitfalls."""

from textattr.evaluation.metrics.class_sensitivity import ClassSensitivity
from textattr.evaluation.metrics.completeness import Completeness
from textattr.evaluation.metrics.comprehensiveness import (
    Comprehensiveness,
    NormalizedComprehensiveness,
    NormalizedSufficiency,
    Sufficiency,
)
from textattr.evaluation.metrics.deletion_gap import DeletionGap, ProbabilityDeletionGap
from textattr.evaluation.metrics.infidelity import Infidelity
from textattr.evaluation.metrics.input_stability import InputStability
from textattr.evaluation.metrics.max_sensitivity import MaxSensitivity
from textattr.evaluation.metrics.metric import CopyMetric, MapMetric, Metric, OrderMetric, RelativeMetric
from textattr.evaluation.metrics.planted_truth import PlantedTruth
from textattr.evaluation.metrics.plausibility import Plausibility, PlausibilityRPrecision, PlausibilitySign
from textattr.evaluation.metrics.randomized_weights import RandomizedWeights
from textattr.evaluation.metrics.seed_stability import SeedStability
from textattr.evaluation.metrics.soft import SoftComprehensiveness, SoftSufficiency

METRICS: dict[str, type[Metric]] = {
    kind.name: kind
    for kind in (
        DeletionGap,
        ProbabilityDeletionGap,
        Comprehensiveness,
        Sufficiency,
        NormalizedComprehensiveness,
        NormalizedSufficiency,
        Completeness,
        RandomizedWeights,
        SeedStability,
        Plausibility,
        PlausibilityRPrecision,
        PlausibilitySign,
        PlantedTruth,
        ClassSensitivity,
        InputStability,
        Infidelity,
        MaxSensitivity,
        SoftComprehensiveness,
        SoftSufficiency,
    )
}

__all__ = [
    "METRICS",
    "ClassSensitivity",
    "Completeness",
    "Comprehensiveness",
    "CopyMetric",
    "DeletionGap",
    "Infidelity",
    "InputStability",
    "MapMetric",
    "MaxSensitivity",
    "Metric",
    "NormalizedComprehensiveness",
    "NormalizedSufficiency",
    "OrderMetric",
    "PlantedTruth",
    "Plausibility",
    "PlausibilityRPrecision",
    "PlausibilitySign",
    "ProbabilityDeletionGap",
    "RandomizedWeights",
    "RelativeMetric",
    "SeedStability",
    "SoftComprehensiveness",
    "SoftSufficiency",
    "Sufficiency",
]
