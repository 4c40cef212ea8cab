"""The walk from the scores back to the vectors: its order and its sums, whatever it is that is carried back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from textattr.graph.traits import traits

Flow = tuple[Any, Any]  # a tensor, and what goes back into it: None where that is nothing


def walk_back(
    seeds: Iterable[Flow],
    ends: Collection[Any],
    ops: Sequence[Any],
    visit: Callable[[Any, list[Any]], Iterable[Flow]],
    carries: Callable[[Any], bool],
) -> dict[Any, Any]:
    """Carry values, such as relevance or multipliers, back through a graph.

    Args:
        seeds: where the walk starts.
        ends: references of the tensors where it ends.
        ops: the ops between, in the order in which they were made.
        visit: an op and what came back to each of its outputs (None for nothing), to what goes on into the tensors
            that it reads. It is called once for each op, when all that reads its outputs has been visited.
        carries: whether anything goes into a tensor; what is sent to others is dropped.

    Returns:
        what arrived at each tensor in `ends`, by reference; None where nothing did.
    """
    found: dict[Any, Any] = {}

    def arrive(flows: Iterable[Flow]) -> None:
        for tensor, value in flows:
            if value is not None and carries(tensor):
                key = tensor.ref()
                found[key] = found[key] + value if key in found else value

    arrive(seeds)
    for op in reversed(ops):
        values = [None if o.ref() in ends else found.pop(o.ref(), None) for o in op.outputs]
        if any(value is not None for value in values):
            arrive(visit(op, values))
    return {end: found.get(end) for end in ends}


def reads(tensors: Iterable[Any], ends: Iterable[Any], until: Iterable[Any]) -> bool:
    """Whether tensors depend in any way, but on their sizes, on the numbers of `ends`, other than by way of `until`."""
    wanted = {each.ref() for each in ends}
    pending, seen = list(tensors), {each.ref() for each in until}
    while pending:
        tensor = pending.pop()
        if tensor.ref() in seen:
            continue
        if tensor.ref() in wanted:
            return True
        seen.add(tensor.ref())
        if not traits(tensor.op).sizes:
            pending += tensor.op.inputs
    return False
