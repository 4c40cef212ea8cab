"""Results along a path, row by row: parts of them, and better ones in their place."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.comparison import worst

ARRAYS = ("relevance", "others", "numbers")  # what is linear in the gradients


def of_weights(result: dict[str, Any], k: int) -> dict[str, Any]:
    """What the k-th row of weights gives."""
    arrays = {name: tuple(each[:, k] for each in result[name]) for name in ARRAYS}
    error = result["diagnostics"]["completeness_error"][:, k]
    return {**result, **arrays, "diagnostics": {**result["diagnostics"], "completeness_error": error}}


def with_diagnostic(result: dict[str, Any], name: str, value: int) -> dict[str, Any]:
    """With a number that is that of every row."""
    diagnostics = {**result["diagnostics"], name: np.full(len(result["value"]), int(value))}
    return {**result, "diagnostics": diagnostics}


def is_finite(result: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """Which rows have finite weights: bool (R,)."""
    sums = [each.reshape(len(each), -1).sum(1) for each in (*result["relevance"], *result["others"])]
    return np.asarray(np.isfinite(sums).all(0))


def put(result: dict[str, Any], at: npt.NDArray[np.int64], better: dict[str, Any]) -> None:
    """Overwrite the rows `at` of a result with those of a better one."""
    for name in ARRAYS:
        for mine, new in zip(result[name], better[name], strict=True):
            mine[at] = new
    for name, new in better["diagnostics"].items():
        result["diagnostics"][name][at] = new
    result["checks"] = worst((*result["checks"], *better["checks"]))


def some_rows(result: dict[str, Any], which: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Some rows of a result."""
    arrays = {name: tuple(each[which] for each in result[name]) for name in ARRAYS}
    diagnostics = {name: values[which] for name, values in result["diagnostics"].items()}
    return {**result, **arrays, "value": result["value"][which], "diagnostics": diagnostics}
