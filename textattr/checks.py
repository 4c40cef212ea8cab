"""Checks of what a user passes as an option: each gives the value back, or says what was expected and what came."""

from __future__ import annotations

import math
import reprlib
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from textattr.errors import OptionError

MOST = 1_000_000  # of anything that is run or drawn one by one: more would take days or all memory
MOST_SEED = 2**31 - 1  # what TensorFlow takes
LARGEST = 1e9  # of a number that is multiplied with others, in half precision or in full

_SHOWN = 80  # characters of a value in a message

_short = reprlib.Repr()  # stops early: a list may have a million entries
_short.maxlevel = 4
_short.maxtuple = _short.maxlist = _short.maxset = _short.maxfrozenset = _short.maxdict = 20
_short.maxstring = _short.maxother = _short.maxlong = 2 * _SHOWN


def shown(value: Any) -> str:
    """A value as it stands in a message: short, whatever it is.

    Example:
        >>> shown([1, 2]), len(shown("x" * 1000))
        ('[1, 2]', 80)
    """
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    try:
        text = _short.repr(value)
    except Exception:  # noqa: BLE001  (a value's own code may raise anything; the message must come out all the same)
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def whole_number(name: str, value: Any, least: int = 1, most: int = MOST) -> int:
    """A whole number from `least` to `most`; a bool is none, nor is 2.0.

    Raises:
        OptionError: for anything else.

    Example:
        >>> whole_number("steps", np.int64(50))
        50
    """
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not least <= value <= most:
        bounds = f"at most {most}" if is_whole and value > most else f"at least {least}"
        raise OptionError(f"{name} must be a whole number of {bounds}, got {shown(value)}")
    return int(value)


def number(
    name: str, value: Any, *, least: float = -math.inf, above: float = -math.inf, most: float = math.inf
) -> float:
    """A finite number, not below `least`, above `above` and not over `most`.

    Raises:
        OptionError: for anything else.

    Example:
        >>> number("noise", 0.5, least=0)
        0.5
    """
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    found = float(value) if is_number and _is_finite(value) else math.nan
    if not (least <= found <= most and found > above):
        if above == 0:
            wanted = "positive and finite"
        else:
            wanted = f"a number of at least {least:g}, finite" if math.isfinite(least) else "a number, finite"
        wanted += f" and at most {most:g}" if math.isfinite(most) else ""
        raise OptionError(f"{name} must be {wanted}, got {shown(value)}")
    return found


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def flag(name: str, value: Any) -> bool:
    """True or False, NumPy's too; nothing else that Python would take for one.

    Raises:
        OptionError: for anything else.
    """
    if not isinstance(value, bool | np.bool_):
        raise OptionError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def text(name: str, value: Any) -> str:
    """A string.

    Raises:
        OptionError: for anything else.
    """
    if not isinstance(value, str):
        raise OptionError(f"{name} must be a string, got {shown(value)}")
    return value


def choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """One of these strings.

    Raises:
        OptionError: for anything else.
    """
    if not isinstance(value, str) or value not in choices:
        few = len(choices) < 3
        offer = " or ".join(map(repr, choices)) if few else f"one of {', '.join(choices)}"
        raise OptionError(f"unknown {name} {shown(value)}: choose {offer}")
    return str(value)


def id_or_token(name: str, value: Any) -> int | str | None:
    """A token's id or the token itself; None where nothing is given.

    Raises:
        OptionError: for anything else.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return whole_number(name, value, -sys.maxsize, sys.maxsize)
    raise OptionError(f"{name} must be the pad id or the pad token, got {shown(value)}")


def finite_array(name: str, value: Any) -> Any:
    """Numbers as an array, of whatever shape and numeric type; all of them finite.

    Raises:
        OptionError: for what is no array of numbers (nor becomes one), and for NaN and infinity.
    """
    try:
        array = np.asarray(value)
    except Exception as error:
        raise OptionError(
            f"{name} must be numbers in an array, got {shown(value)}, which cannot become one ({error})"
        ) from error
    if array.dtype.kind not in "iuf":
        raise OptionError(f"{name} must be numbers in an array, got {shown(value)}")
    if not np.isfinite(array).all():
        raise OptionError(f"{name} must hold finite numbers only, got {shown(value)} with NaN or infinity")
    return array
