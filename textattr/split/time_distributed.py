"""`TimeDistributed` of Keras 3: all steps at once as rows, instead of one after the other or in a loop.

For each step of a known length, Keras 3 calls the layer anew. Of an unknown length, it maps over as many steps as there
are documents (seen in 3.15), with ops that LRP has no rules for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textattr.keras_private import call_arguments
from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.split.sizes import sizes


def is_mapped(layer: Any) -> bool:
    """Whether the layer is a `TimeDistributed` of Keras 3, and does what that does."""
    keras = sys.modules.get("keras")
    own = None if keras is None else keras.layers.TimeDistributed
    return own is not None and isinstance(layer, own) and type(layer).call is own.call


@contextmanager
def steps_as_rows(layers: list[Any]) -> Iterator[None]:
    """Run those of the layers that are `TimeDistributed` on all steps at once, inside the `with`."""

    def handler(layer: Any, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        tf = tensorflow()
        x: Any = args[0] if args else kwargs.get("inputs")
        if not tf.is_tensor(x):
            return call(*args, **kwargs)
        options = {}
        takes = call_arguments(layer.layer) or frozenset()
        if "training" in takes:
            options["training"] = False
        mask = kwargs.get("mask")
        if "mask" in takes and mask is not None:
            options["mask"] = tf.reshape(mask, [-1, *sizes(mask)[2:]])
        y = layer.layer.call(tf.reshape(x, [-1, *sizes(x)[2:]]), **options)
        return tf.reshape(y, [*sizes(x)[:2], *sizes(y)[1:]])

    with intercepted([layer for layer in layers if is_mapped(layer)], handler):
        yield
