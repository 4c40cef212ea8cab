"""`Scores`: what a model answered about some rows, as a target reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Scores:
    """The answers of one output of a model, as tensors inside a trace.

    Args:
        values: float (R, C), or (R, T, C) where each token has scores of its own: in the unit that is attributed.
        probabilities: float, shaped as `values`: what the predicted class is taken from.
        outputs: all that the model returned, as it returned it.
        is_margin: whether `values` are those of two classes that share one unit, s and -s, so that each of them is
            the contrast with the other already.
    """

    values: Any
    probabilities: Any
    outputs: Any
    is_margin: bool = False
