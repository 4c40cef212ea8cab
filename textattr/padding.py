"""Which positions of a document are padding, and take no part in what is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import choice, shown
from textattr.document import TextPart
from textattr.errors import OptionError

Flags = npt.NDArray[np.bool_]


def checked_padding(padding: Any) -> str | None:
    """`padding`, if it is the name of a side or None."""
    return None if padding is None else choice("padding", padding, ("post", "pre"))


def padding_of(
    part: TextPart, *, pad_value: Any, padding: str | None, mask: npt.NDArray[Any] | None
) -> Flags:
    """True where a position is padding, bool (T,).

    Args:
        part: the text.
        pad_value: pad id or pad token; None: what the tokenizer or the model's mask knows as padding.
        padding: "post" or "pre": only the run at that end; None: wherever pads are.
        mask: bool (T,), False where the model ignores the token; None where it has no mask.

    Raises:
        OptionError: for a `pad_value` that is neither.
    """
    pads = _pads(part, pad_value, mask)
    if padding is None:
        return pads
    run = np.cumprod(pads if padding == "pre" else pads[::-1]).astype(bool)
    return run if padding == "pre" else run[::-1]


def _pads(part: TextPart, pad_value: Any, mask: npt.NDArray[Any] | None) -> Flags:
    count = len(part.tokens)
    if isinstance(pad_value, str):
        return np.array([token == pad_value for token in part.tokens])
    if isinstance(pad_value, int | np.integer) and not isinstance(pad_value, bool):
        if part.ids is None:
            raise OptionError("pad_value as an id needs a text of ids; for vectors give the pad token")
        return np.asarray(part.ids == pad_value)
    if pad_value is not None:
        raise OptionError(f"pad_value must be the pad id or the pad token, got {shown(pad_value)}")
    pads = np.zeros(count, bool) if mask is None or len(mask) != count else ~mask.astype(bool)
    encoding = part.encoding
    if encoding is not None and encoding.pad_id is not None:
        pads |= (encoding.ids == encoding.pad_id) & np.array(encoding.special, bool)
    return pads
