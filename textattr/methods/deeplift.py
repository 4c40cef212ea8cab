"""DeepLIFT: what each number contributes to the difference from a baseline, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.deeplift.propagate import propagate
from textattr.methods.baseline import baseline_vectors
from textattr.methods.gradient import outcome
from textattr.methods.method import VectorMethod
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.texts import joined, texts_of

INCOMPLETE = 1e-3  # of |f(x) - f(baseline)|: from here on the explanation warns


@dataclass(frozen=True, eq=False)
class DeepLIFT(VectorMethod):
    """What each number contributes to f(x) - f(baseline), in full.

    Args:
        baseline: b.

    Example:
        >>> DeepLIFT(baseline="zero").baseline
        'zero'
    """

    name: ClassVar[str] = "deeplift"
    title: ClassVar[str] = "DeepLIFT"

    baseline: Any = "auto"

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """For each baseline two passes forward, and one walk back."""
        baselines, name = baseline_vectors(self.baseline, split, rows)
        results = []
        for which in range(len(baselines[0])):
            given = {f"baseline_{i}": array[which : which + 1] for i, array in enumerate(baselines)}
            results.append(split.program(self.name, _build, rows, given))
        result = dict(results[0])
        diagnostics = {
            name: np.mean([each["diagnostics"][name] for each in results], 0) for name in result["diagnostics"]
        }
        if len(results) > 1:
            found = list(zip(*(each["relevance"] for each in results), strict=True))
            result["relevance"] = tuple(np.mean(arrays, 0) for arrays in found)
            diagnostics["standard_error"] = _standard_error(split, rows, results)
        diagnostics["baseline"] = np.full(len(rows), name)
        result["diagnostics"] = diagnostics
        return Attribution(**result, warnings=tuple(_incomplete(result, row) for row in range(len(rows))))


def _build(cut: Cut, target: Any, against: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Graph code: one baseline."""
    tf = tensorflow()
    found = propagate(cut, [given[f"baseline_{i}"] for i in range(len(given))], target, against)
    total = tf.add_n([tf.reduce_sum(r, [1, 2]) for r in found.relevance])
    gained = tf.cast(found.value - found.start, total.dtype)
    diagnostics = {"completeness_error": total - gained, "baseline_score": found.start}
    # what is no text is the same for text and baseline
    others = [tf.zeros_like(found.value) for _ in found.run.others]
    shown = outcome(found.run, found.relevance, others, found.target, found.value)
    return {**shown, "diagnostics": diagnostics}


def _standard_error(split: SplitModel, rows: Rows, results: list[dict[str, Any]]) -> npt.NDArray[Any]:
    """Of the mean over the baselines, for each position of the texts: float (R, P)."""
    per_position = [
        np.concatenate(
            [joined(text, each["relevance"], rows.inputs).sum(-1) for text in texts_of(split.known(rows.inputs))], 1
        )
        for each in results
    ]
    spread: npt.NDArray[Any] = np.std(per_position, 0, ddof=1) / np.sqrt(len(results))
    return spread


def _incomplete(result: dict[str, Any], row: int) -> tuple[str, ...]:
    """A warning where the weights do not sum up."""
    value, start, error = (
        float(each[row])
        for each in (
            result["value"],
            result["diagnostics"]["baseline_score"],
            result["diagnostics"]["completeness_error"],
        )
    )
    rounding = 1e-6 * max(abs(value), abs(start), 1)
    if abs(error) <= max(INCOMPLETE * abs(value - start), rounding):
        return ()
    warning = (
        f"DeepLIFT is not complete here: the weights sum to {value - start + error:.4g} instead of {value - start:.4g}"
    )
    return (warning,)
