"""Names of Keras and TensorFlow that are no part of their public interface, one function for each: every use of one.

`tests/test_keras_private.py` fails with the name that a new version has no more.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MASK = "_keras_mask"  # Keras 3 and tf_keras: an attribute of tensors
TWO_KERNELS = (
    "_could_use_gpu_kernel"  # tf_keras: whether an LSTM or a GRU traces cuDNN's kernel beside its own
)

NEW_OP = "_create_op_internal"  # TensorFlow: the method of a graph through which every op of it is made


def layers_of(parent: Any) -> list[Any]:
    """The layers that a layer or model holds directly (`_flatten_layers`)."""
    return list(parent._flatten_layers(include_self=False, recursive=False))


def all_layers_of(model: Any) -> list[Any]:
    """A model and all layers in it, at whatever depth; none of other objects."""
    return list(model._flatten_layers()) if hasattr(model, "_flatten_layers") else []


def tensor_mask(tensor: Any) -> Any:
    """The mask that a layer set on a tensor, or None."""
    return getattr(tensor, MASK, None)


def set_tensor_mask(tensor: Any, mask: Any) -> None:
    """Set the mask of a tensor."""
    setattr(tensor, MASK, mask)


def losses_of(layer: Any) -> list[Any] | None:
    """The list in which a layer collects the losses of its calls (Keras 3 and tf_keras: `_losses`), or None."""
    losses = getattr(layer, "_losses", None)
    return losses if isinstance(losses, list) else None


def inputs_as_built(model: Any) -> Any:
    """The inputs that a functional model was built with (`_inputs_struct`; in tf_keras `_nested_inputs`)."""
    nest = getattr(model, "_inputs_struct", None)
    return getattr(model, "_nested_inputs", None) if nest is None else nest


def outputs_of_calls(operation: Any) -> list[Any]:
    """What each symbolic call of a layer gave (`_inbound_nodes`), a tensor or a nest of them for each."""
    nodes = getattr(operation, "_inbound_nodes", ())
    return [node.output_tensors if hasattr(node, "output_tensors") else node.outputs for node in nodes]


def takes_states_beside_inputs(layer: Any) -> bool:
    """Whether an RNN packs its initial states into its inputs, as those of tf_keras do."""
    return hasattr(layer, "_process_inputs")


def unpacked_inputs(layer: Any, sequences: Any, states: Any) -> tuple[Any, Any]:
    """Sequences and initial states of such an RNN."""
    sequences, states, _ = layer._process_inputs(sequences, states, None)
    return sequences, states


def call_arguments(layer: Any) -> frozenset[str] | None:
    """Which of "training" and "mask" the `call` of a layer takes, as Keras 3 knows; None for a layer of tf_keras."""
    if not hasattr(layer, "_call_has_training_arg"):
        return None
    takes = {"training": layer._call_has_training_arg, "mask": layer._call_has_mask_arg}
    return frozenset(name for name, is_taken in takes.items() if is_taken)


def stateful_flags(layer: Any) -> frozenset[str]:
    """The attributes that make an RNN stateful: `stateful` (Keras 3), `_stateful` (tf_keras)."""
    return frozenset(vars(layer).keys() & {"stateful", "_stateful"})


def has_two_kernels(layer: Any) -> bool:
    """Whether an RNN of tf_keras traces two kernels, of which one needs a GPU."""
    return bool(getattr(layer, TWO_KERNELS, False))


def source_module(family: str, name: str) -> Any:
    """A module below the `src` of "keras" or "tf_keras", where classes stand that are exported nowhere."""
    return importlib.import_module(f"{family}.src.{name}")


def shows_new_ops(graph: Any) -> bool:
    """Whether `each_new_op` works."""
    return hasattr(graph, NEW_OP)


@contextmanager
def each_new_op(graph: Any, make: Callable[..., Any]) -> Iterator[None]:
    """Let `make(create, op_type, inputs, ...)` make every op of a graph, by `create(op_type, inputs, ...)`.

    Its further arguments are those of `Graph.create_op`. One `with` at a time.
    """
    create = getattr(graph, NEW_OP)

    def made(op_type: str, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        return make(create, op_type, list(inputs), *args, **kwargs)

    setattr(graph, NEW_OP, made)
    try:
        yield
    finally:
        delattr(graph, NEW_OP)


def clear_kernels() -> None:
    """Forget the kernels of all ops and functions that were run (TensorFlow: `clear_kernel_cache` of its context)."""
    context = importlib.import_module("tensorflow.python.eager.context").context()
    clear = getattr(context, "clear_kernel_cache", None)
    if clear is not None:
        clear()
