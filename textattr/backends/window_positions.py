"""Which tokens of a text lie in which of the windows that it is cut into.

Each window holds the special tokens that stand before and behind the text, and as many tokens in between as fit. The
last window is moved back so that it ends with the text: all are of one length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.document import TextPart
from textattr.errors import DocumentError, OptionError
from textattr.tokenizers.encoding import Encoding

Array = npt.NDArray[Any]


def window_positions(part: TextPart, pads: Array, size: int, stride: int | None) -> list[Array]:
    """The positions of the tokens of each window, int (P,), at most `size` of them.

    Args:
        part: a text of more than `size` positions.
        pads: bool (T,): which of these are padding.
        size: how many positions a window has.
        stride: how many tokens a window begins behind the one before; None: half of those that it holds.

    Raises:
        OptionError: for a window that has no room for more than the special tokens, or a stride that skips tokens.
        DocumentError: for a text of padding alone.
    """
    kept = np.flatnonzero(~pads)
    if not len(kept):
        raise DocumentError(f"expected at least one token, got {len(pads)} of padding")
    first, end = int(kept[0]), int(kept[-1]) + 1
    special = [] if part.encoding is None else list(part.encoding.special or ())
    lead, tail = first, end
    while special and lead < end and special[lead]:
        lead += 1
    while special and tail > lead and special[tail - 1]:
        tail -= 1
    around = (lead - first) + (end - tail)
    room = size - around
    if room < 1:
        raise OptionError(
            f"window={size} has no room for tokens of the text beside its {around} special tokens: give a larger one"
        )
    if stride is not None and stride > room:
        raise OptionError(
            f"stride={stride} is larger than the {room} tokens of the text that a window of {size} holds: it would "
            "skip tokens"
        )
    if (
        end - first <= size
    ):  # the rest is padding, of which some is taken, so that the window is as long as it may be
        start = max(0, min(first, len(pads) - size))
        return [np.arange(start, start + size)]
    step = (room + 1) // 2 if stride is None else stride
    starts = [*range(lead, tail - room, step), tail - room]
    return [
        np.concatenate([np.arange(first, lead), np.arange(start, start + room), np.arange(tail, end)])
        for start in starts
        if not pads[start : start + room].all()
    ]


def stretch(encoding: Encoding, at: Array) -> tuple[int, int]:
    """From where to where in the text some of its tokens reach."""
    places = [encoding.offsets[i] for i in at if encoding.offsets[i][1] > encoding.offsets[i][0]]
    return min(start for start, _ in places), max(end for _, end in places)
