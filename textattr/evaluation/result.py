"""`Evaluation`: what a comparison of methods came to, as plain data that shows itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from textattr.evaluation.bootstrap import interval
from textattr.renderers.comparison_table import Cell, Column, ComparedMethod, MethodTable, as_html, as_text

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]
Key = tuple[str, str, str | None]
"""Method, metric, and operator, None where the metric leaves nothing out."""


@dataclass(frozen=True)
class MethodRun:
    """What a method took.

    Args:
        name: of the method.
        evaluations: how often the model ran on a document or a copy of it, forward or forward and back, per document.
        seconds: per document, what is compiled at first use apart.
        failures: what went wrong, by the position of the document.
    """

    name: str
    evaluations: float
    seconds: float
    failures: Mapping[int, str]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Which method finds what the model goes by, by which metric, and what it costs: what `evaluate` returns.

    Args:
        model: the model's name.
        documents: how many documents there were.
        runs: the methods, in the order in which they were asked for; differences are to the first.
        metrics: for each metric whether more is better.
        values: for each method, metric and operator one number per document, float (N,), NaN where there is none.
        favoured: methods that start from what "replace" puts in the place of tokens, which favours them.
        warnings: what the reader should know.
        seed: of what was drawn.
    """

    model: str
    documents: int
    runs: tuple[MethodRun, ...]
    metrics: Mapping[str, bool]
    values: Mapping[Key, Array]
    favoured: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seed: int = 0

    def to_dataframe(self) -> pd.DataFrame:
        """One row per document, method, metric and operator: columns `document, method, metric, operator, value`."""
        import pandas as pd

        parts = [
            pd.DataFrame(
                {
                    "document": np.arange(self.documents),
                    "method": method,
                    "metric": metric,
                    "operator": operator,
                    "value": values,
                }
            )
            for (method, metric, operator), values in self._in_order()
        ]
        return pd.concat(parts, ignore_index=True)

    def summary(self) -> pd.DataFrame:
        """One row per metric, operator and method.

        Columns: `method, metric, operator`; `mean` and its 95 % interval `low, high`; `difference` to the first
        method on the documents that both have a value of, with `difference_low, difference_high`; `documents` that
        have a value; `evaluations` and `seconds` per document; `favoured`, where the operator puts in what the method
        starts from.
        """
        import pandas as pd

        return pd.DataFrame([self._row(key, values) for key, values in self._in_order()])

    def _in_order(self) -> Iterator[tuple[Key, Array]]:
        """Metric by metric as they were asked for, operator by operator, method by method."""
        operators = dict.fromkeys(operator for *_, operator in self.values)
        for metric in self.metrics:
            for operator in operators:
                for run in self.runs:
                    key = (run.name, metric, operator)
                    if key in self.values:
                        yield key, self.values[key]

    def _row(self, key: Key, values: Array) -> dict[str, Any]:
        method, metric, operator = key
        known = values[np.isfinite(values)]
        low, high = interval(known, self.seed)
        pairs = values - self.values[self.runs[0].name, metric, operator]
        pairs = pairs[np.isfinite(pairs)]
        difference_low, difference_high = interval(pairs, self.seed)
        run = next(run for run in self.runs if run.name == method)
        return {
            "method": method,
            "metric": metric,
            "operator": operator,
            "mean": _mean(known),
            "low": low,
            "high": high,
            "difference": _mean(pairs),
            "difference_low": difference_low,
            "difference_high": difference_high,
            "documents": len(known),
            "evaluations": run.evaluations,
            "seconds": run.seconds,
            "favoured": operator == "replace" and method in self.favoured,
        }

    @cached_property
    def _table(self) -> MethodTable:
        rows = [self._row(*each) for each in self._in_order()]
        columns = list(dict.fromkeys((row["metric"], row["operator"]) for row in rows))
        of = {(row["method"], row["metric"], row["operator"]): row for row in rows}
        return MethodTable(
            title=f"Methods compared on {self.model}, {self.documents} documents",
            columns=tuple(Column(m, o, self.metrics[m]) for m, o in columns),
            methods=tuple(
                ComparedMethod(
                    run.name,
                    run.evaluations,
                    run.seconds,
                    len(run.failures),
                    tuple(
                        Cell(r["mean"], r["low"], r["high"], r["favoured"])
                        for r in (of[run.name, m, o] for m, o in columns)
                    ),
                )
                for run in self.runs
            ),
            warnings=self.warnings,
        )

    def __repr__(self) -> str:
        names = ", ".join(run.name for run in self.runs)
        return f"Evaluation({self.model!r}, {self.documents} documents: {names}; {', '.join(self.metrics)})"

    def __str__(self) -> str:
        return as_text(self._table)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": as_html(self._table)}


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else float("nan")
