"""How far two answers of a model may differ: by rounding, and no further."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.comparison import Comparison
from textattr.split.family import tensorflow

Array = npt.NDArray[Any]

ROUNDINGS = 16  # machine epsilons, of the coarsest dtype in the graph, by which answers may differ


def bound(epsilon: float, scores: Array) -> float:
    """How far the scores of one document, float (C,), may lie from those of another run."""
    finite = scores[np.isfinite(scores)]
    return float(ROUNDINGS * epsilon * max(1.0, np.abs(finite).max(initial=0.0)))


def compared(name: str, expected: Array, got: Array, epsilon: float) -> Comparison:
    """The document whose answers, float (R, C), differ most in relation to what rounding explains."""
    checks = []
    for one, other in zip(expected.reshape(len(expected), -1), got.reshape(len(got), -1), strict=True):
        checks.append(Comparison(name, _difference(one, other), bound(epsilon, one)))
    return max(checks, key=lambda check: check.difference / check.bound)


def _difference(a: Array, b: Array) -> float:
    """The largest difference of two rows; none where both are NaN, or the same infinity."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    same = (a == b) | np.isnan(a) & np.isnan(b)
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(a - b))
    return float(np.nan_to_num(differences, nan=np.inf).max(initial=0.0))


def coarsest(start: int) -> float:
    """The machine epsilon of the coarsest float dtype among the ops of this graph since it had `start` of them."""
    tf = tensorflow()
    ops = tf.compat.v1.get_default_graph().get_operations()[start:]
    dtypes = {tensor.dtype for op in ops for tensor in op.outputs if tensor.dtype.is_floating}
    known = {tf.bfloat16: 2.0**-7, tf.float16: 2.0**-10, tf.float32: 2.0**-23, tf.float64: 2.0**-52}
    return max((known[dtype] for dtype in dtypes if dtype in known), default=2.0**-23)
