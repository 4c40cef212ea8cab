"""What the reader of a comparison should know before believing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau

from textattr.evaluation.cases import can_go
from textattr.evaluation.study import Candidate
from textattr.explanation import AnyExplanation

Array = npt.NDArray[Any]

FEW = 20  # documents
ALIKE = 0.5  # Kendall's tau between the orders of the methods under both operators; below, they disagree


def notes_of(
    reference: Sequence[AnyExplanation | None],
    candidates: Sequence[Candidate],
    values: Mapping[tuple[str, str, str | None], Array],
) -> Iterator[str]:
    """One sentence for each thing to mind."""
    count = len(reference)
    if count < FEW:
        yield f"{count} document{'s' * (count > 1)}: too few to tell methods apart that are close; {FEW} or more do"
    labels = {each.prediction.label for each in reference if each is not None}
    if len(labels) == 1 and count > 1:
        yield f"all documents are predicted as {labels.pop()}: what holds for them may not hold for other classes"
    for candidate in candidates:
        if candidate.failures:
            first = min(candidate.failures)
            yield (
                f"{candidate.name} failed on {len(candidate.failures)} of {count} documents; on document {first}: "
                f"{candidate.failures[first]}"
            )
        flat = _flat_maps(reference, candidate)
        if flat:
            yield (
                f"{candidate.name} gives all tokens of {flat} document{'s' * (flat > 1)} one weight: their order is "
                "drawn"
            )
    yield from _disagreements(values)


def _flat_maps(reference: Sequence[AnyExplanation | None], candidate: Candidate) -> int:
    flat = 0
    for explanation, maps in zip(reference, candidate.weights, strict=True):
        if explanation is not None and can_go(explanation).sum() > 1:
            flat += any(np.ptp(weights[can_go(explanation)]) == 0 for weights in maps)
    return flat


def _disagreements(values: Mapping[tuple[str, str, str | None], Array]) -> Iterator[str]:
    """Metrics by which two operators put the methods into different orders."""
    metrics = dict.fromkeys(metric for _, metric, operator in values if operator is not None)
    for metric in metrics:
        means: dict[str, list[float]] = {}
        for (_, of, operator), found in values.items():
            if of == metric and operator is not None:
                mean = float(np.nanmean(found)) if np.isfinite(found).any() else float("nan")
                means.setdefault(operator, []).append(mean)
        for one, other in combinations(means, 2):
            a, b = np.array(means[one]), np.array(means[other])
            both = np.isfinite(a) & np.isfinite(b)
            if both.sum() < 3:
                continue
            tau = kendalltau(a[both], b[both]).statistic
            if tau < ALIKE:
                yield (
                    f'by {metric}, "{one}" and "{other}" put the methods into different orders (Kendall\'s tau '
                    f"{tau:.2f}): the result hangs on how tokens are left out"
                )
