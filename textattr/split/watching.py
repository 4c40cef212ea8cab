"""Watch what single layers read: a normalisation right after the lookup, a `Masking` layer in front of all else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from textattr.graph.traits import is_same, traits
from textattr.split.family import tensorflow
from textattr.split.interception import intercepted

NORMALISATIONS = ("LayerNormalization", "RMSNormalization", "UnitNormalization", "GroupNormalization")
MASKING = ("Masking",)

_NOT_READ = frozenset(("Shape", "NotEqual"))  # the size, and the mask that Keras takes beside the layer


@dataclass(frozen=True, eq=False)
class Reading:
    """One call of a layer: what it read, and the names of the ops that it made."""

    layer: Any
    tensor: Any
    ops: frozenset[str]

    @property
    def is_alone(self) -> bool:
        """Whether nothing else reads the tensor's values."""
        return all(op.name in self.ops or op.type in _NOT_READ for op in self.tensor.consumers())


@contextmanager
def watched(layers: list[Any], kinds: tuple[str, ...]) -> Iterator[list[Reading]]:
    """Record the calls of those layers whose class has one of the names, while the model is traced in the `with`."""
    tf = tensorflow()
    found: list[Reading] = []

    def handler(layer: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        graph = tf.compat.v1.get_default_graph()
        start = len(graph.get_operations())
        out = call(*args, **kwargs)
        made = frozenset(op.name for op in graph.get_operations()[start:])
        if args and hasattr(args[0], "op"):
            found.append(Reading(layer, args[0], made))
        return out

    with intercepted([layer for layer in layers if is_one_of(layer, kinds)], handler):
        yield found


def is_one_of(layer: Any, kinds: tuple[str, ...]) -> bool:
    """Whether a layer's class, or one that it derives from, has one of the names."""
    return any(cls.__name__ in kinds for cls in type(layer).__mro__)


def masking_of(entry: Any, readings: list[Reading]) -> Any:
    """The `Masking` layer through which alone the model reads an entry; None where there is none."""
    return next(
        (
            r.layer
            for r in readings
            if is_one_of(r.layer, MASKING)
            and uncast(r.tensor) is entry
            and r.is_alone
            and _leads_only(entry, r.tensor)
        ),
        None,
    )


def uncast(tensor: Any) -> Any:
    """The tensor as it was before the layer had it cast to the dtype that it computes in."""
    return uncast(tensor.op.inputs[0]) if tensor.op.type == "Cast" else tensor


def _leads_only(tensor: Any, to: Any) -> bool:
    """Whether nothing reads the tensor, but for casts that end in another one or nowhere."""
    return tensor is to or all(
        op.type in _NOT_READ or op.type == "Cast" and _leads_only(op.outputs[0], to)
        for op in tensor.consumers()
    )


def normalised_alone(entries: list[Any], readings: list[Reading]) -> bool | None:
    """Whether a normalisation is all that reads some of the vectors, or a sum of which they are a term.

    Returns:
        None where there is no such normalisation; else whether the vectors are all that goes into it, so that their
        length has no influence on the score. False where something else is added to them first, as positions are.
    """
    starts = {entry.ref() for entry in entries}
    found = [
        _is_of_vectors_only(reading.tensor, starts)
        for reading in readings
        if is_one_of(reading.layer, NORMALISATIONS) and reading.is_alone
    ]
    told = [each for each in found if each is not None]
    return all(told) if told else None


def _is_of_vectors_only(tensor: Any, starts: set[Any]) -> bool | None:
    """Whether all terms of a sum are vectors; None where no term is, or where something else reads one of them."""
    todo, vectors, others = [tensor], 0, 0
    while todo:
        term = todo.pop()
        if term.ref() in starts:
            vectors += 1
        elif _is_sum(term) or traits(term.op).scales:
            parts = [part for part in term.op.inputs if part.dtype.is_floating]
            if any(_reaches(part, starts) and not _is_read_by(part, term.op) for part in parts):
                return None
            todo += [part for part in parts if _is_sum(term) or _reaches(part, starts)]
        else:
            others += 1
    return None if not vectors else not others


def _is_sum(tensor: Any) -> bool:
    """Whether the tensor is a sum, of one term or of more."""
    return traits(tensor.op).adds or is_same(tensor) or tensor.op.type == "BroadcastTo"


def _is_read_by(tensor: Any, op: Any) -> bool:
    """Whether the op alone reads the tensor's values."""
    return all(each is op or each.type in _NOT_READ for each in tensor.consumers())


def _reaches(tensor: Any, starts: set[Any]) -> bool:
    """Whether the tensor is a sum, perhaps scaled, of which one of `starts` is a term."""
    if tensor.ref() in starts:
        return True
    is_one = _is_sum(tensor) or traits(tensor.op).scales
    return is_one and any(_reaches(t, starts) for t in tensor.op.inputs)
