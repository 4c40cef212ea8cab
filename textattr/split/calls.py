"""Which layers run, in which order, on what: every call of every layer while a model is traced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.split.layers import walk


@dataclass(frozen=True, eq=False)
class Call:
    """One call of one layer.

    Args:
        path: of the layer, as `walk` gives it.
        number: how many calls of this layer came before.
        layer: the layer.
        inputs: the tensors that went in, floats only.
        output: the tensor that came out, the first of several.
    """

    path: str
    number: int
    layer: Any
    inputs: tuple[Any, ...]
    output: Any


@contextmanager
def observed(model: Any) -> Iterator[list[Call]]:
    """Record every call of every layer below `model` in the `with`, in the order in which they end.

    What runs inside a loop of its own graph (the cell of a recurrent layer) is not seen.
    """
    tf = tensorflow()
    graph = tf.compat.v1.get_default_graph()
    paths = {id(layer): path for path, layer in walk(model)}
    calls: list[Call] = []
    numbers: dict[int, int] = {}

    def handler(layer: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        out = getattr(call, "python_function", call)(*args, **kwargs)
        tensors = [t for t in tf.nest.flatten(out) if _is_float_in(t, graph)]
        if tensors:
            number = numbers[id(layer)] = numbers.get(id(layer), -1) + 1
            inputs = tuple(t for t in tf.nest.flatten((args, kwargs)) if _is_float_in(t, graph))
            calls.append(Call(paths[id(layer)], number, layer, inputs, tensors[0]))
        return out

    with intercepted([layer for _, layer in walk(model)], handler):
        yield calls


def _is_float_in(tensor: Any, graph: Any) -> bool:
    return getattr(tensor, "graph", None) is graph and hasattr(tensor, "op") and tensor.dtype.is_floating
