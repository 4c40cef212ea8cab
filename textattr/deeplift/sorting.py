"""The largest numbers in order, as of a sort or of pooling that keeps the k largest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.split.family import tensorflow
from textattr.split.sizes import sizes

if TYPE_CHECKING:
    from textattr.deeplift.paired_op import PairedOp


def largest(step: PairedOp, multiplier: Any, _: Any) -> list[Any]:
    """TopKV2: half goes to where each number is in the text, half to where its twin is in the baseline.

    That is all where both are in the same order. Else r = (y - y0) - (x - x0 at these places) / 2 is left, which is
    owed to what moved: it is shared out by the square of the way, so that the multiplier of x gets (x - x0) sum(m r) /
    sum((x - x0)^2) more.
    """
    tf = tensorflow()
    places = step.op.outputs[1]
    way = step.x() - step.x0()
    size = sizes(way)[-1]
    chosen = tf.one_hot(places, size, dtype=step.dtype) + tf.one_hot(
        step.pairs.of(places), size, dtype=step.dtype
    )
    by_place = tf.reduce_sum(multiplier[..., None] * chosen, -2) / 2
    left = step.y - step.y0 - tf.reduce_sum(way[..., None, :] * chosen, -1) / 2
    owed = tf.reduce_sum(multiplier * left, -1, keepdims=True)
    squares = tf.reduce_sum(way**2, -1, keepdims=True)
    return step.only(0, by_place + way * tf.math.divide_no_nan(owed, squares))
