"""How much a file may unpack to, from one number and the file's own size."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MAX_SIZE = 128 * 2**20

_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """What honest files need in proportion to their size, and small files may take on top.

    Attributes:
        file_size: bytes of the file on disk.
        max_size: bytes that may be taken beyond four times that, as the user set it.
    """

    file_size: int
    max_size: int = DEFAULT_MAX_SIZE

    depth = 150  # of lists and dicts within each other; a loader recurs several times per level

    @property
    def tables(self) -> int:
        """Bytes of all weights together; a table is stored as it is, but a few formats pack it."""
        return 4 * self.file_size + self.max_size

    @property
    def texts(self) -> int:
        """Bytes of the config, and of the words of all vocabularies together."""
        return self.max_size // 8

    @property
    def lines(self) -> int:
        """Lines of all vocabularies together."""
        return self.max_size // 64

    @property
    def objects(self) -> int:
        """Layers, initialisers and all else that the config describes."""
        return self.max_size // 2**13

    @property
    def numbers(self) -> int:
        """The largest length, or number of times, that the config may ask for."""
        return self.max_size // 2**10

    def __str__(self) -> str:
        return f"max_size={self.max_size} ({self.max_size / _MEBIBYTE:.0f} MiB)"
