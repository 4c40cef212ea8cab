"""Which layer made an op: recorded while the model runs, exact for nested, subclassed and shared layers alike."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.split.layers import walk
from textattr.split.simplified import simplified


@dataclass(frozen=True, eq=False)
class LayerScope:
    """One call of a layer, inside the calls of other layers.

    Args:
        path: the layer's path in the model ("encoder/dense"); "" for the model itself.
        layer: the layer; None for the model itself.
        outer: the call around it; None for the model itself.
    """

    path: str = ""
    layer: Any = None
    outer: LayerScope | None = None

    @property
    def around(self) -> Iterator[LayerScope]:
        """This call and those around it, from the inside out; the model itself is not among them."""
        scope: LayerScope | None = self
        while scope is not None and scope.layer is not None:
            yield scope
            scope = scope.outer

    @property
    def kind(self) -> str:
        """The name of the layer's class."""
        return "model" if self.layer is None else type(self.layer).__name__

    def __str__(self) -> str:
        return f"{self.path} ({self.kind})" if self.layer is not None else "the model itself"


class LayerScopes:
    """The call to which each op belongs, for all graphs in which layers ran.

    Args:
        model: the model whose layers are followed.
    """

    def __init__(self, model: Any) -> None:
        self.layers = list(walk(model))
        self._paths = {id(layer): path for path, layer in self.layers}
        self._stack = [LayerScope()]
        self._changes: dict[Any, tuple[list[int], list[LayerScope]]] = {}
        self._numbers: dict[Any, dict[str, int]] = {}

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Follow the calls of all layers inside the `with`, which run in their simpler way, as where nobody looks."""

        def handler(layer: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
            with self.inside(LayerScope(self._paths[id(layer)], layer, self._stack[-1])):
                return getattr(call, "python_function", call)(*args, **kwargs)

        layers = [layer for _, layer in self.layers]
        with simplified(layers), intercepted(layers, handler):
            yield

    @contextmanager
    def inside(self, scope: LayerScope) -> Iterator[None]:
        """The ops made in the `with` belong to that call, but for those of the layers that it calls."""
        self._stack.append(scope)
        self._note(scope)
        try:
            yield
        finally:
            self._stack.pop()
            self._note(self._stack[-1])

    @property
    def here(self) -> LayerScope:
        """The innermost call that is going on."""
        return self._stack[-1]

    def of(self, op: Any) -> LayerScope:
        """The call that made an op."""
        numbers = self._numbers.get(op.graph)
        if numbers is None or op.name not in numbers:
            numbers = {each.name: i for i, each in enumerate(op.graph.get_operations())}
            self._numbers[op.graph] = numbers
        starts, scopes = self._changes.get(op.graph, ([], []))
        at = bisect_right(starts, numbers[op.name]) - 1
        return scopes[at] if at >= 0 else LayerScope()

    def _note(self, scope: LayerScope) -> None:
        graph = tensorflow().compat.v1.get_default_graph()
        starts, scopes = self._changes.setdefault(graph, ([], []))
        starts.append(len(graph.get_operations()))
        scopes.append(scope)
