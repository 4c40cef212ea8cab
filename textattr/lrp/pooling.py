"""Pooling and sums over axes: the winners of a maximum share, the parts of a sum get what they added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textattr.graph.windows import Windows, kept_shape, window_of
from textattr.lrp.rule import divide
from textattr.split.cut import wide
from textattr.split.family import tensorflow


@dataclass(frozen=True, eq=False)
class Winners:
    """What Max and Min over axes chose: the largest, or smallest; equal ones share the relevance.

    Args:
        won: float, shaped as the input: 1 for what was chosen, else 0.
        count: how many were, with axes of 1.
        number: the number that they all are, likewise.
        share: what each of them gets, likewise.
    """

    won: Any
    count: Any
    number: Any
    share: Any

    @classmethod
    def of(cls, op: Any, relevance: Any) -> Winners:
        """Of an op, and the relevance of its output."""
        tf = tensorflow()
        x, axes = op.inputs
        kept = kept_shape(x, axes)
        number = tf.reshape(op.outputs[0], kept)
        won = tf.cast(tf.equal(x, number), relevance.dtype)
        count = tf.reduce_sum(won, axes, keepdims=True)
        return cls(won, count, wide(number), tf.reshape(relevance, kept) / count)


def to_the_winners(op: Any, relevance: Any) -> list[Any]:
    """Max and Min over axes: relevance goes to the largest, or smallest; equal ones share it."""
    winners = Winners.of(op, relevance)
    return [winners.won * winners.share, None]


def to_the_parts(op: Any, relevance: Any) -> list[Any]:
    """Mean and Sum over axes: R_i = x_i R / sum x."""
    tf = tensorflow()
    x, axes = op.inputs
    values = wide(x)
    total = tf.reduce_sum(values, axes, keepdims=True)
    return [values * divide(tf.reshape(relevance, tf.shape(total)), total), None]


def to_the_parts_of_segments(op: Any, relevance: Any) -> list[Any]:
    """UnsortedSegmentSum, the sum of each row of a ragged tensor: R_i = x_i R / sum x."""
    tf = tensorflow()
    quotient = divide(relevance, wide(op.outputs[0]))
    return [wide(op.inputs[0]) * tf.gather(quotient, op.inputs[1]), None, None]


def to_the_winners_of_segments(op: Any, relevance: Any) -> list[Any]:
    """UnsortedSegmentMax and Min: relevance goes to the largest, or smallest, of each segment; equal ones share it."""
    tf = tensorflow()
    x, segments, count = op.inputs
    won = tf.cast(tf.equal(x, tf.gather(op.outputs[0], segments)), relevance.dtype)
    share = tf.math.divide_no_nan(relevance, tf.math.unsorted_segment_sum(won, segments, count))
    return [won * tf.gather(share, segments), None, None]


def running_total(op: Any, relevance: Any) -> list[Any]:
    """Cumsum: each running total shares out to what it added up."""
    tf = tensorflow()
    x, axis = op.inputs
    quotient = divide(relevance, wide(op.outputs[0]))
    turned = {"exclusive": op.get_attr("exclusive"), "reverse": not op.get_attr("reverse")}
    return [wide(x) * tf.cumsum(quotient, axis, **turned), None]


def average_windows(op: Any, relevance: Any) -> list[Any]:
    """AvgPool: in each window R_i = x_i R / sum x."""
    tf = tensorflow()
    quotient = divide(relevance, wide(op.outputs[0]))
    back = tf.raw_ops.AvgPoolGrad(orig_input_shape=tf.shape(op.inputs[0]), grad=quotient, **window_of(op))
    return [wide(op.inputs[0]) * tf.ensure_shape(back, op.inputs[0].shape)]


def largest_in_windows(op: Any, relevance: Any) -> list[Any]:
    """MaxPool: each window's relevance to its largest number; equal ones share it."""
    tf = tensorflow()
    x, y = wide(op.inputs[0]), wide(op.outputs[0])
    windows = Windows(op, x)
    won = [tf.cast(tf.equal(view, y), relevance.dtype) for view in windows.views(x)]
    share = relevance / tf.add_n(won)
    return [windows.back([w * share for w in won])]
