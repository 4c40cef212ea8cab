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
_AT = (0.0, 0.5, 1.0)  # where on the way the largest line is looked for, below which others lie


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

    A line is left out where another one lies above it all the way, or, where it is clipped, where it never is above 0.

    Args:
        start, end: float (R, T, F): T lines for each row and channel.
        is_clipped: whether max(line, 0) is what counts.

    Returns:
        int32 (R, F, K): the places of K of them, as many as there are where most can be the largest.
    """
    tf = tensorflow()
    start, end = (tf.transpose(each, [0, 2, 1]) for each in (start, end))
    largest = tf.reduce_max(tf.maximum(tf.abs(start), tf.abs(end)), -1, keepdims=True)
    is_below = (tf.maximum(start, end) <= 0) if is_clipped else tf.zeros_like(start, tf.bool)
    for at in _AT:
        place = tf.argmax(start + at * (end - start), -1, tf.int32)[..., None]
        over = [tf.gather(each, place, batch_dims=2) - each for each in (start, end)]
        is_never_above = (over[0] >= -_SAME * largest) & (over[1] >= -_SAME * largest)
        is_below |= is_never_above & (tf.maximum(over[0], over[1]) > _APART * largest)
    may_be = tf.cast(~is_below, tf.float32)
    most = tf.cast(tf.reduce_max(tf.reduce_sum(may_be, -1)), tf.int32)
    return tf.math.top_k(may_be, tf.maximum(1, most)).indices


def at_places(tensor: Any, places: Any) -> Any:
    """Graph code: of a tensor (R, T, F) what stands at places (R, F, K): (R, K, F)."""
    tf = tensorflow()
    return tf.transpose(tf.gather(tf.transpose(tensor, [0, 2, 1]), places, batch_dims=2), [0, 2, 1])
