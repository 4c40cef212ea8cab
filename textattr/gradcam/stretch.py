"""From one value per unit of a layer to one per position of the text."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from textattr.errors import OptionError

Array = npt.NDArray[Any]

# SciPy's kinds, and how many units each needs at least
KINDS = {
    "linear": 2,
    "nearest": 1,
    "nearest-up": 1,
    "zero": 1,
    "slinear": 2,
    "quadratic": 3,
    "cubic": 4,
    "previous": 1,
    "next": 1,
}


def interpolated(units: Array, positions: int, kind: str) -> Array:
    """Stretch maps over the text, first unit on the first position, last on the last.

    Args:
        units: float (R, units).
        positions: how long the text is.
        kind: one of `KINDS`.

    Returns:
        float (R, positions).

    Raises:
        OptionError: when there are too few units for a spline of that kind.

    Example:
        >>> interpolated(np.array([[0.0, 1.0]]), 3, "linear")
        array([[0. , 0.5, 1. ]])
    """
    from scipy.interpolate import interp1d  # half a second that no other method should cost

    count = units.shape[1]
    if count == positions:
        return units
    if count == 1 and KINDS[kind] <= 2:
        return np.repeat(units, positions, axis=1)
    if count < KINDS[kind]:
        raise OptionError(
            f"interpolation_kind={kind!r} needs {KINDS[kind]} units of the layer or more, but it has {count}: choose "
            "'receptive_field' or 'linear'"
        )
    at = np.linspace(0, 1, count)
    stretched: Array = interp1d(at, units, kind=cast(Any, kind), axis=1)(np.linspace(0, 1, positions))
    return stretched
