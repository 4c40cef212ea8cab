"""Options and diagnostics as JSON knows them, and back; see `format_as_dict` for what stands for what."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from textattr.frozen import Array, read_only
from textattr.renderers.place import Place

_KINDS_OF_ARRAY = "biufUO"
_DTYPE = re.compile(r"[<>|=][biufUO][0-9]{0,9}")
_DIMENSIONS = 32
_ROOM = 2**20  # bytes that an array of strings may take beyond its share of what came


def encode(value: Any) -> Any:
    """The value as JSON knows it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [encode(item) for item in value]}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: encode(item) for key, item in value.items()}
        return {"$mapping": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, np.ndarray) and _is_known(value.dtype, _KINDS_OF_ARRAY):
        values = [encode(item) for item in value.ravel().tolist()]
        return {"$array": values, "dtype": value.dtype.str, "shape": list(value.shape)}
    return {"$repr": repr(value)}


def decode(place: Place) -> Any:
    """What [encode][] was given.

    Raises:
        TextAttrError: when it is nothing that `encode` gives; it names the place.
    """
    value = place.value
    if isinstance(value, list):
        return [decode(item) for item in place.each()]
    if not isinstance(value, dict):
        return value
    if "$float" in value:
        return place.number()
    if "$tuple" in value:
        return tuple(decode(item) for item in place.fields("$tuple")["$tuple"].each())
    if "$mapping" in value:
        return _mapping(place.fields("$mapping")["$mapping"])
    if "$array" in value:
        return _array(place)
    if "$repr" in value:
        return place.fields("$repr")["$repr"].text()
    if wrong := [key for key in value if key.startswith("$")]:
        raise place.wrong(f"no key that starts with $ but those of format_as_dict (not {wrong[0][:40]!r})")
    return {key: decode(item) for key, item in place.items().items()}


def numbers(array: Array) -> list[Any]:
    """A list of numbers for JSON."""
    values: list[Any] = array.tolist()
    return values if all(map(math.isfinite, values)) else [encode(value) for value in values]


def array_of_numbers(place: Place, dtype: np.dtype[Any]) -> Array:
    """The array (N,) that [numbers][] made this list of.

    Raises:
        TextAttrError: when one is no number, or too large for the dtype.
    """
    each = place.each()
    values = np.array([item.number() for item in each], dtype=float)
    with np.errstate(over="ignore"):
        array = values.astype(dtype)
    for i in np.flatnonzero(np.isfinite(values) & ~np.isfinite(array)):
        raise each[i].wrong(f"a number that {dtype.name} can hold")
    return array


def _mapping(place: Place) -> dict[Any, Any]:
    mapping: dict[Any, Any] = {}
    for pair in place.each():
        if len(pair.each()) != 2:
            raise pair.wrong("a key and a value")
        key = decode(pair.each()[0])
        if not _is_key(key):
            raise pair.each()[0].wrong("a key: a string, a number that is not NaN, None, or a tuple of these")
        if key in mapping:
            raise pair.wrong("every key once")
        mapping[key] = decode(pair.each()[1])
    return mapping


def _is_key(key: Any) -> bool:
    if isinstance(key, tuple):
        return all(map(_is_key, key))
    return key is None or isinstance(key, str | int | float) and key == key


def _array(place: Place) -> Array:
    fields = place.fields("$array", "dtype", "shape")
    dtype = read_dtype(fields["dtype"], _KINDS_OF_ARRAY)
    values = [decode(item) for item in fields["$array"].each()]
    shape = [item.whole(0, 2**31) for item in fields["shape"].each()]
    if len(shape) > _DIMENSIONS or math.prod(shape) != len(values):
        raise fields["shape"].wrong(f"a shape of {len(values)} values")
    flat = _objects(values) if dtype.kind == "O" else _scalars(fields["$array"], values, dtype)
    try:
        return read_only(flat.reshape(shape))
    except ValueError:  # no values, but too many in the other dimensions
        raise fields["shape"].wrong("a shape that an array can have") from None


def read_dtype(place: Place, kinds: str) -> np.dtype[Any]:
    """The dtype of that name, such as "<f4", if it is of one of these kinds.

    Raises:
        TextAttrError: when it is not.
    """
    try:
        if _DTYPE.fullmatch(place.text()) and _is_known(np.dtype(place.text()), kinds):
            return np.dtype(place.text())
    except (TypeError, ValueError):  # there are no numbers of that many bytes
        pass
    raise place.wrong(f"the name of a NumPy dtype of the kinds {', '.join(kinds)}")


def _is_known(dtype: np.dtype[Any], kinds: str) -> bool:
    """Whether JSON can hold its values: not floats of more than 64 bits."""
    return dtype.kind in kinds and dtype.itemsize > 0 and (dtype.kind != "f" or dtype.itemsize <= 8)


def _objects(values: list[Any]) -> Array:
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return array


def _scalars(place: Place, values: list[Any], dtype: np.dtype[Any]) -> Array:
    """An array that holds exactly these values; strings take no more room than what came justifies."""
    if not all(isinstance(value, bool | int | float | str) for value in values):
        raise place.wrong(f"a list of values of the dtype {dtype.str}")
    came = sum(len(value) for value in values if isinstance(value, str))
    if len(values) * dtype.itemsize > _ROOM + 64 * (len(values) + came):
        raise place.wrong(f"strings that need the dtype {dtype.str}")
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            array = np.array(values, dtype=dtype)
    except (ValueError, OverflowError, TypeError):
        array = np.array([])
    if len(array) != len(values) or not all(map(_equal, array.tolist(), values)):
        raise place.wrong(f"a list of values that the dtype {dtype.str} can hold exactly")
    return array


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) or one != one and other != other
