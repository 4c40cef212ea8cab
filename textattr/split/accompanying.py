"""Lookups in company: whose vectors are added to those of another input, or stand beside them, position by position."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from textattr.graph.traits import is_same, traits
from textattr.split.family import tensorflow


def accompanies(vectors: Any, others: Collection[Any]) -> bool:
    """Whether vectors join some of the others, position by position, as those of segments and positions do.

    Args:
        vectors: what a lookup gave, a graph tensor.
        others: what lookups of other inputs gave.
    """
    starts = {each.ref() for each in others}
    todo, seen = [vectors], set()
    while todo:
        tensor = todo.pop()
        for op in tensor.consumers():
            if op.name in seen or not _keeps_positions(op):
                continue
            seen.add(op.name)
            if any(_comes_from(each, starts) for each in op.inputs if each is not tensor):
                return True
            todo += op.outputs
    return False


def _keeps_positions(op: Any) -> bool:
    known = traits(op)
    return known.adds or known.scales or known.passes or known.reshapes or _is_wide_join(op)


def _is_wide_join(op: Any) -> bool:
    """Whether an op joins vectors on their last axis, and not texts one after the other."""
    if op.type != "ConcatV2":
        return False
    axis = tensorflow().get_static_value(op.inputs[-1])
    return axis is not None and int(axis) in (-1, (op.outputs[0].shape.rank or 0) - 1)


def _comes_from(tensor: Any, starts: set[Any]) -> bool:
    if tensor.ref() in starts:
        return True
    goes_on = is_same(tensor) or _keeps_positions(tensor.op)
    return goes_on and any(_comes_from(each, starts) for each in tensor.op.inputs)
