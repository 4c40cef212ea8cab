"""Programs compiled by XLA too: faster where a model has loops or many small ops, but once for each shape.

What XLA compiled of a program is kept by TensorFlow until the process ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import choice
from textattr.split.family import tensorflow

XLA, AUTO = "xla", "auto"

_REFUSALS: ContextVar[set[str] | None] = ContextVar("refusals", default=None)


def checked_compiler(given: Any) -> str | None:
    """The setting `compile`, if it is None, "xla" or "auto"."""
    return None if given is None else choice("compile", given, (XLA, AUTO))


def at_first(compiler: str | None) -> str | None:
    """What compiles the first run: with "auto" it goes op by op."""
    return None if compiler == AUTO else compiler


def refusal_before(graph: Any) -> str | None:
    """Why XLA is not even asked to compile a graph, or None: given strings, it may take the process down."""
    tf = tensorflow()
    if any(
        tensor.dtype == tf.string for op in graph.get_operations() for tensor in (*op.inputs, *op.outputs)
    ):
        return "XLA has no strings"
    definition = graph.as_graph_def()
    bodies = (definition.node, *(function.node_def for function in definition.library.function))
    types = {each.type for body in bodies for node in body for each in node.attr.values()}
    if types & {tf.float16.as_datatype_enum, tf.bfloat16.as_datatype_enum}:
        return "XLA rounds otherwise in half precision"
    return None


def refusal_of(error: Exception) -> str:
    """What XLA cannot compile, in one line."""
    first = str(getattr(error, "message", error)).strip().splitlines()[0]
    return first.partition("  ")[0].partition(" Stack trace")[0].strip()


@contextmanager
def refusals() -> Iterator[set[str]]:
    """Note inside the `with` why XLA could not compile what ran."""
    found: set[str] = set()
    token = _REFUSALS.set(found)
    try:
        yield found
    finally:
        _REFUSALS.reset(token)


def note_refusal(reason: str) -> None:
    """Say why XLA could not compile what ran just now."""
    found = _REFUSALS.get()
    if found is not None:
        found.add(reason)


def filled_up(count: int) -> npt.NDArray[np.int64]:
    """Positions of `count` rows, the last again and again up to a power of two: few shapes, whatever comes.

    Example:
        >>> filled_up(3)
        array([0, 1, 2, 2])
    """
    return np.minimum(np.arange(1 << (count - 1).bit_length()), count - 1)
