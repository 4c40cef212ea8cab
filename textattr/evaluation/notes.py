"""What the reader of a comparison should know before believing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.evaluation.cases import can_go
from textattr.evaluation.study import Candidate
from textattr.explanation import AnyExplanation

Array = npt.NDArray[Any]

FEW = 20  # documents
SURE = 2  # standard errors: from here on one method is ahead of another


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
    """Two methods of which one is ahead with one operator and behind with another, beyond doubt both times."""
    of: dict[str, dict[str, dict[str, Array]]] = {}
    for (method, metric, operator), found in values.items():
        if operator is not None:
            of.setdefault(metric, {}).setdefault(operator, {})[method] = found
    for metric, by_operator in of.items():
        for one, other in combinations(by_operator, 2):
            turned = [
                (a, b)
                for a, b in combinations(by_operator[one], 2)
                if _ahead(by_operator[one][a], by_operator[one][b])
                * _ahead(by_operator[other][a], by_operator[other][b])
                < 0
            ]
            if turned:
                a, b = turned[0]
                more = f" (and {len(turned) - 1} more pairs)" if len(turned) > 1 else ""
                yield (
                    f'by {metric}, "{one}" and "{other}" rank {a} and {b}{more} the other way round: that result hangs '
                    "on how tokens are left out"
                )


def _ahead(a: Array, b: Array) -> int:
    """1 or -1 where the mean difference of pairs is at least two standard errors from 0, else 0."""
    pairs = (a - b)[np.isfinite(a - b)]
    if len(pairs) < 2:
        return 0
    mean, error = float(pairs.mean()), float(pairs.std(ddof=1)) / np.sqrt(len(pairs))
    return int(np.sign(mean)) if abs(mean) > SURE * error else 0
