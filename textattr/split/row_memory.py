"""How many rows fit into a chunk: what one of them takes is read off the traced graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from textattr.checks import shown, whole_number
from textattr.errors import OptionError

AUTO = "auto"
MOST_ROWS = 64  # of a chunk; more do not make most models faster
_ROOM = 512e6  # bytes that a chunk may make on its way; not even half of them are held at once
_MOST_OF_SMALL = (
    128  # rows, where each makes little: to recurrent layers so many are hardly more work than 64
)
_LITTLE = 64e6  # bytes, likewise

# They hold no numbers of their own.
_VIEWS = frozenset(
    {"Cast", "ExpandDims", "Identity", "Placeholder", "ReadVariableOp", "Shape", "Squeeze", "StopGradient"}
)


def auto_or_whole(batch_size: Any) -> int | str:
    """`batch_size`, if it is "auto" or a positive whole number."""
    if not isinstance(batch_size, str):
        return whole_number("batch_size", batch_size)
    if batch_size != AUTO:
        raise OptionError(
            f'batch_size must be a whole number of at least 1, or "auto", got {shown(batch_size)}'
        )
    return AUTO


def rows_at_once(given: int | str, memory: RowMemory, arrays: Sequence[Any]) -> int:
    """How many rows of these arrays go through a model at a time: what the user gave, or as many as fit."""
    if isinstance(given, int):
        return given
    return memory.rows(max((each.shape[1] for each in arrays if each.ndim > 1), default=1))


@dataclass(frozen=True)
class RowMemory:
    """What a row makes on its way through a graph, of which a pass back needs most again.

    Args:
        bytes_by_power: how many bytes grow with each power of the length: an attention map with its square.
    """

    bytes_by_power: Mapping[int, int]

    @classmethod
    def of(cls, ops: Iterable[Any]) -> RowMemory:
        """Read off traced ops whose first axis of unknown size is that of rows, whose others are lengths."""
        found: Counter[int] = Counter()
        for op in ops:
            for output in () if op.type in _VIEWS else op.outputs:
                sizes = output.shape.as_list() if output.shape.rank is not None else []
                if None in sizes:  # else nothing is known of it, or it is the same for any number of rows
                    size = math.prod(size for size in sizes if size is not None)
                    found[sizes.count(None) - 1] += size * output.dtype.size
        return cls(dict(found))

    def bytes(self, length: Any) -> Any:
        """Of a row of `length` tokens: a whole number, or a tensor of one."""
        by_power = self.bytes_by_power
        sizes = [by_power.get(power, 0) for power in range(max(by_power, default=0), -1, -1)]
        return reduce(lambda found, size: found * length + size, sizes)  # Horner's rule

    def rows(self, length: int) -> int:
        """Rows of `length` tokens for a chunk: 1 to 64 that make 512 MB of numbers on their way, or up to 128 in 64 MB.

        A pass forward and back holds a third of them at a time: 160 MB with a transformer of six layers.

        Example:
            >>> one = RowMemory({0: 40, 1: 1000, 2: 400})
            >>> one.rows(5), one.rows(50), one.rows(500)
            (128, 64, 5)
        """
        each = self.bytes(length)
        usual = min(MOST_ROWS, int(_ROOM // max(each, 1)))
        return max(1, usual, min(_MOST_OF_SMALL, int(_LITTLE // max(each, 1))))
