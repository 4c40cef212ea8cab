"""`TokenInputs`: the inputs of a transformer that take a text's ids, its mask and its segments, told by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.split.input_names import POSITIONS, SEGMENTS
from textattr.tokenizers.encoding import Encoding

MASK_INPUT = re.compile(r"^mask$|(padding|attention|input)_?mask", re.IGNORECASE)


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
    def of_shapes(cls, shapes: Mapping[str, tuple[int | None, ...]]) -> TokenInputs | None:
        """The inputs of a model; None where more than one, or none, is left for the ids, or some are of other lengths.

        Args:
            shapes: by name, without the documents.

        Example:
            >>> TokenInputs.of_shapes({"padding_mask": (None,), "segment_ids": (None,), "token_ids": (None,)})
            TokenInputs(ids='token_ids', masks=('padding_mask',), segments=('segment_ids',), positions=())
        """
        of_kind: dict[str | None, list[str]] = {}
        for name in shapes:
            of_kind.setdefault(kind_of_input(name), []).append(name)
        ids = of_kind.pop(None, [])
        is_one_row = len(set(shapes.values())) == 1 and len(shapes[next(iter(shapes))]) == 1
        if len(ids) != 1 or not of_kind or not is_one_row:
            return None
        return cls(ids[0], **{str(kind): tuple(names) for kind, names in of_kind.items()})

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
    if MASK_INPUT.search(name):
        return "masks"
    return "segments" if SEGMENTS.fullmatch(name) else "positions" if POSITIONS.fullmatch(name) else None


def _segments(encoding: Encoding, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The number of the text that each position belongs to; a special token belongs to the text before it."""
    names = list(encoding.texts or ())
    segments = np.zeros(len(encoding), np.int64)
    current = 0
    for position, name in enumerate(encoding.text_of or ()):
        current = current if name is None else names.index(name)
        segments[position] = current
    return segments * mask
