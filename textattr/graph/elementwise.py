"""Functions of one number at a time: activations, however they are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.graph.traits import traits

if TYPE_CHECKING:
    from textattr.graph.dependence import Graph


def activation_source(op: Any, graph: Graph) -> Any:
    """The one tensor of which the op's output is a function, number by number; None where it is more than that.

    A function is what one layer puts together from element-wise ops of which one at least is not linear: GELU, SiLU,
    PReLU and what users write. An added vector is a bias, and ends it; an added number is part of the function.
    """
    if not traits(op).is_elementwise or not _adds_numbers_only(op, graph):
        return None
    scope = graph.scope(op)
    leaves: dict[Any, Any] = {}
    seen: set[str] = set()
    curved = False
    todo = [op]
    while todo:
        here = todo.pop()
        if here.name in seen:
            continue
        seen.add(here.name)
        dependent = [t for t in here.inputs if graph.influenced(t)]
        known = traits(here)
        curved = curved or not known.passes and (len(dependent) > 1 or known.is_function or known.bends)
        for tensor in dependent:
            if _goes_on(tensor, graph, scope):
                todo.append(tensor.op)
            else:
                leaves[tensor.ref()] = tensor
        if len(leaves) > 1:
            return None
    (source,) = leaves.values()
    return source if curved and source.dtype.is_floating and _is_as_large(source, op.outputs[0]) else None


def _goes_on(tensor: Any, graph: Graph, scope: Any) -> bool:
    op = tensor.op
    if graph.is_start(tensor) or graph.scope(op) is not scope or graph.has_own_rule(op):
        return False
    return traits(op).is_elementwise and _adds_numbers_only(op, graph)


def _adds_numbers_only(op: Any, graph: Graph) -> bool:
    """Whether what a sum adds beside the text is one number: a vector would be a bias."""
    is_sum = traits(op).adds or traits(op).subtracts
    return not is_sum or all(t.shape.rank == 0 for t in op.inputs if not graph.influenced(t))


def _is_as_large(a: Any, b: Any) -> bool:
    """Whether nothing was repeated on the way, as far as the graph shows."""
    return a.shape.rank == b.shape.rank and all(
        x == y for x, y in zip(a.shape.as_list()[1:], b.shape.as_list()[1:], strict=True)
    )
