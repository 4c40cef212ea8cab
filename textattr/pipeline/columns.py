"""What columns of other libraries hold: their values as Python and NumPy know them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

import numpy as np

from textattr.errors import DocumentError


def is_table(given: Any) -> bool:
    """Whether it has columns, as the data frames of pandas and polars, Arrow tables and Hugging Face's datasets do."""
    return hasattr(given, "columns") or hasattr(given, "column_names")


def names_of(table: Any) -> list[str]:
    """The names of its columns."""
    names = table.column_names if hasattr(table, "column_names") else table.columns
    return [] if names is None else [str(name) for name in names]


def is_column(given: Any) -> bool:
    """Whether it holds one entry per document: a list, an array, a Series, a column; a tuple is one value for all."""
    if isinstance(given, str | bytes | Mapping | Set | tuple) or callable(given) or is_table(given):
        return False
    if isinstance(given, Iterator):
        return True
    shape = getattr(given, "shape", None)
    return hasattr(given, "__iter__") and (hasattr(given, "__len__") or shape is not None) and shape != ()


def length_of(given: Any) -> int | None:
    """How many entries it has, as far as it tells: a generator does not, nor an endless `tf.data.Dataset`."""
    try:
        return len(given)
    except TypeError:
        return None


def plain(value: Any) -> Any:
    """One entry without the library that it came from: an Arrow scalar as what it stands for, a tensor as an array.

    Bytes, as `tf.data` gives texts, are read as UTF-8.

    Raises:
        DocumentError: for bytes that are no UTF-8.
    """
    if isinstance(value, str | int | float | list | np.ndarray | None):
        return value
    as_python: Callable[[], Any] | None = getattr(value, "as_py", None)
    if as_python is not None:
        return as_python()
    if type(value).__module__.startswith("tensorflow.") and hasattr(value, "numpy"):
        value = value.numpy()
        value = value.item() if np.ndim(value) == 0 and hasattr(value, "item") else value
    if type(value) is tuple:
        return tuple(plain(each) for each in value)
    if type(value) is dict:
        return {name: plain(each) for name, each in value.items()}
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise DocumentError(f"expected a text in UTF-8, got other bytes: {error}") from error


def is_missing(value: Any) -> bool:
    """Whether a column has no value there: None, NaN, or pandas' own NA and NaT.

    Example:
        >>> is_missing(float("nan")), is_missing("")
        (True, False)
    """
    if value is None or isinstance(value, float | np.floating) and math.isnan(value):
        return True
    return type(value).__name__ in ("NAType", "NaTType")
