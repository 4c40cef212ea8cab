"""The upper envelope: of many straight lines, those that can be the largest somewhere on the way.

Behind a convolution, models often read no more than the maximum over the text. Of a hundred windows that move along a
line each, a few can be that maximum; the others have no value and no gradient that counts.
"""

from __future__ import annotations

from typing import Any

from textattr.graph.traits import traits
from textattr.split.family import tensorflow

_APART = 1e-3  # of the largest number of a channel: lines that come closer are both kept, for rounding may join them
_SAME = 5e-7  # likewise: what is closer at one end is taken for equal there


def steps_to_maximum(tensor: Any) -> list[Any] | None:
    """The ops between a tensor (R, T, F) and its maximum along T, if that is all that is read of it; else None.

    None of them lets its output fall where its input rises.
    """
    if tensor.shape.rank != 3:
        return None
    steps: list[Any] = []
    while True:
        readers = tensor.consumers()
        if len(readers) != 1 or "_gradient_op_type" in readers[0].node_def.attr:
            return None
        [reader] = readers
        if reader.type == "Max":
            axes = tensorflow().get_static_value(reader.inputs[1])
            return steps if axes is not None and axes.reshape(-1).tolist() == [1] else None
        if not traits(reader).rises:
            return None
        steps.append(reader)
        tensor = reader.outputs[0]


def upper_envelope(start: Any, end: Any, *, is_clipped: bool) -> Any:
    """Graph code: which lines can be the largest somewhere between their ends, and some more.

    A line is left out where the one that ends highest lies above it all the way, or, where it is clipped, where it is
    nowhere above 0. From a baseline of the same vectors all lines begin at one number, so that few are left.

    Args:
        start, end: float (R, T, F): T lines for each row and channel.
        is_clipped: whether max(line, 0) is what counts.

    Returns:
        int32 (R, K, F): the places of K of them, as many as there are where most can be the largest.
    """
    tf = tensorflow()
    largest = tf.maximum(*(tf.reduce_max(tf.abs(each), 1, keepdims=True) for each in (start, end)))
    same, apart = _SAME * largest, _APART * largest
    highest = tf.argmax(end, 1, tf.int32)[:, None]
    first, last = at_places(highest, start, end)
    is_below = (
        (start <= first + same) & (end <= last + same) & ((start < first - apart) | (end < last - apart))
    )
    if is_clipped:
        is_below |= (start <= 0) & (end <= 0)
    may_be = tf.transpose(tf.cast(~is_below, tf.float32), [0, 2, 1])
    most = tf.cast(tf.reduce_max(tf.reduce_sum(may_be, -1)), tf.int32)
    return tf.transpose(tf.math.top_k(may_be, tf.maximum(1, most)).indices, [0, 2, 1])


def at_places(places: Any, *tensors: Any) -> list[Any]:
    """Graph code: of tensors (R, T, F) what stands at places (R, K, F) of their second axis."""
    tf = tensorflow()
    rows, length, channels = (tf.cast(size, tf.int64) for size in tf.unstack(tf.shape(tensors[0])))
    line = tf.reshape(tf.range(rows) * length, [-1, 1, 1]) + tf.cast(places, tf.int64)
    at = line * channels + tf.range(channels)
    # out of one long axis: `batch_dims` takes five times as many ops, there and back
    found = [tf.gather(tf.reshape(tensor, [-1]), at) for tensor in tensors]
    return [
        tf.ensure_shape(each, [None, None, tensor.shape[2]])
        for each, tensor in zip(found, tensors, strict=True)
    ]
