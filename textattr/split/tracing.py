"""One trace at a time, and what is refused while TensorFlow, or textattr itself, traces a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from textattr.errors import TextAttrError
from textattr.split.family import tensorflow
from textattr.split.interception import TRACING

_tracing: set[int] = set()  # the threads that are inside a trace of ours


@contextmanager
def alone() -> Iterator[None]:
    """Trace inside the `with`: other threads wait, and this one may not ask textattr for anything meanwhile."""
    with TRACING:
        _tracing.add(get_ident())
        try:
            yield
        finally:
            _tracing.discard(get_ident())


def require_no_trace() -> None:
    """Refuse a call from inside a trace, where tensors have no numbers and the layers are not themselves.

    Raises:
        TextAttrError: in a function that textattr, or the user by `tf.function`, has traced.
    """
    if get_ident() in _tracing or not tensorflow().executing_eagerly():
        raise TextAttrError(
            "textattr was called from inside a function that is being traced, such as one in targets=, a layer of the "
            "model or a tf.function: tensors have no numbers there. Explain outside of it, and let the function use "
            "what came out"
        )
