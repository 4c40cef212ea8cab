"""From the shape in which a model goes on with its vectors to that in which they are explained, and back."""

from __future__ import annotations

from typing import Any

from textattr.split.family import tensorflow
from textattr.split.sites import LOOKUP, Site
from textattr.split.sizes import sizes


def alike(tensor: Any, like: Any, is_folded: bool) -> Any:
    """The tensor in the shape of another; with the same rank, and nothing folded, it has that already."""
    tf = tensorflow()
    return tf.reshape(tensor, tf.shape(like)) if is_folded or tensor.shape.rank != like.shape.rank else tensor


def placed(site: Site, tensor: Any) -> Any:
    """The numbers of a site, with an axis of positions where each row has a single one, as of a user's id."""
    return tensor[:, None] if tensor.shape.rank == (2 if site.kind == LOOKUP else 1) else tensor


def flat(tensor: Any, count: Any, rank: int, is_folded: bool) -> Any:
    """A tensor with all axes between the rows and the last of `rank` folded into one."""
    tf = tensorflow()
    if tensor.shape.rank == rank and not is_folded:
        return tensor
    if rank == 2:
        return tf.reshape(tensor, tf.stack([count, -1]))
    known, size = (1, 1) if tensor.shape.rank == 2 else (tensor.shape[-1], sizes(tensor)[-1])
    found = tf.reshape(tensor, tf.stack([count, -1, size]))
    found.set_shape([None, None, known])
    return found
