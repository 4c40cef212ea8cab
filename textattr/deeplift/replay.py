"""Compute a tensor once more, from other numbers: the ops that made it, copied."""

from __future__ import annotations

from typing import Any

from textattr.graph.copied import copied
from textattr.graph.dependence import Graph
from textattr.graph.traits import traits


def replayed(tensor: Any, source: Any, value: Any, graph: Graph) -> Any:
    """The tensor as it would be with another value in the scope of `source`, the only one that varies and makes it."""
    made = {source.ref(): value}

    def again(old: Any) -> Any:
        if old.ref() not in made and graph.influenced(old):
            inputs = [again(each) for each in old.op.inputs]
            outputs = inputs if _is_passed_over(old.op) else copied(old.op, inputs)
            made.update((o.ref(), new) for o, new in zip(old.op.outputs, outputs, strict=True))
        return made.get(old.ref(), old)

    return again(tensor)


def _is_passed_over(op: Any) -> bool:
    """Some of these hide the gradient, or bring one of their own that belongs to the numbers of the original."""
    return traits(op).passes and op.inputs[0].dtype == op.outputs[0].dtype
