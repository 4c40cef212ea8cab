"""A group of rows explained as `compile` says: op by op, by XLA, or by whichever is faster on them."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from textattr.methods.trial import Trial, trial_of
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.xla import AUTO, XLA, filled_up, refusals

if TYPE_CHECKING:
    from textattr.methods.method import Method

_LONG_ENOUGH = 0.2  # seconds of runs in turns, after which it is known which are faster


def explain_compiled(method: Method, split: SplitModel, rows: Rows) -> Attribution:
    """What the method finds on up to `batch_size` rows, compiled as they ask.

    With "xla" each row is warned where that did nothing; with "auto" its diagnostics say under "compile" what runs.
    """
    if rows.compiler is None:
        return method.explain_group(split, rows)
    plain = rows.op_by_op
    if rows.compiler == AUTO:
        return _as_it_pays(method, split, plain)
    if method.without_xla:
        found, refused = method.explain_group(split, plain), {method.without_xla}
    else:
        found, refused = _by_xla(method, split, plain)
    notes = tuple(f"compile='xla' did nothing for {method.name}: {each}" for each in sorted(refused))
    return replace(found, warnings=tuple((*each, *notes) for each in found.warnings))


def _by_xla(method: Method, split: SplitModel, rows: Rows) -> tuple[Attribution, set[str]]:
    """What the method finds, and why XLA did not compile it."""
    filled = replace(rows[filled_up(len(rows))], compiler=XLA)
    with refusals() as refused:
        found = method.explain_group(split, filled).first(len(rows))
    return found, refused


def _as_it_pays(method: Method, split: SplitModel, rows: Rows) -> Attribution:
    """Op by op until that took as long as to compile would; then by XLA, if it is faster on the rows at hand."""
    if method.without_xla or rows.selector.is_code:
        why = method.without_xla or "a function as target may change"
        return _noted(method.explain_group(split, rows), f"op by op: {why}")
    trial = trial_of(split.known(rows.inputs), method, rows)
    if trial.pays:
        return _noted(_by_xla(method, split, rows)[0], trial.says)
    start = perf_counter()
    found = method.explain_group(split, rows)
    trial.spend(perf_counter() - start)
    if trial.is_due:
        _try(trial, method, split, rows)
    return _noted(found, trial.says)


def _try(trial: Trial, method: Method, split: SplitModel, rows: Rows) -> None:
    """Compile, and compare the times of both ways, in turns."""
    start = perf_counter()
    _, refused = _by_xla(method, split, rows)
    trial.compiled_in(perf_counter() - start)
    if refused:
        trial.refuse("; ".join(sorted(refused)))
        return
    by_xla: list[float] = []
    plain: list[float] = []
    while sum(by_xla) + sum(plain) < _LONG_ENOUGH:
        start = perf_counter()
        _by_xla(method, split, rows)
        between = perf_counter()
        method.explain_group(split, rows)
        by_xla.append(between - start)
        plain.append(perf_counter() - between)
    trial.decide(min(plain) / min(by_xla))


def _noted(found: Attribution, says: str) -> Attribution:
    return replace(found, diagnostics={**found.diagnostics, "compile": np.full(len(found), says)})
