"""What several tokenizers take, checked in one place."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import DocumentError, OptionError, TokenizerError


def require_id(value: object, what: str) -> int:
    """Pass a token id through as a plain int; `what` says in the error whose id it is.

    Raises:
        TokenizerError: when it is no whole number or is negative.
    """
    try:
        number = index(value)  # type: ignore[arg-type]  # takes NumPy's integers too
    except TypeError:
        number = -1
    if number < 0 or isinstance(value, bool):
        raise TokenizerError(f"token ids are whole numbers from 0 up, got {value!r} for {what}")
    return number


def are_whole(numbers: npt.NDArray[Any]) -> bool:
    """Whether all numbers of an array, integers or floats, are whole ones that float64 tells apart.

    Example:
        >>> are_whole(np.array([2.0, 3.0])), are_whole(np.array([2.5, np.nan]))
        (True, False)
    """
    wide = numbers.astype(np.float64)
    return bool((np.abs(wide) < 2**53).all()) and np.array_equal(wide, np.round(wide))


def require_count(value: object, what: str) -> int | None:
    """Pass None or a number of tokens through; `what` says in the error which argument it is.

    Raises:
        OptionError: when it is neither None nor a positive whole number.
    """
    if value is None:
        return None
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise OptionError(f"{what} is None or a positive whole number, got {value!r}")
    return number


def require_side(padding: str) -> None:
    """Refuse a `padding=` that names no side.

    Raises:
        OptionError: when it is neither "post" nor "pre".
    """
    if padding not in ("post", "pre"):
        raise OptionError(
            f'padding= is "post" (behind the text) or "pre" (before it), got {padding!r}; '
            f"the id that fills up is pad=, the number of tokens is length="
        )


def require_text(text: object) -> str:
    """Pass a string through.

    Raises:
        DocumentError: when it is none.
    """
    if isinstance(text, str):
        return text
    raise DocumentError(f"a tokenizer takes one text (str), got {type(text).__name__}")


def as_bytes(text: str) -> bytes:
    """A text in UTF-8, as TensorFlow takes it.

    Raises:
        DocumentError: when it holds half of a character (a lone surrogate).
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DocumentError(
            f"a text is valid Unicode, but at position {error.start} stands {error.object[error.start]!r}, half of a "
            "character: text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace') mends it"
        ) from error
