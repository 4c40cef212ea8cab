"""Many copies of each row, run a chunk at a time inside the graph, and summed up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textattr.split.family import tensorflow

Tensors = tuple[Any, ...]


def sum_over_copies(
    copies: Any, batch_size: Any, contribution: Callable[[Any, Any], Tensors], zeros: Tensors
) -> Tensors:
    """Sum `contribution(row, copy)` over all copies of each row.

    Rows and copies share one axis, which is cut into chunks by a loop in the graph: memory grows with neither.

    Args:
        copies: int scalar tensor: how many copies of each row there are.
        batch_size: int scalar tensor: how many copies to run at once.
        contribution: graph code that takes two int tensors (n,), row and copy, and returns tensors (n, ...).
        zeros: tensors (R, ...) to add to: one for each that `contribution` returns.

    Returns:
        tensors shaped as `zeros`.
    """
    tf = tensorflow()
    copies, batch_size = tf.cast(copies, tf.int64), tf.cast(batch_size, tf.int64)
    total = tf.shape(zeros[0], tf.int64)[0] * copies

    def body(start: Any, *sums: Any) -> Tensors:
        index = tf.range(start, tf.minimum(start + batch_size, total))
        row, copy = tf.cast(index // copies, tf.int32), tf.cast(index % copies, tf.int32)
        first = row[0]
        touched = tf.range(first, row[-1] + 1)[:, None]
        parts = [tf.math.segment_sum(part, row - first) for part in contribution(row, copy)]
        added = [tf.tensor_scatter_nd_add(s, touched, part) for s, part in zip(sums, parts, strict=True)]
        for tensor, before in zip(added, sums, strict=True):
            tensor.set_shape(before.shape)
        return (start + batch_size, *added)

    _, *sums = tf.while_loop(
        lambda start, *_: start < total, body, (tf.zeros([], tf.int64), *zeros), parallel_iterations=1
    )
    return tuple(sums)


def weighed(share: Any, found: Any) -> Any:
    """Graph code: each copy's share of what was found there; of 0 nothing, even of NaN: a norm has no slope at 0.

    `share` (n,) or (n, K) goes with the first axes of `found`.
    """
    tf = tensorflow()
    share = tf.cast(share, found.dtype)
    share = share[(..., *[None] * (found.shape.rank - share.shape.rank))]
    return tf.where(share == 0, tf.zeros_like(found), share * found)
