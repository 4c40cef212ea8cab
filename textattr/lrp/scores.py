"""Attention's scores: from the logits of a softmax back to queries and keys, without dividing by what they made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textattr.graph.dependence import Graph
from textattr.graph.linear import LINEAR
from textattr.graph.traits import is_moved
from textattr.split.family import tensorflow

_SCALED = frozenset(("Mul", "RealDiv"))
_MASKED = frozenset(("Select", "SelectV2"))


def product_behind(logits: Any, graph: Graph, jumps: Mapping[str, Any]) -> Any:
    """The op that multiplies queries with keys, where it alone leads to the logits; None where there is more to it.

    Constant factors and masks may follow it: through these a slope goes back by TensorFlow's gradient.

    Args:
        logits: a graph tensor, in float32 at least.
        graph: what is known of the ops.
        jumps: ops that stand for many, which end the search.
    """
    tensor = logits
    while not graph.is_start(tensor) and tensor.op.name not in jumps:
        op = tensor.op
        dependent = [t for t in op.inputs if graph.carries(t)]
        if op.type in LINEAR and len(dependent) == len(op.inputs) == 2:
            return op if op.outputs[0].dtype == logits.dtype and logits.dtype.size >= 4 else None
        if len(dependent) != 1 or not (is_moved(tensor) or op.type in _SCALED | _MASKED):
            return None
        if op.type == "RealDiv" and op.inputs[0] is not dependent[0]:
            return None
        tensor = dependent[0]
    return None


def slope_at(product: Any, logits: Any, slope: Any) -> Any:
    """The slope at what the product gives, from that at the logits."""
    return tensorflow().gradients(logits, product.outputs[0], slope)[0]
