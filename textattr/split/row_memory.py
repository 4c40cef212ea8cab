"""How many rows fit into a chunk: what one of them takes is read off the traced graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AUTO = "auto"
MOST_ROWS = 64  # of a chunk; more do not make a small model faster
_ROOM = 512e6  # bytes that a chunk may make on its way; not even half of them are held at once

# They hold no numbers of their own.
_VIEWS = frozenset(
    {"Cast", "ExpandDims", "Identity", "Placeholder", "ReadVariableOp", "Shape", "Squeeze", "StopGradient"}
)


@dataclass(frozen=True)
class RowMemory:
    """What a row makes on its way through a graph, of which a pass back needs most again.

    Args:
        bytes_by_power: how many bytes grow with each power of the length: an attention map with its square.
    """

    bytes_by_power: Mapping[int, int]

    @classmethod
    def of(cls, graph: Any) -> RowMemory:
        """Read off a traced graph whose first axis of unknown size is that of rows, whose others are lengths."""
        found: Counter[int] = Counter()
        for op in graph.get_operations():
            for output in () if op.type in _VIEWS else op.outputs:
                sizes = output.shape.as_list() if output.shape.rank is not None else []
                if None in sizes:  # else nothing is known of it, or it is the same for any number of rows
                    size = math.prod(size for size in sizes if size is not None)
                    found[sizes.count(None) - 1] += size * output.dtype.size
        return cls(dict(found))

    def rows(self, length: int) -> int:
        """Rows of `length` tokens for a chunk that makes 512 MB of numbers on its way, from 1 to 64.

        A pass forward and back holds a third of them at a time: 160 MB with a transformer of six layers.

        Example:
            >>> RowMemory({0: 40, 1: 1000, 2: 400}).rows(50), RowMemory({0: 40, 1: 1000, 2: 400}).rows(500)
            (64, 5)
        """
        each = sum(size * length**power for power, size in self.bytes_by_power.items())
        return max(1, min(MOST_ROWS, int(_ROOM // max(each, 1))))
