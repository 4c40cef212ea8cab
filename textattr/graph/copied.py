"""Ops, made once more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textattr.split.family import tensorflow


def copied(op: Any, inputs: Sequence[Any]) -> list[Any]:
    """What an op makes of other inputs."""
    graph = tensorflow().compat.v1.get_default_graph()
    attributes = {name: op.node_def.attr[name] for name in op.node_def.attr if not name.startswith("_")}
    made = graph.create_op(op.type, list(inputs), [o.dtype for o in op.outputs], attrs=attributes)
    return list(made.outputs)


def remade(
    tensor: Any,
    made: dict[Any, Any],
    changes: Callable[[Any], bool],
    copy: Callable[[Any, Sequence[Any]], Sequence[Any]] = copied,
) -> Any:
    """A tensor as it would be with others in place of what it is made of.

    Args:
        tensor: the tensor.
        made: by reference, what there is in place of which tensor; what is made is added.
        changes: whether a tensor is another one for that.
        copy: an op and its new inputs -> its new outputs.
    """
    if tensor.ref() not in made and changes(tensor):
        inputs = [remade(each, made, changes, copy) for each in tensor.op.inputs]
        outputs = copy(tensor.op, inputs)
        made.update((old.ref(), new) for old, new in zip(tensor.op.outputs, outputs, strict=True))
    return made.get(tensor.ref(), tensor)
