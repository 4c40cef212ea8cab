"""Plain data that nobody can change in place: the options, shares and diagnostics of an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class FrozenDict(dict[Any, Any]):
    """A dict that refuses to be changed; it compares, prints, copies, pickles and becomes JSON as any dict does.

    Example:
        >>> FrozenDict(steps=50) == {"steps": 50}
        True
    """

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this dict is read-only: dict(it) is a copy that can be changed")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


def frozen(value: Any) -> Any:
    """A copy of which dicts and arrays, however deep inside, cannot be changed; all else is as it was."""
    if isinstance(value, Mapping):
        return FrozenDict({key: frozen(item) for key, item in value.items()})
    if isinstance(value, list):
        return [frozen(item) for item in value]
    if type(value) is tuple:
        return tuple(map(frozen, value))
    return read_only(value) if isinstance(value, np.ndarray) else value


def read_only(values: Any, dtype: Any = None) -> Array:
    """A copy that nobody can write to, whatever was passed."""
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def _same(a: Any, b: Any) -> bool:
    """Equality that looks into arrays, containers and dataclasses; NaN equals NaN."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        if a.dtype == object or b.dtype == object:
            return a.shape == b.shape and all(map(_same, a.ravel().tolist(), b.ravel().tolist()))
        return a.shape == b.shape and bool(np.all((a == b) | ((a != a) & (b != b))))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(_same, a, b))
    if is_dataclass(a) and type(a) is type(b):
        return all(_same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return bool(a == b) or (a != a and b != b)


def freeze(data: Any, *names: str) -> None:
    """Make these fields of a frozen dataclass read-only, however deep."""
    for name in names:
        object.__setattr__(data, name, frozen(getattr(data, name)))


class Plain:
    """Field by field equality for dataclasses that hold arrays."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return _same(self, other)
