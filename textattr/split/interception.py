"""Stand between a model and its layers while it runs, in this thread only, and leave no trace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import update_wrapper
from typing import Any

from textattr.keras_private import losses_of

Handler = Callable[[Any, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]

TRACING = threading.RLock()  # one thread at a time may hold layers intercepted


@contextmanager
def intercepted(layers: list[Any], handler: Handler) -> Iterator[None]:
    """Route `call` of each layer through `handler(layer, call, args, kwargs)` inside the `with`.

    `Layer.__call__` still runs, so masks, autocasting and name scopes stay right. A thread that calls the model
    meanwhile gets the layer's own `call`. Everything is put back on the way out, also after an exception.
    """
    owner = threading.get_ident()
    with TRACING, ExitStack() as stack:
        for layer in layers:
            stack.enter_context(_routed(layer, handler, owner))
        yield


@contextmanager
def _routed(layer: Any, handler: Handler, owner: int) -> Iterator[None]:
    name = name_of_call(layer)
    own = layer.__dict__.get(name)
    call = getattr(layer, name)
    losses = losses_of(layer)
    kept_losses = [] if losses is None else list(losses)

    def routed(*args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != owner:
            return call(*args, **kwargs)
        return handler(layer, call, args, kwargs)

    # whoever looks at it sees the name and the arguments of the layer's own
    update_wrapper(routed, call, updated=())
    object.__setattr__(layer, name, routed)  # past Keras' attribute tracking
    try:
        yield
    finally:
        if own is None:
            object.__delattr__(layer, name)
        else:
            object.__setattr__(layer, name, own)
        if losses is not None:
            losses[:] = kept_losses


def name_of_call(layer: Any) -> str:
    """The name of the method that Keras runs: a quantised layer has another one."""
    return "call" if getattr(layer, "quantization_mode", None) is None else "quantized_call"


def is_intercepted(layer: Any) -> bool:
    """Whether the layer's calls go through some handler now."""
    return name_of_call(layer) in vars(layer)


@contextmanager
def inlined(layers: list[Any]) -> Iterator[None]:
    """Run those of the layers whose `call` is a `tf.function` as the plain Python below it, inside the `with`.

    Traced before, such a call is one opaque op: nothing in it can be intercepted, and no activation taken off.
    """
    wrapped = [layer for layer in layers if hasattr(layer.call, "python_function")]

    def handler(_: Any, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return call.python_function(*args, **kwargs)

    with intercepted(wrapped, handler):
        yield
