"""Whether the weights along a path sum to what they should, row by row, and why not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.split.rows import Attribution

Array = npt.NDArray[Any]

TOLERANCE = 0.02  # of the scale below: what is aimed at, unless the user says otherwise
UNCONVERGED = 0.05  # likewise: from here on the explanation warns
SHARE_OF_SIZES = (
    0.1  # of the sum of |R|: a difference of scores that is smaller is no scale to measure an error by
)

_SATURATED = 0.1  # of the difference: where the sizes of all weights sum to less, most of the path was flat


def sizes_of(result: dict[str, Any]) -> Array:
    """The sum of |R| of each row, float (R,)."""
    texts = [np.abs(each).sum(tuple(range(1, each.ndim))) for each in result["relevance"]]
    return np.asarray(sum([*texts, *(np.abs(each) for each in result["others"])], np.zeros(len(texts[0]))))


def adds_up(result: dict[str, Any], tolerance: float) -> npt.NDArray[np.bool_]:
    """Which rows need no more steps: bool (R,); those that are not finite are none the better for them.

    |sum of R - (f(x) - f(b))| <= tolerance * max(|f(x) - f(b)|, 0.1 sum of |R|)
    """
    value, start = result["value"].astype(float), result["diagnostics"]["baseline_score"].astype(float)
    error = abs(result["diagnostics"]["completeness_error"].astype(float))
    with np.errstate(invalid="ignore"):
        scale = np.maximum(abs(value - start), SHARE_OF_SIZES * sizes_of(result))
    rounding = 1e-6 * np.maximum(np.maximum(abs(value), abs(start)), 1)
    return np.asarray((error <= np.maximum(tolerance * scale, rounding)) | ~np.isfinite(error))


def warned(result: dict[str, Any], tolerance: float, most: int | None) -> Attribution:
    """The result, with a warning for each row that does not add up; `most`: the steps it may take, None: fixed."""
    warnings: list[tuple[str, ...]] = [()] * len(result["value"])
    off = np.flatnonzero(~adds_up(result, tolerance))
    if not len(off):
        return Attribution(**result, warnings=tuple(warnings))
    sizes = sizes_of(result)
    for row in off:
        of = {name: values[row] for name, values in result["diagnostics"].items()}
        difference = float(result["value"][row] - of["baseline_score"])
        warning = (
            f"integrated gradients did not converge: after {of['steps']} steps the weights sum to "
            f"{difference + of['completeness_error']:.4g} instead of {difference:.4g} "
            f"({_advice(difference, float(sizes[row]), most)})"
        )
        warnings[row] = (warning,)
    return Attribution(**result, warnings=tuple(warnings))


def _advice(difference: float, sizes: float, most: int | None) -> str:
    if sizes < _SATURATED * abs(difference):
        return (
            "nearly all of the path is flat and the score changes in a step that no gradient met: explain "
            'score="logit", or choose another baseline=, deeplift or shapley_sampling'
        )
    if most is None:
        return "give more steps, or leave steps= out, which takes as many as it needs"
    return (
        f"max_steps is {most}, and each refinement left an error: the score has sharp bends on the way, or its "
        "gradient is not its own, as behind rounding; choose deeplift, or shapley_sampling, which takes no gradient"
    )
