"""What a user gives to `evaluate`, checked."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from textattr.checks import shown
from textattr.errors import DocumentError, OptionError
from textattr.evaluation.cases import Case
from textattr.evaluation.metrics import METRICS, Metric
from textattr.pipeline.several import entries_of, next_of, one_by_one


def checked_metric(given: Any) -> Metric:
    """The metric that a name or an instance means.

    Raises:
        OptionError: which names the nearest.
    """
    if isinstance(given, Metric):
        return given
    if not isinstance(given, str):
        raise OptionError(f"a metric is a name or an instance, got {shown(given)}")
    if given not in METRICS:
        near = get_close_matches(given.lower(), METRICS, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise OptionError(f"unknown metric {shown(given)}: {hint}The metrics are {', '.join(METRICS)}")
    return METRICS[given]()


def several(name: str, given: Any) -> Sequence[Any]:
    """A list of at least one; one string is none.

    Raises:
        OptionError: for anything else.
    """
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise OptionError(f"expected {name}= as a list of at least one, got {shown(given)}")
    return given


def cases_of(docs: Any, tokens: Any, targets: Any, against: Any, truth: Any) -> tuple[Case, ...]:
    """The documents, each with what is asked about it.

    Raises:
        TextAttrError: for no document, or lists of another length.
    """
    entries, count = one_by_one(docs, "evaluate")
    lists = {"tokens": tokens, "truth": truth}
    lists |= {name: g for name, g in (("targets", targets), ("against", against)) if isinstance(g, list)}
    each = {name: entries_of(g, name, count) for name, g in lists.items() if g is not None}
    for_all = {"targets": targets, "against": against}
    cases = tuple(
        Case(doc, **(for_all | {name: next_of(e, name, i) for name, e in each.items()}))
        for i, doc in enumerate(entries)
    )
    if not cases:
        raise DocumentError("expected at least one document to compare methods on, got none")
    return cases


def require_truth(metrics: Sequence[Metric], cases: Sequence[Case]) -> None:
    """Refuse metrics that need a truth where there is none, and what is no truth.

    Raises:
        OptionError: which says what is expected.
    """
    wanting = [metric.name for metric in metrics if metric.needs_truth]
    if wanting and all(case.truth is None for case in cases):
        raise OptionError(
            f"{wanting[0]} compares with what people marked: pass truth=, for each document a list of stretches "
            "(start, end) of its characters"
        )
    for i, case in enumerate(cases):
        if case.truth is not None and not _is_stretches(case.truth):
            raise OptionError(
                f"expected truth[{i}] as stretches [(start, end), ...] with 0 <= start <= end, got {shown(case.truth)}"
            )


def _is_stretches(truth: Any) -> bool:
    try:
        return all(0 <= int(start) <= int(end) for start, end in truth)
    except (TypeError, ValueError):
        return False
