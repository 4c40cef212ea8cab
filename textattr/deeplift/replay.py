"""Compute a tensor once more, from other numbers: the ops that made it, copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textattr.graph.copied import copied, remade
from textattr.graph.dependence import Graph
from textattr.graph.traits import traits


def replayed(tensor: Any, source: Any, value: Any, graph: Graph) -> Any:
    """The tensor as it would be with another value in the place of `source`, the only one that varies and makes it."""
    return remade(tensor, {source.ref(): value}, graph.influenced, _passed_or_copied)


def _passed_or_copied(op: Any, inputs: Sequence[Any]) -> Sequence[Any]:
    """Some that pass on what they read hide the gradient, or bring one that belongs to the numbers of the original."""
    is_passed_over = traits(op).passes and op.inputs[0].dtype == op.outputs[0].dtype
    return inputs if is_passed_over else copied(op, inputs)
