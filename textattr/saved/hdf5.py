"""The tables of an HDF5 file: all in the file itself, and no larger than they may be."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, BinaryIO

from textattr._optional import require
from textattr.saved.findings import ForbiddenError, TooLargeError
from textattr.saved.limits import Limits

_MOST_NAMES = 2**13  # in one attribute
_PLAIN = "biufcSV"  # kinds of NumPy dtypes that hold no pointers


def check_tables(source: Path | BinaryIO, limits: Limits) -> None:
    """Look at every group, link, table and attribute, without reading a number.

    Raises:
        ForbiddenError: when a table lies in another file, or a group links to one.
        TooLargeError: when the tables together, the attributes or what else is in the file exceed the limits.
    """
    h5py = require("h5py", extra="tensorflow")
    with h5py.File(source, "r") as file:
        seen: set[int] = set()
        groups, size, stored = [file], 0, 0
        _check_attributes(file, limits)
        while groups:
            group = groups.pop()
            for name in group:
                link = group.get(name, getlink=True)
                where = f"{group.name.rstrip('/')}/{name}"
                if not isinstance(link, h5py.HardLink):
                    raise ForbiddenError(
                        f"its group {where!r} is a link ({type(link).__name__}), perhaps to another file"
                    )
                found = group[name]
                address = h5py.h5o.get_info(found.id).addr
                if address in seen:
                    raise ForbiddenError(f"its group {where!r} is a second name of another one")
                seen.add(address)
                if len(seen) > limits.objects:
                    raise TooLargeError(f"it has more than {limits.objects} groups and tables")
                _check_attributes(found, limits)
                if isinstance(found, h5py.Group):
                    groups.append(found)
                elif isinstance(found, h5py.Dataset):
                    size += _table_size(found, where)
                    stored += found.id.get_storage_size()
                    if size > limits.tables:
                        raise TooLargeError(f"its tables unpack to {size} bytes (the last of them {where!r})")
                else:
                    raise ForbiddenError(f"its {where!r} is neither a group nor a table")
        if file.id.get_filesize() - stored > limits.texts + limits.max_size // 8:
            raise TooLargeError(f"{file.id.get_filesize() - stored} of its bytes belong to no table")


def _table_size(table: Any, where: str) -> int:
    """Bytes in memory, of the whole table or of the largest piece that has to be read at once."""
    if table.external or table.is_virtual:
        raise ForbiddenError(f"its table {where!r} lies in another file")
    if table.dtype.kind not in _PLAIN:
        raise ForbiddenError(f"its table {where!r} does not hold numbers")
    return int(table.dtype.itemsize) * max(math.prod(table.shape or ()), math.prod(table.chunks or ()))


def _check_attributes(owner: Any, limits: Limits) -> None:
    for name in owner.attrs:
        attribute = owner.attrs.get_id(name)
        count = math.prod(attribute.shape or ())
        size = count * attribute.get_type().get_size()
        if size > limits.texts or (attribute.dtype.kind == "O" and count > _MOST_NAMES):
            raise TooLargeError(f"its attribute {name!r} has {size} bytes")
