"""Nests of arrays, as a model takes them: what they hold, and how one is told from another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from textattr.split.family import tensorflow


def leaves_of(nest: Any) -> list[Any]:
    """What a nest holds, in the order of `tf.nest.flatten`, which takes longer for a single array than most else.

    Example:
        >>> leaves_of(np.zeros((1, 3)))
        [array([[0., 0., 0.]])]
    """
    return [nest] if isinstance(nest, np.ndarray) else list(tensorflow().nest.flatten(nest))


def structure_of(nest: Any) -> tuple[Any, ...]:
    """A hashable description of a nest of arrays: its structure, dtypes and ranks."""
    if isinstance(nest, np.ndarray):
        return nest.dtype, nest.ndim
    if isinstance(nest, Mapping):
        return tuple((name, *structure_of(nest[name])) for name in sorted(nest))
    if isinstance(nest, list | tuple):
        return (type(nest), *map(structure_of, nest))
    return nest.dtype, nest.ndim
