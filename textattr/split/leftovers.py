"""What TensorFlow keeps of the functions of a model that is gone: about a megabyte, in a cache of its kernels.

To clear it makes every function that is left be prepared again at its next call, which takes seconds for a large model.
So that happens seldom while other models live.
"""

from __future__ import annotations

import weakref
from typing import Any

from textattr.keras_private import clear_kernels

_AFTER = 8  # models that went, where no other is left
_AFTER_BESIDE_OTHERS = 64


class Leftovers:
    """Counts the models that were explained, and clears the cache after some of them."""

    def __init__(self) -> None:
        self.living = 0
        self._gone = 0

    def clear_after(self, model: Any) -> None:
        """Clear what is left of a model some time after it is gone; to be said once of each."""
        self.living += 1
        weakref.finalize(model, self._went).atexit = False

    def _went(self) -> None:
        self.living -= 1
        self._gone += 1
        if self._gone >= (_AFTER_BESIDE_OTHERS if self.living else _AFTER):
            self._gone = 0
            clear_kernels()


LEFTOVERS = Leftovers()
