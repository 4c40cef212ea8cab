"""Recurrent layers of Keras, traced once for all that is compiled of a model.

Loops, and the gradients of loops, are most of what a model takes to trace. As a function a layer is one op wherever it
runs, and TensorFlow makes the gradient of a function once.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from textattr.keras_private import layers_of
from textattr.split.family import tensorflow
from textattr.split.interception import intercepted, is_intercepted
from textattr.split.memory import Memory
from textattr.split.stand_in import run

_KEPT = 4  # functions of a layer: one for each kind of what it is called with

_FUNCTIONS: weakref.WeakKeyDictionary[Any, Memory[Any]] = weakref.WeakKeyDictionary()


def is_traced_once(layer: Any) -> bool:
    """Whether the layer is one that Keras 3 brings along, reads a sequence step by step and keeps no state."""
    keras = sys.modules.get("keras")
    if keras is None:
        return False
    is_known = type(layer) in (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)
    return is_known and not layer.stateful


def forget(layers: list[Any]) -> None:
    """Trace the layers anew from now on, as they were changed."""
    for layer in layers:
        _FUNCTIONS.pop(layer, None)


@contextmanager
def traced_once(layers: list[Any]) -> Iterator[None]:
    """Run those of the layers as functions, inside the `with`: all but those into which something else looks."""
    free = [
        layer
        for layer in layers
        if is_traced_once(layer) and not any(map(is_intercepted, (layer, *layers_of(layer))))
    ]
    with intercepted(free, _as_function):
        yield


def _as_function(layer: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the layer makes of its inputs, by the function for inputs of that kind, which is traced if there is none.

    Arrays and variables among them would become part of it, so that the layer runs as it is then.
    """
    tf = tensorflow()
    leaves = tf.nest.flatten((args, kwargs))
    tensors = [leaf for leaf in leaves if isinstance(leaf, tf.Tensor)]
    if not all(leaf is None or isinstance(leaf, tf.Tensor | bool) for leaf in leaves):
        return call(*args, **kwargs)
    kinds: Any = tf.nest.map_structure(_kind, (args, kwargs))
    kept = _FUNCTIONS.setdefault(layer, Memory(_KEPT))
    key: Hashable = repr(kinds)
    function = kept.get(key)
    if function is None:
        function = _function(layer, kinds)
        kept.put(key, function)
    return function(*tensors)


def _kind(leaf: Any) -> Any:
    """Of a tensor its spec; None, True and False themselves."""
    tf = tensorflow()
    return tf.TensorSpec(leaf.shape, leaf.dtype) if isinstance(leaf, tf.Tensor) else leaf


def _function(layer: Any, kinds: Any) -> Any:
    """The layer as a function of the tensors among what it is called with, whose specs stand in their places."""
    tf = tensorflow()
    weak = weakref.ref(layer)
    flat = tf.nest.flatten(kinds)
    specs = [kind for kind in flat if isinstance(kind, tf.TensorSpec)]

    def traced(*tensors: Any) -> Any:
        left = iter(tensors)
        given = [next(left) if isinstance(kind, tf.TensorSpec) else kind for kind in flat]
        args, kwargs = tf.nest.pack_sequence_as(kinds, given)
        return run(weak(), args, kwargs)

    with tf.init_scope():  # of the graph that calls it first, it may hold nothing
        return tf.function(traced, autograph=False).get_concrete_function(*specs)
