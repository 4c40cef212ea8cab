"""`TokenInputs`: the inputs of a transformer that take a text's ids, its mask and its segments, told by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.tokenizers.encoding import Encoding

MASK_INPUT = re.compile(r"^mask$|(padding|attention|input)_?mask", re.IGNORECASE)
_SEGMENT_INPUT = re.compile(r"segment|(^|_)type_?ids?$", re.IGNORECASE)
_POSITION_INPUT = re.compile(r"position", re.IGNORECASE)


@dataclass(frozen=True)
class TokenInputs:
    """The inputs of a model that reads one text, or several packed into one, through several inputs.

    Args:
        ids: the name of the input that takes the ids.
        masks: the inputs that are 1 at tokens and 0 at padding.
        segments: the inputs that tell the first of several texts (0) from the second (1), and so on.
        positions: the inputs that count the positions.
    """

    ids: str
    masks: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    positions: tuple[str, ...] = ()

    @classmethod
    def of_names(cls, names: Sequence[str]) -> TokenInputs | None:
        """The inputs with these names; None where more than one, or none, is left for the ids.

        Example:
            >>> TokenInputs.of_names(["padding_mask", "segment_ids", "token_ids"])
            TokenInputs(ids='token_ids', masks=('padding_mask',), segments=('segment_ids',), positions=())
        """
        masks = tuple(name for name in names if MASK_INPUT.search(name))
        segments = tuple(name for name in names if _SEGMENT_INPUT.search(name))
        positions = tuple(name for name in names if _POSITION_INPUT.search(name))
        others = [name for name in names if name not in (*masks, *segments, *positions)]
        return cls(others[0], masks, segments, positions) if len(others) == 1 and len(names) > 1 else None

    def arrays(self, encoding: Encoding) -> dict[str, npt.NDArray[Any]]:
        """What each input is given for an encoding: int (T,)."""
        mask = np.array([not special for special in encoding.special or ()], bool)
        if encoding.pad_id is not None:
            mask |= encoding.ids != encoding.pad_id
        else:
            mask[:] = True
        return {
            self.ids: encoding.ids,
            **dict.fromkeys(self.masks, mask.astype(np.int64)),
            **dict.fromkeys(self.segments, _segments(encoding, mask)),
            **dict.fromkeys(self.positions, np.arange(len(encoding))),
        }


def kind_of_input(name: str) -> str | None:
    """What an input says of each token of a text, "masks", "segments" or "positions", as far as its name tells.

    Example:
        >>> kind_of_input("padding_mask"), kind_of_input("premise")
        ('masks', None)
    """
    patterns = {"masks": MASK_INPUT, "segments": _SEGMENT_INPUT, "positions": _POSITION_INPUT}
    return next((kind for kind, pattern in patterns.items() if pattern.search(name)), None)


def _segments(encoding: Encoding, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The number of the text that each position belongs to; a special token belongs to the text before it."""
    names = list(encoding.texts or ())
    segments = np.zeros(len(encoding), np.int64)
    current = 0
    for position, name in enumerate(encoding.text_of or ()):
        current = current if name is None else names.index(name)
        segments[position] = current
    return segments * mask
