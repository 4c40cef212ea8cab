"""The model's own answer: run as it stands, not as it was cut."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

from textattr.split.family import tensorflow
from textattr.split.layers import walk
from textattr.split.states import held
from textattr.split.traced_once import is_traced_once, traced_once
from textattr.split.watching import is_one_of

# Untraced, Python runs recurrent loops step by step: in tokens, what takes as long as to trace a layer of Keras' own,
# and what would take too long in any other model.
_AS_LONG_AS_A_TRACE = 50
_LONG = 200


def answer(model: Any, inputs: Any) -> Any:
    """What the model returns for some arrays; the states of its layers stay as they are.

    It is not traced; of longer texts, and of many sentences, recurrent layers are, but of no other shapes than theirs.
    """
    tf = tensorflow()
    layers = [layer for _, layer in walk(model)]
    tensors = tf.nest.map_structure(tf.convert_to_tensor, inputs)
    loops = [layer for layer in layers if is_one_of(layer, ("RNN",))]
    tokens = max(map(_tokens, tf.nest.flatten(tensors)), default=0)
    are_known = all(map(is_traced_once, loops))
    call = model
    if tokens > _LONG and not are_known:
        call = tf.function(lambda given, training: model(given, training=training), autograph=False)
    with held(layers), traced_once(loops) if tokens > _AS_LONG_AS_A_TRACE and are_known else nullcontext():
        return call(tensors, training=False)


def _tokens(tensor: Any) -> int:
    """How many tokens a document has, in all of its sentences; of vectors, how many there are."""
    sizes = tensor.shape.as_list()[1:]
    return math.prod(sizes[:1] if tensor.dtype.is_floating else sizes)
