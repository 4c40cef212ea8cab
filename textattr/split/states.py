"""Stateful RNNs: explained from the states that they are in, and left in them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from textattr.errors import LayerError
from textattr.keras_private import stateful_flags
from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.split.stand_in import stand_in


def is_stateful(layer: Any) -> bool:
    """Whether the layer starts from where its last call ended: an RNN made with `stateful=True`."""
    return bool(getattr(layer, "stateful", False)) and hasattr(layer, "states")


@contextmanager
def held(layers: list[Any]) -> Iterator[None]:
    """Run those of the layers that are stateful from their present states, which stay, inside the `with`.

    All rows start from the same states, as copies of one document must.

    Raises:
        LayerError: inside the `with`, where the states are those of several documents.
    """

    def handler(layer: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        still, given = without_states(layer, args, kwargs)
        return call(*args, **kwargs) if still is layer else type(still).call(*given.args, **given.kwargs)

    with intercepted([layer for layer in layers if is_stateful(layer)], handler):
        yield


def without_states(
    layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, inspect.BoundArguments]:
    """An RNN and what it is called with, as a layer that keeps no states: its present ones are where it starts.

    Returns:
        the layer itself, where it keeps none; and the arguments of `type(layer).call`, the layer among them.

    Raises:
        LayerError: where the states are those of several documents.
    """
    given = inspect.signature(type(layer).call).bind(layer, *args, **kwargs)
    states: list[Any] = tensorflow().nest.flatten(layer.states) if is_stateful(layer) else [None]
    if any(state is None for state in states):
        return layer, given
    if states[0].shape[0] != 1:
        raise LayerError(
            f"the states of {layer.name!r} (stateful=True) are those of {states[0].shape[0]} documents, and an "
            "explanation is of one: make the model anew for batches of 1, or with stateful=False, and give it the "
            "weights of this one"
        )
    still, sequences = _stateless(layer), list(given.arguments.values())[1]
    if isinstance(sequences, list | tuple):  # tf_keras asks at run time whether the states given count
        raise LayerError(f"{layer.name!r} is stateful and is given an initial state as well: leave one out")
    given.arguments[next(iter(given.arguments))] = still
    if given.arguments.get("initial_state") is None:
        given.arguments["initial_state"] = _present(layer, sequences)
    return still, given


def _stateless(layer: Any) -> Any:
    """A layer with the same weights that is not stateful."""
    return stand_in(layer, **dict.fromkeys(stateful_flags(layer), False))


def _present(layer: Any, sequences: Any) -> Any:
    """The layer's states, once for each row of the sequences."""
    tf = tensorflow()
    rows = tf.shape(sequences)[1 if getattr(layer, "time_major", False) else 0]
    return tf.nest.map_structure(
        lambda state: tf.repeat(tf.cast(tf.convert_to_tensor(state), sequences.dtype), rows, axis=0),
        list(layer.states),
    )
