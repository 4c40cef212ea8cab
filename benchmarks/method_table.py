"""The table of a model in `benchmarks/FAITHFULNESS.md`: from evaluations of one or several trainings to Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.evaluation import Evaluation
from textattr.evaluation.bootstrap import interval

Array = npt.NDArray[Any]

COLUMNS = (
    ("deletion_gap", "replace"),
    ("deletion_gap", "remove"),
    ("comprehensiveness", "replace"),
    ("completeness", None),
)


def markdown(
    title: str, note: str, evaluations: Sequence[Evaluation], names: Mapping[str, str], reference: str
) -> str:
    """The documents of all trainings together, with the mean of each training.

    Args:
        title: of the table.
        note: a sentence on the documents.
        evaluations: one per training, of the same methods.
        names: what to call each method.
        reference: the method that all are compared with.
    """
    lines = [
        f"## {title}",
        "",
        note,
        "",
        "| method | gap, replace | of each training | to IG-50 | remove | comprehensiveness | error of sum | runs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in evaluations[0].runs:
        of = {column: [each.values[run.name, *column] for each in evaluations] for column in COLUMNS}
        start = [each.values[reference, *COLUMNS[0]] for each in evaluations]
        gaps, remove, comprehensiveness, errors = of.values()
        cells = [
            _with_interval(np.concatenate(gaps)),
            " ".join(_mean(each) for each in gaps) if len(gaps) > 1 else "",
            _with_interval(np.concatenate(gaps) - np.concatenate(start)),
            *(_mean(np.concatenate(each)) for each in (remove, comprehensiveness, errors)),
            _number(run.evaluations),
        ]
        lines.append(f"| {names.get(run.name, run.name)} | {' | '.join(cells)} |")
    warnings = dict.fromkeys(warning for each in evaluations for warning in each.warnings)
    lines += ["", *(f"* {_renamed(warning, names)}" for warning in warnings)]
    return "\n".join(lines).rstrip()


def _renamed(warning: str, names: Mapping[str, str]) -> str:
    """With our names for the methods, the longest first, as one may begin as another one does."""
    found = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.sub(rf"(?<![\w(])({found})", lambda match: names[match.group()], warning)


def _mean(values: Array) -> str:
    known = values[np.isfinite(values)]
    return _number(float(known.mean()) if len(known) else float("nan"))


def _with_interval(values: Array) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "—"
    low, high = interval(known)
    return f"{_mean(known)} [{_number(low)}, {_number(high)}]"


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "—"
    return f"{value:.2f}" if abs(value) < 1e4 else f"{value:.1e}"
