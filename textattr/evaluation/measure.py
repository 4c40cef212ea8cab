"""Values of metrics for each document, method and operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import TextAttrError
from textattr.evaluation.cases import can_go, names_of
from textattr.evaluation.copies import Copies
from textattr.evaluation.metrics import CopyMetric, MapMetric, Metric, RelativeMetric
from textattr.evaluation.result import Key
from textattr.evaluation.study import Candidate, Study
from textattr.explanation import AnyExplanation
from textattr.progress import bar

Array = npt.NDArray[Any]
Values = dict[Key, Array]


def measured_values(
    study: Study,
    candidates: Sequence[Candidate],
    metrics: Sequence[Metric],
    fillings: Mapping[str, Any],
    *,
    progress: bool,
) -> tuple[Values, list[str]]:
    """A value per document for each method, metric and operator; and what could not be measured.

    Args:
        study: the documents.
        candidates: the methods.
        metrics: the metrics.
        fillings: for each operator what stands in the place of a token, as for `Occlusion`.
        progress: show a bar.
    """
    of_copies = _copy_metrics(metrics)
    values: Values = {}
    notes: list[str] = []
    total = len(study.cases) * len(fillings) * len({metric.score for metric in of_copies})
    with bar("Leaving tokens out", total, progress and bool(of_copies)) as advance:
        for operator, filling in fillings.items():
            for score in dict.fromkeys(metric.score for metric in of_copies):
                copies = Copies(study.explainer, filling, score)
                asked = [metric for metric in of_copies if metric.score == score]
                found, problems = _left_out(study, candidates, asked, copies, advance)
                values.update({(*key, operator): value for key, value in found.items()})
                if problems:
                    notes.append(
                        f'operator "{operator}" could not be measured on {len(problems)} of {len(study.cases)} '
                        f"documents: {problems[0]}"
                    )
    for metric in metrics:
        if isinstance(metric, MapMetric):
            for candidate in candidates:
                values[candidate.name, metric.name, None] = metric.values(study, candidate)
        elif isinstance(metric, RelativeMetric):
            for operator in fillings:
                base = {each.name: values[each.name, metric.base.name, operator] for each in candidates}
                for name, relative in metric.relative(base).items():
                    values[name, metric.name, operator] = relative
    asked_for = {metric.name for metric in metrics}
    return {key: value for key, value in values.items() if key[1] in asked_for}, list(dict.fromkeys(notes))


def _copy_metrics(metrics: Sequence[Metric]) -> list[CopyMetric]:
    """The metrics that leave tokens out, and those that others rest on."""
    found: dict[str, CopyMetric] = {}
    for metric in metrics:
        if isinstance(metric, CopyMetric):
            found[metric.name] = metric
        elif isinstance(metric, RelativeMetric):
            found.setdefault(metric.base.name, metric.base)
    return list(found.values())


@dataclass(frozen=True, eq=False)
class _Asked:
    """The copies that one metric needs of one map.

    Args:
        method: whose map it is.
        metric: the metric.
        weights: float (n,), of the tokens that can go.
        of_going: bool (M, n): which of these each copy keeps.
        stay: bool (M, tokens): the same of all tokens.
    """

    method: str
    metric: CopyMetric
    weights: Array
    of_going: Array
    stay: Array


def _left_out(
    study: Study,
    candidates: Sequence[Candidate],
    metrics: Sequence[CopyMetric],
    copies: Copies,
    advance: Callable[[int], None],
) -> tuple[dict[tuple[str, str], Array], list[str]]:
    """The values by method and metric, float (N,) each, and why some documents have none."""
    values = {
        (candidate.name, metric.name): np.full(len(study.cases), np.nan)
        for candidate in candidates
        for metric in metrics
    }
    problems: list[str] = []
    for i, reference in enumerate(study.reference):
        advance(1)
        if reference is None or not can_go(reference).any():
            continue
        asked = _asked(study, candidates, metrics, i, reference)
        stay = np.concatenate([np.ones((1, len(can_go(reference))), bool), *(each.stay for each in asked)])
        try:
            scores = copies.scores(study.cases[i], names_of(reference), stay)
        except TextAttrError as error:
            problems.append(str(error))
            continue
        for key, value in _values_of(asked, scores).items():
            values[key][i] = value
    return values, problems


def _asked(
    study: Study,
    candidates: Sequence[Candidate],
    metrics: Sequence[CopyMetric],
    document: int,
    reference: AnyExplanation,
) -> list[_Asked]:
    """The copies of one document, for all methods: they are scored together."""
    going = can_go(reference)
    asked = []
    for candidate in candidates:
        for weights in candidate.weights[document]:
            for metric in metrics:
                of_going = metric.copies(weights[going], study.seed + document)
                stay = np.ones((len(of_going), len(going)), bool)
                stay[:, going] = of_going
                asked.append(_Asked(candidate.name, metric, weights[going], of_going, stay))
    return asked


def _values_of(asked: Sequence[_Asked], scores: Array) -> dict[tuple[str, str], float]:
    """From the scores of the whole document and then of all copies; the mean where a method has several maps."""
    whole, ends = float(scores[0]), np.cumsum([1, *(len(each.stay) for each in asked)])
    found: dict[tuple[str, str], list[float]] = {}
    for each, start, end in zip(asked, ends, ends[1:], strict=False):
        key = (each.method, each.metric.name)
        value = each.metric.value(each.weights, each.of_going, whole, scores[start:end])
        found.setdefault(key, []).append(value)
    return {key: float(np.mean(of_maps)) for key, of_maps in found.items()}
