"""Weights that a config asks for: counted before they are made."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textattr.keras_private import all_layers_of, outputs_of_calls
from textattr.saved.findings import TooLargeError
from textattr.saved.limits import Limits

_WIDEST = 4  # bytes of a number, as good as always


@contextmanager
def weights_within(loader: Any, limits: Limits) -> Iterator[None]:
    """While a file is loaded, stop before the layers and metrics have more weights than the limits allow.

    Args:
        loader: Keras 3 or tf_keras; a config may ask either for any number of weights, whatever is in the file.
        limits: of the file.
    """
    size = 0

    def counted(make: Any) -> Any:
        signature = inspect.signature(make)

        def add(self: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal size
            given = signature.bind(self, *args, **kwargs).arguments
            size += _WIDEST * _count(given.get("shape"))
            if size > limits.tables:
                raise TooLargeError(
                    f"the weights of its layers take {size} bytes (last those of {type(self).__name__})"
                )
            return make(self, *args, **kwargs)

        return add

    owners = [(loader.layers.Layer, "add_weight"), (loader.metrics.Metric, "add_variable")]
    before = [(owner, name, vars(owner)[name]) for owner, name in owners if name in vars(owner)]
    for owner, name, make in before:
        setattr(owner, name, counted(make))
    try:
        yield
    finally:
        for owner, name, make in before:
            setattr(owner, name, make)


def _count(shape: Any) -> int:
    """How many numbers a shape has, as far as it is known; a shape may be one number, and its rank unknown."""
    if shape is None or getattr(shape, "rank", 0) is None:
        return 0
    lengths = [shape] if isinstance(shape, int) else list(shape)
    return math.prod(length for length in lengths if isinstance(length, int))


def check_outputs(model: Any, limits: Limits) -> None:
    """Stop where what a layer gives for one text is larger than the limits allow, as far as its shape says so.

    Raises:
        TooLargeError: which names the layer.
    """
    layers = all_layers_of(model)
    operations = [op for layer in layers for op in getattr(layer, "operations", ())]
    for layer in layers + operations:
        for outputs in outputs_of_calls(layer):
            for output in outputs if isinstance(outputs, (list, tuple)) else [outputs]:
                size = _WIDEST * _count(getattr(output, "shape", None))
                if size > limits.tables:
                    raise TooLargeError(f"what its layer {layer.name!r} gives takes {size} bytes")
