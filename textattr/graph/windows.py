"""The windows of a pooling op: its positions are few, so go over them, and look at all windows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textattr.split.family import tensorflow
from textattr.split.sizes import sizes


class Windows:
    """What stands at each position of all windows of a MaxPool op.

    Args:
        op: the op.
        x: what goes into it, in the dtype of the calculation.
    """

    def __init__(self, op: Any, x: Any) -> None:
        tf = tensorflow()
        sizes, self._strides = list(op.get_attr("ksize")), list(op.get_attr("strides"))
        axes = [i for i, size in enumerate(sizes) if size > 1 or self._strides[i] > 1]
        self._count, self._length = tf.shape(op.outputs[0]), tf.shape(x)
        self._shape = op.inputs[0].shape
        rank = range(len(sizes))
        missing = [(self._count[i] - 1) * self._strides[i] + sizes[i] - self._length[i] for i in rank]
        lacking = tf.stack([tf.maximum(each, 0) for each in missing])
        self._before = lacking // 2
        self._padding = tf.stack([self._before, lacking - self._before], 1)
        self._whole = self._length + lacking
        self.offsets: list[tuple[int, ...]] = [()]
        for i in rank:
            self.offsets = [(*o, at) for o in self.offsets for at in (range(sizes[i]) if i in axes else (0,))]

    def views(self, x: Any) -> list[Any]:
        """For each position, what stands there: shaped as the op's output. Padding is as low as can be."""
        tf = tensorflow()
        padded = tf.pad(x, self._padding, constant_values=x.dtype.min)
        return [tf.strided_slice(padded, *self._bounds(offset), self._strides) for offset in self.offsets]

    def back(self, parts: Sequence[Any]) -> Any:
        """The transpose of `views`: shaped as the op's input."""
        tf = tensorflow()
        spread = []
        for offset, part in zip(self.offsets, parts, strict=True):
            begin, end = self._bounds(offset)
            options = {"shape": self._whole, "begin": begin, "end": end, "strides": self._strides}
            spread.append(tf.raw_ops.StridedSliceGrad(**options, dy=part))
        return tf.ensure_shape(tf.slice(tf.add_n(spread), self._before, self._length), self._shape)

    def _bounds(self, offset: Sequence[int]) -> tuple[Any, Any]:
        tf = tensorflow()
        start = tf.constant(offset)
        return start, start + (self._count - 1) * tf.constant(self._strides) + 1


def window_of(op: Any) -> dict[str, Any]:
    """What an op that looks at windows says of them, as its gradient takes it."""
    return {
        "ksize": list(op.get_attr("ksize")),
        "strides": list(op.get_attr("strides")),
        "padding": op.get_attr("padding").decode(),
        "data_format": op.get_attr("data_format").decode(),
    }


def kept_shape(x: Any, axes: Any) -> Any:
    """The shape of what a reduction gives, the axes kept as 1."""
    tf = tensorflow()
    rank = x.shape.rank
    known = tf.get_static_value(axes)
    if known is not None:  # XLA computes no shape that is scattered
        reduced = {int(axis) % rank for axis in np.atleast_1d(known)}
        return tf.stack([1 if axis in reduced else size for axis, size in enumerate(sizes(x))])
    positions = tf.reshape((axes + rank) % rank, [-1, 1])
    return tf.tensor_scatter_nd_update(tf.shape(x), positions, tf.ones_like(positions[:, 0]))
