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


def in_rows_of(size: int, tensor: Any) -> Any:
    """Graph code: all numbers of a tensor as (rows, size); no op where that is its shape."""
    is_so = tensor.shape.rank == 2 and tensor.shape[1] == size
    return tensor if is_so else tensorflow().reshape(tensor, [-1, size])
