"""Ops that stand for a graph of their own, into which no walk over ops can look."""

from __future__ import annotations

from typing import Any

from textattr.graph.layer_scopes import LayerScope

_LOOPS = frozenset("While StatelessWhile If StatelessIf Case StatelessCase".split())


def is_opaque(op: Any) -> bool:
    """Whether an op stands for a graph of its own, or holds what is handed from one run of it to the next."""
    return "PartitionedCall" in op.type or op.type in _LOOPS or op.type.startswith("TensorList")


def why_opaque(op: Any, scope: LayerScope) -> str | None:
    """Why nothing can walk back through an op, and what to do; None for an op that only lacks a rule."""
    if not is_opaque(op):
        return None
    if "PartitionedCall" in op.type:
        return (
            f"cannot look into the tf.function that {scope} calls (the op {op.type}): call "
            "tf.config.run_functions_eagerly(True) before explaining, or explain with another method"
        )
    return (
        f"cannot walk back through a loop or a condition (the op {op.type}) that {scope} runs: explain with "
        "another method, such as integrated_gradients"
    )
