"""Plain data that nobody can change in place: the options, shares and diagnostics of an explanation."""

from __future__ import annotations

from collections.abc import Mapping
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
