"""The sizes of tensors, in as few ops as may be: of a graph that runs a small model, most ops are about sizes."""

from __future__ import annotations

from typing import Any

from textattr.split.family import tensorflow


def sizes(tensor: Any) -> list[Any]:
    """Graph code: of each axis a whole number where that is known in the trace, else an int32 scalar."""
    known: list[int | None] = tensor.shape.as_list()
    if None not in known:
        return known
    found = tensorflow().unstack(tensorflow().shape(tensor))
    return [there if size is None else size for size, there in zip(known, found, strict=True)]


def reshaped(tensor: Any, leading: list[Any], kept: list[Any]) -> Any:
    """Graph code: a tensor in other sizes, first those, one of which may be -1, then those that it keeps."""
    tf = tensorflow()
    return tf.reshape(tensor, tf.stack([*leading, *kept]))
