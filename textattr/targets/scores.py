"""`Scores`: what a model answered about some rows, as a target reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textattr.split.family import tensorflow


@dataclass(frozen=True, eq=False)
class Scores:
    """The answers of one output of a model, as tensors inside a trace.

    Args:
        values: float (R, C), or (R, T, C) where each token has scores of its own: in the unit that is attributed.
        probabilities: float, shaped as `values`: what the predicted class is taken from.
        outputs: all that the model returned, as it returned it.
        is_one_unit: whether one unit stands for two classes, of which the second is predicted from p = 0.5 on.
        is_margin: whether `values` are those of two classes that share one unit, s and -s, so that each of them is
            the contrast with the other already.
        is_against_rest: whether what is attributed is a class's value against those of all others: their log-odds.
        without_activations: gives `outputs` with the last activation of each taken off, where it has one.
    """

    values: Any
    probabilities: Any
    outputs: Any
    is_one_unit: bool = False
    is_margin: bool = False
    is_against_rest: bool = False
    without_activations: Callable[[], Any] | None = None

    @property
    def predicted(self) -> Any:
        """Graph code: the class that the model predicts for each row, or token, int32."""
        tf = tensorflow()
        if self.is_one_unit:
            return tf.cast(self.probabilities[..., 1] >= 0.5, tf.int32)
        return tf.argmax(self.probabilities, axis=-1, output_type=tf.int32)
