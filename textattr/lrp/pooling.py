"""Pooling and sums over axes: the winners of a maximum share, the parts of a sum get what they added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textattr.lrp.shares import divide
from textattr.split.cut import wide
from textattr.split.family import tensorflow


def to_the_winners(op: Any, relevance: Any) -> list[Any]:
    """Max and Min over axes: relevance goes to the largest, or smallest; equal ones share it."""
    tf = tensorflow()
    x, axes = op.inputs
    kept = _kept_shape(x, axes)
    won = tf.cast(tf.equal(x, tf.reshape(op.outputs[0], kept)), relevance.dtype)
    share = tf.reshape(relevance, kept) / tf.reduce_sum(won, axes, keepdims=True)
    return [won * share, None]


def to_the_parts(op: Any, relevance: Any) -> list[Any]:
    """Mean and Sum over axes: R_i = x_i R / sum x."""
    tf = tensorflow()
    x, axes = op.inputs
    values = wide(x)
    total = tf.reduce_sum(values, axes, keepdims=True)
    return [values * divide(tf.reshape(relevance, tf.shape(total)), total), None]


def running_total(op: Any, relevance: Any) -> list[Any]:
    """Cumsum: each running total shares out to what it added up."""
    tf = tensorflow()
    x, axis = op.inputs
    quotient = divide(relevance, wide(op.outputs[0]))
    turned = {"exclusive": op.get_attr("exclusive"), "reverse": not op.get_attr("reverse")}
    return [wide(x) * tf.cumsum(quotient, axis, **turned), None]


def _kept_shape(x: Any, axes: Any) -> Any:
    """The shape of what a reduction gives, the axes kept as 1."""
    tf = tensorflow()
    shape = tf.shape(x)
    rank = x.shape.rank
    positions = tf.reshape((axes + rank) % rank, [-1, 1])
    return tf.tensor_scatter_nd_update(shape, positions, tf.ones_like(positions[:, 0]))


def average_windows(op: Any, relevance: Any) -> list[Any]:
    """AvgPool: in each window R_i = x_i R / sum x."""
    tf = tensorflow()
    quotient = divide(relevance, wide(op.outputs[0]))
    back = tf.raw_ops.AvgPoolGrad(orig_input_shape=tf.shape(op.inputs[0]), grad=quotient, **_window(op))
    return [wide(op.inputs[0]) * tf.ensure_shape(back, op.inputs[0].shape)]


def largest_in_windows(op: Any, relevance: Any) -> list[Any]:
    """MaxPool: each window's relevance to its largest number; equal ones share it.

    Window positions are few: go over them, and look at all windows at once.
    """
    tf = tensorflow()
    sizes, strides = list(op.get_attr("ksize")), list(op.get_attr("strides"))
    axes = [i for i, size in enumerate(sizes) if size > 1 or strides[i] > 1]
    x, y = wide(op.inputs[0]), wide(op.outputs[0])
    count, length = tf.shape(y), tf.shape(x)
    missing = tf.stack(
        [tf.maximum((count[i] - 1) * strides[i] + sizes[i] - length[i], 0) for i in range(x.shape.rank)]
    )
    before = missing // 2
    padded = tf.pad(x, tf.stack([before, missing - before], 1), constant_values=x.dtype.min)
    offsets: list[tuple[int, ...]] = [()]
    for i in range(len(sizes)):
        offsets = [(*o, at) for o in offsets for at in (range(sizes[i]) if i in axes else (0,))]

    def bounds(offset: Sequence[int]) -> tuple[Any, Any]:
        start = tf.constant(offset)
        return start, start + (count - 1) * tf.constant(strides) + 1

    won = [
        tf.cast(tf.equal(tf.strided_slice(padded, *bounds(offset), strides), y), relevance.dtype)
        for offset in offsets
    ]
    share = relevance / tf.add_n(won)
    spread = [
        tf.raw_ops.StridedSliceGrad(
            shape=tf.shape(padded),
            begin=bounds(offset)[0],
            end=bounds(offset)[1],
            strides=strides,
            dy=w * share,
        )
        for offset, w in zip(offsets, won, strict=True)
    ]
    return [tf.ensure_shape(tf.slice(tf.add_n(spread), before, length), op.inputs[0].shape)]


def _window(op: Any) -> dict[str, Any]:
    return {
        "ksize": list(op.get_attr("ksize")),
        "strides": list(op.get_attr("strides")),
        "padding": op.get_attr("padding").decode(),
        "data_format": op.get_attr("data_format").decode(),
    }
