"""A layer with something changed, that runs in place of the real one, which other threads may be reading meanwhile."""

from __future__ import annotations

from typing import Any

from textattr.split.interception import name_of_call


def stand_in(layer: Any, **changed: Any) -> Any:
    """A layer of the same class with the same weights and attributes, but for those that are given."""
    other = object.__new__(type(layer))
    own = vars(other)
    own.update(vars(layer))
    own.pop(name_of_call(layer), None)  # that of an interception
    own.update(changed)
    return other


def run(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the layer's class makes of its inputs, as plain Python where that is a `tf.function`."""
    call = getattr(type(layer), name_of_call(layer))
    return getattr(call, "python_function", call)(layer, *args, **kwargs)
