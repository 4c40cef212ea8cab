"""`Applied`: a method as it ran on a model, and why that one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.methods.method import Method, option_names


@dataclass(frozen=True, eq=False)
class Applied:
    """A method as it ran.

    Args:
        method: the method.
        options: its options, as plain data.
        reason: why it was taken, where that was left to the model; empty where the user named it.
    """

    method: Method
    options: Mapping[str, Any]
    reason: str = ""


def applied(method: Method, reason: str = "") -> Applied:
    """A method with its options as they are."""
    return Applied(method, plain_options(method), reason)


def plain_options(method: Method) -> dict[str, Any]:
    """A method's options as plain data: numbers, strings, lists; a method inside as its repr."""
    return {name: _plain(getattr(method, name)) for name in option_names(type(method))}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
