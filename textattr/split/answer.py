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

LONG = 200  # tokens: recurrent loops over more would take long, untraced, for Python runs them step by step


def answer(model: Any, inputs: Any) -> Any:
    """What the model returns for some arrays; the states of its layers stay as they are.

    It is not traced; of long texts, and of many sentences, recurrent layers are, but of no other shapes than theirs.
    """
    tf = tensorflow()
    layers = [layer for _, layer in walk(model)]
    tensors = tf.nest.map_structure(tf.convert_to_tensor, inputs)
    loops = [layer for layer in layers if is_one_of(layer, ("RNN",))]
    is_long = max(map(_tokens, tf.nest.flatten(tensors)), default=0) > LONG
    call = model
    if is_long and not all(map(is_traced_once, loops)):
        call = tf.function(lambda given, training: model(given, training=training), autograph=False)
    with held(layers), traced_once(loops) if is_long and call is model else nullcontext():
        return call(tensors, training=False)


def _tokens(tensor: Any) -> int:
    """How many tokens a document has, in all of its sentences; of vectors, how many there are."""
    sizes = tensor.shape.as_list()[1:]
    return math.prod(sizes[:1] if tensor.dtype.is_floating else sizes)
