"""The recorder of layer calls: which layers run, in which order, on what, while a model is traced or run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.split.layers import walk
from textattr.split.simplified import simplified


@dataclass(frozen=True, eq=False)
class Call:
    """One call of one layer.

    Args:
        layer: the layer.
        number: how many calls of this layer were recorded before.
        args: what went in by position.
        kwargs: what went in by name.
        returned: what the layer returned.
        inner: the recorded calls that this one made, in the order in which they ended.
        graph: the graph that was being traced; None where the model ran untraced.
        ops: the numbers of the ops that the call made in the graph.
    """

    layer: Any
    number: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    returned: Any
    inner: tuple[Call, ...]
    graph: Any
    ops: range

    @property
    def first(self) -> Any:
        """The first thing that went in; None where nothing did."""
        return self.args[0] if self.args else next(iter(self.kwargs.values()), None)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The tensors of floats that went in."""
        return self._floats((self.args, self.kwargs))

    @property
    def outputs(self) -> tuple[Any, ...]:
        """The tensors of floats that came out."""
        return self._floats(self.returned)

    @property
    def output(self) -> Any:
        """The first of them."""
        return self.outputs[0]

    @property
    def key(self) -> tuple[int, int]:
        """What tells the call from others of one run, and finds it in another run of the same layers."""
        return id(self.layer), self.number

    def _floats(self, nest: Any) -> tuple[Any, ...]:
        tensors = tensorflow().nest.flatten(nest)
        return tuple(tensor for tensor in tensors if _is_float_in(tensor, self.graph))


@contextmanager
def recorded(layers: list[Any], change: Callable[[Call], Any] | None = None) -> Iterator[list[Call]]:
    """Record every call of some layers in the `with`, in the order in which they end.

    Args:
        layers: the layers.
        change: what a call gives to the model in place of what it returned; None: just that.
    """
    calls: list[Call] = []
    numbers: Counter[int] = Counter()

    def handler(layer: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        graph = _graph()
        ended, start = len(calls), _size(graph)
        returned = getattr(call, "python_function", call)(*args, **kwargs)
        ops = range(start, _size(graph))
        this = Call(layer, numbers[id(layer)], args, kwargs, returned, tuple(calls[ended:]), graph, ops)
        numbers[id(layer)] += 1
        calls.append(this)
        return returned if change is None else change(this)

    with intercepted(layers, handler):
        yield calls


@contextmanager
def observed(model: Any) -> Iterator[list[Call]]:
    """Record, until the `with` ends, every call of the model's layers that gave floats, to the graph that is traced.

    They alone are numbered. What runs inside a loop of its own graph (the cell of a recurrent layer) is not among them.
    Layers run in their simpler way, as they do where nobody looks.
    """
    graph = _graph()
    found: list[Call] = []
    layers = [layer for _, layer in walk(model)]
    with simplified(layers), recorded(layers) as calls:
        yield found
    numbers: Counter[int] = Counter()
    for call in calls:
        if call.graph is graph and call.outputs:
            found.append(replace(call, number=numbers[id(call.layer)]))
            numbers[id(call.layer)] += 1


def _graph() -> Any:
    """The graph that is being traced, or None."""
    tf = tensorflow()
    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()


def _size(graph: Any) -> int:
    return 0 if graph is None else len(graph.get_operations())


def _is_float_in(tensor: Any, graph: Any) -> bool:
    if not tensorflow().is_tensor(tensor) or not tensor.dtype.is_floating:
        return False
    return hasattr(tensor, "numpy") if graph is None else getattr(tensor, "graph", None) is graph
