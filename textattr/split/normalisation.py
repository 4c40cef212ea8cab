"""Notice a layer normalisation right after the lookup: there the length of a vector counts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from textattr.split.family import tensorflow
from textattr.split.interception import intercepted

_LAYERS = ("LayerNormalization", "RMSNormalization", "UnitNormalization")
_SUMMED_UP = frozenset("AddV2 Add Identity Cast Reshape ExpandDims Squeeze BroadcastTo".split())


@dataclass(frozen=True, eq=False)
class Normalised:
    """One call of a normalisation: what it read, and the names of the ops that it made."""

    tensor: Any
    ops: frozenset[str]


@contextmanager
def watched(layers: list[Any]) -> Iterator[list[Normalised]]:
    """Record the calls of the normalisations among `layers` while the model is traced inside the `with`."""
    tf = tensorflow()
    found: list[Normalised] = []

    def handler(_: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        graph = tf.compat.v1.get_default_graph()
        start = len(graph.get_operations())
        out = call(*args, **kwargs)
        made = frozenset(op.name for op in graph.get_operations()[start:])
        if args and hasattr(args[0], "op"):
            found.append(Normalised(args[0], made))
        return out

    kinds = [layer for layer in layers if any(cls.__name__ in _LAYERS for cls in type(layer).__mro__)]
    with intercepted(kinds, handler):
        yield found


def read_by_normalisation_only(entries: list[Any], normalised: list[Normalised]) -> bool:
    """Whether some of the vectors, or their sum, are read by a normalisation and by nothing else."""
    starts = {entry.ref() for entry in entries}
    return any(_alone(each) and _reaches(each.tensor, starts) for each in normalised)


def _alone(each: Normalised) -> bool:
    values = [op for op in each.tensor.consumers() if op.type != "Shape"]
    return all(op.name in each.ops for op in values)


def _reaches(tensor: Any, starts: set[Any]) -> bool:
    """Whether the tensor is a sum of which one of `starts` is a term."""
    if tensor.ref() in starts:
        return True
    return tensor.op.type in _SUMMED_UP and any(_reaches(t, starts) for t in tensor.op.inputs)
