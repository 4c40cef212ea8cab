"""What was found from several baselines, as one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.split.model import SplitModel
from textattr.split.rows import Rows


def averaged(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean over several baselines: of relevance and diagnostics, all else being the same."""
    if len(results) == 1:
        return results[0]
    first = results[0]
    means = {
        name: tuple(np.mean(arrays, 0) for arrays in zip(*(each[name] for each in results), strict=True))
        for name in ("relevance", "others", "numbers")
    }
    diagnostics = {
        name: np.mean([each["diagnostics"][name] for each in results], 0) for name in first["diagnostics"]
    }
    return {**first, **means, "diagnostics": diagnostics}


def standard_error(split: SplitModel, rows: Rows, results: list[dict[str, Any]]) -> npt.NDArray[Any]:
    """That of the mean over two or more baselines, for each position of the texts: float (R, P).

    Several texts stand one behind the other.
    """
    texts = split.known(rows.inputs).texts

    def per_position(relevance: Any) -> npt.NDArray[Any]:
        sums = [text.summed(relevance, rows.inputs).reshape(len(rows), -1) for text in texts]
        return np.concatenate(sums, 1)

    spread = np.std([per_position(each["relevance"]) for each in results], 0, ddof=1)
    return np.asarray(spread / np.sqrt(len(results)))
