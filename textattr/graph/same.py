"""Whether two parts of a graph are the same ops on the same inputs, so that they make the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textattr.graph.traits import traits


def make_the_same(tensors: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether each tensor is made of the same inputs as its counterpart, op by op, by ops that keep nothing in mind.

    False where that is not seen, as in loops, whose bodies have names of their own, and where the graph writes to a
    variable, which one part may read before and the other after.
    """
    if any(op.type.startswith("Assign") for op in tensors[0].graph.get_operations()):
        return False
    known: set[tuple[int, int]] = set()
    pending = list(zip(tensors, others, strict=True))
    while pending:
        one, other = pending.pop()
        if one is other:
            continue
        if one.value_index != other.value_index:
            return False
        if (id(one.op), id(other.op)) in known:
            continue
        if not _is_the_same(one.op, other.op):
            return False
        known.add((id(one.op), id(other.op)))
        pending += zip(one.op.inputs, other.op.inputs, strict=True)
    return True


def _is_the_same(op: Any, other: Any) -> bool:
    """Whether two ops make the same of the same inputs."""
    if op is other:
        return True
    if op.type != other.type or len(op.inputs) != len(other.inputs):
        return False
    if not op.inputs and not traits(op).is_constant:
        return False
    if op.op_def.is_stateful and not traits(op).reads_state:
        return False
    return _settings(op) == _settings(other)


def _settings(op: Any) -> dict[str, Any]:
    """What an op was made with, without what TensorFlow notes of it."""
    return {name: value for name, value in op.node_def.attr.items() if not name.startswith("_")}
