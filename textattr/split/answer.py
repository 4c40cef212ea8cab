"""The model's own answer: run as it stands, not as it was cut."""

from __future__ import annotations

from typing import Any

from textattr.split.family import tensorflow
from textattr.split.layers import walk
from textattr.split.states import held
from textattr.split.watching import is_one_of

LONG = 200  # tokens: recurrent loops over more would take long, untraced, for Python runs them step by step


def answer(model: Any, inputs: Any) -> Any:
    """What the model returns for some arrays; the states of its layers stay as they are.

    It is not traced; recurrent models are, over long texts, but of no other shapes than those of the arrays.
    """
    tf = tensorflow()
    layers = [layer for _, layer in walk(model)]
    tensors = tf.nest.map_structure(tf.convert_to_tensor, inputs)
    longest = max((leaf.shape[1] for leaf in tf.nest.flatten(tensors) if leaf.shape.rank > 1), default=0)
    call = model
    if longest > LONG and any(is_one_of(layer, ("RNN",)) for layer in layers):
        call = tf.function(lambda given, training: model(given, training=training), autograph=False)
    with held(layers):
        return call(tensors, training=False)
