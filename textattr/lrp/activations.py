"""The activations that layers were given: noted as they are called, whatever ops they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textattr.graph.layer_scopes import LayerScope, LayerScopes
from textattr.graph.registry import added
from textattr.graph.softmax import find_softmax
from textattr.split.cut import wide
from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.split.stand_in import run, stand_in

if TYPE_CHECKING:
    from textattr.graph.dependence import Graph
    from textattr.lrp.walk import Walk


@dataclass(frozen=True, eq=False)
class Activated:
    """One call of a layer's activation: relevance passes from its last op to what it took.

    Args:
        op: the last op of the function.
        inputs: the tensor that it took.
        scope: the layer.
    """

    op: Any
    inputs: tuple[Any, ...]
    scope: LayerScope
    kind = "activation"
    counts = 0

    def back(self, walk: Walk, relevance: Sequence[Any], graph: Graph) -> list[Any]:  # noqa: ARG002
        """All of it, or what the rule of the layer says."""
        before, after = wide(self.inputs[0]), wide(self.op.outputs[0])
        return [walk.rules.rule_between(self.scope).activation(before, after, relevance[0])]


@contextmanager
def activations(scopes: LayerScopes) -> Iterator[dict[str, Activated]]:
    """Note the calls of `layer.activation` in the `with`, of all layers that have one, in this thread.

    Enter it before other interceptions of these layers: it runs stand-ins, so that nobody else sees a layer changed.
    """
    found: dict[str, Activated] = {}

    def note(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def noted(x: Any, *args: Any, **kwargs: Any) -> Any:
            graph = tensorflow().compat.v1.get_default_graph()
            start = len(graph.get_operations())
            y = function(x, *args, **kwargs)
            made = graph.get_operations()[start:]
            has_own_rule = any(added(op.type, "lrp") is not None for op in made)
            if not has_own_rule and _is_noted(x, y):
                found[y.op.name] = Activated(y.op, (x,), scopes.here)
            return y

        return noted

    def handler(layer: Any, _: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return run(stand_in(layer, activation=note(layer.activation)), args, kwargs)

    layers = [layer for _, layer in scopes.layers if callable(vars(layer).get("activation"))]
    with intercepted(layers, handler):
        yield found


def _is_noted(x: Any, y: Any) -> bool:
    """Whether something came out, in the shape of what went in, of an op of its own; a softmax is not of this kind."""
    if not tensorflow().is_tensor(y) or not hasattr(y, "op") or y is x or len(y.op.outputs) != 1:
        return False
    last = y.op.inputs[0].op if y.op.type == "Transpose" else y.op
    if find_softmax(last) is not None:
        return False
    return bool(x.shape.rank == y.shape.rank and x.shape.as_list()[1:] == y.shape.as_list()[1:])
