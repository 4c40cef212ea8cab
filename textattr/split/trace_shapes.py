"""With which shapes a model is traced: of unknown lengths where it can be, else of those at hand."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable
from typing import Any

from textattr.errors import TextAttrError
from textattr.split.failures import wrong_length
from textattr.split.memory import Memory
from textattr.split.nests import leaves_of, structure_of
from textattr.split.signature import specs
from textattr.split.tracing import alone


class TraceShapes:
    """How the traces of one model are shaped, and whose turn it is to make or remember one.

    Args:
        model: the Keras model, which is not kept alive.
    """

    def __init__(self, model: Any) -> None:
        self._model = weakref.ref(model)
        self.lock = threading.RLock()
        self._fixed = False  # whether each length is traced by itself

    def fix_lengths(self) -> bool:
        """Trace for each length of the inputs from now on; False where that is done already."""
        with self.lock:
            before, self._fixed = self._fixed, True
        return not before

    def remembered(self, memory: Memory[Any], key: Hashable, inputs: Any, make: Callable[[Any], Any]) -> Any:
        """What `make` once made of the specs of such inputs."""
        with self.lock:
            found = memory.get((key, self.key(inputs)))
            if found is None:
                found = self.trace(inputs, make)
                memory.put((key, self.key(inputs)), found)  # tracing may have shown that lengths count
            return found

    def trace(self, inputs: Any, trace: Callable[[Any], Any]) -> Any:
        """What `trace` makes of specs with unknown lengths; where the model cannot have those, of the shapes at hand.

        Args:
            inputs: nest of arrays (R, ...).
            trace: a nest of tensor specs -> whatever was traced.

        Raises:
            DocumentError: where the length of the inputs is one that the model does not take.
        """
        with alone():
            if self._fixed:
                return self._trace_as_it_is(inputs, trace)
            try:
                return trace(specs(self._model(), inputs, static=False))
            except TextAttrError:
                raise
            except Exception:  # noqa: BLE001  (whatever the model raises, it raises again below)
                result = self._trace_as_it_is(inputs, trace)
                self._fixed = True
                return result

    def _trace_as_it_is(self, inputs: Any, trace: Callable[[Any], Any]) -> Any:
        try:
            return trace(specs(self._model(), inputs, static=True))
        except TextAttrError:
            raise
        except Exception as error:
            clearer = wrong_length(self._model(), inputs, error)
            if clearer is None:
                raise
            raise clearer from error

    def key(self, inputs: Any) -> tuple[Any, ...]:
        """What tells one set of inputs from another for the compiler; lengths count only where they must."""
        if not self._fixed:
            return structure_of(inputs)
        return structure_of(inputs), tuple(leaf.shape[1:] for leaf in leaves_of(inputs))
