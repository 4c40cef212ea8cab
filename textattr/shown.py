"""What a user passed, as it is shown in a message: short, and never an error of its own."""

from __future__ import annotations

import reprlib

_LENGTH = 60  # characters

_short = reprlib.Repr()
_short.maxlevel = 4
_short.maxtuple = _short.maxlist = _short.maxset = _short.maxfrozenset = _short.maxdict = 20
_short.maxstring = _short.maxother = _short.maxlong = _LENGTH


def shown(value: object) -> str:
    """The value as Python writes it, cut to 60 characters; its type alone where it cannot be written.

    Example:
        >>> shown([1, 2]), shown(list(range(10**6)))
        ('[1, 2]', '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16...')
    """
    text = _short.repr(value)
    return text if len(text) <= _LENGTH else text[: _LENGTH - 3] + "..."
