"""Maxima: of what the maximum gained over the baseline's, who won gets its part, there and here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from textattr.graph.windows import Windows, kept_shape
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.deeplift.paired_op import PairedOp


_DIGITS = 32  # units in the last place that rounding may take


def over_axes(step: PairedOp, multiplier: Any) -> list[Any]:
    """Max, Min, All and Any over axes."""
    tf = tensorflow()
    axes = step.op.inputs[1]
    kept, kept0 = (kept_shape(x, axes) for x in (step.x(), step.x0()))
    y, y0, m = tf.reshape(step.y, kept), tf.reshape(step.y0, kept0), tf.reshape(multiplier, kept)
    up = _ascending(step)
    return [_shared(m, up(step.x()), up(step.x0()), up(y), up(y0), _over(axes)), None]


def over_segments(step: PairedOp, multiplier: Any) -> list[Any]:
    """UnsortedSegmentMax and Min: over each row of a ragged tensor."""
    tf = tensorflow()
    _, segments, count = step.op.inputs
    y, y0, m = (tf.gather(t, segments) for t in (step.y, step.y0, multiplier))
    up = _ascending(step)

    def sums(numbers: Any) -> Any:
        return tf.gather(tf.math.unsorted_segment_sum(numbers, segments, count), segments)

    return [_shared(m, up(step.x()), up(step.x0()), up(y), up(y0), sums), None, None]


def in_windows(step: PairedOp, multiplier: Any) -> list[Any]:
    """MaxPool: the same in each window."""
    tf = tensorflow()
    windows = Windows(step.op, step.x())
    x, x0 = (tf.stack(windows.views(each), -1) for each in (step.x(), step.x0()))
    found = _shared(multiplier[..., None], x, x0, step.y[..., None], step.y0[..., None], _over([-1]))
    return [windows.back(tf.unstack(found, len(windows.offsets), -1))]


def _over(axes: Any) -> Callable[[Any], Any]:
    return lambda numbers: tensorflow().reduce_sum(numbers, axes, keepdims=True)


def _ascending(step: PairedOp) -> Callable[[Any], Any]:
    """What makes the largest number of that which wins: of a minimum the negative."""
    is_minimum = step.op.type in ("Min", "All", "UnsortedSegmentMin")
    return tensorflow().negative if is_minimum else lambda numbers: numbers


def _shared(multiplier: Any, x: Any, x0: Any, y: Any, y0: Any, sums: Callable[[Any], Any]) -> Any:
    """The multipliers of x for that of y = max x.

    With c = max(y, y0), c - y0 goes to the winner of x and y - c to that of x0, over their x - x0. The winners of x0
    that win in x too come first; else equal ones share. `sums` sums up those that the maximum was taken of.

    Equal is what is equal but for rounding: over a baseline of one token all windows of a convolution are, and which of
    them is larger in the last digit depends on the batch.
    """
    tf = tensorflow()
    rounding = _DIGITS * np.finfo(x.dtype.as_numpy_dtype).eps * (tf.abs(y) + tf.abs(y0))
    won, won0 = x >= y - rounding, x0 >= y0 - rounding
    both = won & won0
    is_up, is_no_both = y > y0, sums(tf.cast(both, x.dtype)) == 0
    # of booleans, which take a quarter of the memory that numbers take: the winners of y, or of y0, first those of both
    chosen = (won & is_up) | (won0 & ~is_up & (won | is_no_both))
    whole = tf.cast(chosen, x.dtype)
    moved = chosen & ~both
    # a winner that did not win both moved, further than the maximum, and in its direction: the quotient is from 0 to 1
    return tf.where(moved, (y - y0) / (x - x0), whole) * (multiplier / sums(whole))
