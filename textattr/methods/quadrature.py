"""Where to stand on the path from 0 to 1, and how much each place weighs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import MOST, choice, whole_number

Rule = tuple[npt.NDArray[Any], npt.NDArray[Any]]


def _gausslegendre(n: int) -> Rule:
    """The roots of the Legendre polynomial, by Newton's method: their eigenvalue problem takes the cube of the time."""
    x = np.cos(np.pi * (np.arange(n, 0, -1) - 0.25) / (n + 0.5))  # close to them
    slope = x
    for _ in range(6):
        before, here = np.ones(n), x
        for k in range(2, n + 1):
            before, here = here, ((2 * k - 1) * x * here - (k - 1) * before) / k
        slope = n * (x * here - before) / (x * x - 1)
        x = x - here / slope
    return (x + 1) / 2, 1 / ((1 - x * x) * slope**2)


def _trapezoid(n: int) -> Rule:
    weights = np.full(n, 1 / (n - 1))
    weights[[0, -1]] /= 2
    return np.linspace(0, 1, n), weights


def _evenly(shift: float) -> Callable[[int], Rule]:
    return lambda n: ((np.arange(n) + shift) / n, np.full(n, 1 / n))


QUADRATURES: dict[str, Callable[[int], Rule]] = {
    "gausslegendre": _gausslegendre,
    "riemann_left": _evenly(0.0),
    "riemann_right": _evenly(1.0),
    "riemann_middle": _evenly(0.5),
    "riemann_trapezoid": _trapezoid,
}


def steps_of(name: str) -> tuple[int, int]:
    """The fewest and the most steps of a rule.

    To find the nodes of gausslegendre takes time that grows with the square of their number.

    Example:
        >>> steps_of("riemann_trapezoid")
        (2, 1000000)
    """
    return 2 if name == "riemann_trapezoid" else 1, 4096 if name == "gausslegendre" else MOST


@lru_cache(maxsize=16)
def quadrature(name: str, steps: int) -> Rule:
    """Nodes in [0, 1] and weights that sum to 1, float64 (steps,) each.

    Raises:
        OptionError: for an unknown rule, or too few steps for it.

    Example:
        >>> quadrature("riemann_middle", 2)
        (array([0.25, 0.75]), array([0.5, 0.5]))
    """
    rule = QUADRATURES[choice("quadrature", name, tuple(QUADRATURES))]
    return rule(whole_number("steps", steps, *steps_of(name)))
