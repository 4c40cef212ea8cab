"""Logits without touching the model: walk back from the output, over the ops, to what the last activation took."""

from __future__ import annotations

from typing import Any

from textattr.graph.traits import is_same, moved_from
from textattr.split.family import tensorflow

_ACTIVATIONS = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "Sigmoid": "sigmoid"}


def behind(output: Any) -> tuple[str | None, Any]:
    """The name of the activation behind `output` and the very tensor before it; (None, output) where there is none.

    Args:
        output: float graph tensor of any shape, made while tracing.
    """
    tensor = output
    while is_same(tensor):
        tensor = moved_from(tensor)
    name = _ACTIVATIONS.get(tensor.op.type)
    if name is None or name != "sigmoid" and not _has_axis_of(tensor, output):
        return None, output
    return name, tensor.op.inputs[0]


def _has_axis_of(tensor: Any, output: Any) -> bool:
    """Whether the last axis of a softmax is that of the output; by its size, as far as that is known."""
    sizes = [each.shape[-1] if each.shape.rank else None for each in (tensor, output)]
    return output.shape.rank == 1 or None in sizes or sizes[0] == sizes[1]


def take_off(output: Any) -> tuple[str | None, Any]:
    """As `behind`, the tensor in the shape and dtype of the output."""
    tf = tensorflow()
    name, before = behind(output)
    if name is None:
        return None, output
    before = tf.cast(before, output.dtype)
    if before.shape.as_list() != output.shape.as_list():
        before = tf.ensure_shape(tf.reshape(before, tf.shape(output)), output.shape)
    return name, before
