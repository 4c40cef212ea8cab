"""An op, made once more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textattr.split.family import tensorflow


def copied(op: Any, inputs: Sequence[Any]) -> list[Any]:
    """What an op makes of other inputs."""
    graph = tensorflow().compat.v1.get_default_graph()
    attributes = {name: op.node_def.attr[name] for name in op.node_def.attr if not name.startswith("_")}
    made = graph.create_op(op.type, list(inputs), [o.dtype for o in op.outputs], attrs=attributes)
    return list(made.outputs)
