"""Rows of different length: ragged tensors, and dense ones that hold the same numbers."""

from __future__ import annotations

from typing import Any

from textattr.errors import NoLookupError
from textattr.split.family import tensorflow


def is_ragged(value: Any) -> bool:
    """Whether it is a ragged tensor."""
    return isinstance(value, tensorflow().RaggedTensor)


def dense(value: Any) -> Any:
    """A ragged tensor (R, None, ...) as a dense one, filled up with zeros; everything else as it is.

    Raises:
        NoLookupError: for rows of rows, as of the words of each sentence.
    """
    if not is_ragged(value):
        return value
    if value.ragged_rank > 1:
        raise NoLookupError(
            f"expected one row of tokens for each document, got a ragged tensor of shape {value.shape}, whose rows "
            "have rows of different length: fill it up with .to_tensor() before the layer that turns ids into vectors"
        )
    return value.to_tensor()


def ragged_as(like: Any, tensor: Any) -> Any:
    """The ragged tensor whose rows are as long as those of another, from a dense one (R, T, ...)."""
    tf = tensorflow()
    rows = like.value_rowids()
    columns = tf.range(tf.size(rows, out_type=rows.dtype)) - tf.gather(like.row_starts(), rows)
    return like.with_flat_values(tf.gather_nd(tensor, tf.stack([rows, columns], -1)))
