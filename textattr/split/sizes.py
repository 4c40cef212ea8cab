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
