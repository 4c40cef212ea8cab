"""What single layers read: a normalisation right after the lookup, a `Masking` layer in front of all else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textattr.graph.traits import is_same, traits
from textattr.split.calls import Call

NORMALISATIONS = ("LayerNormalization", "RMSNormalization", "UnitNormalization", "GroupNormalization")
MASKING = ("Masking",)

_NOT_READ = frozenset(("Shape", "NotEqual"))  # the size, and the mask that Keras takes beside the layer


def is_read_alone(call: Call) -> bool:
    """Whether nothing but the call reads the values of its first input."""
    made = {op.name for op in call.graph.get_operations()[call.ops.start : call.ops.stop]}
    return all(op.name in made or op.type in _NOT_READ for op in call.first.consumers())


def is_one_of(layer: Any, kinds: tuple[str, ...]) -> bool:
    """Whether a layer's class, or one that it derives from, has one of the names."""
    return any(cls.__name__ in kinds for cls in type(layer).__mro__)


def masking_of(entry: Any, calls: Iterable[Call]) -> Any:
    """The `Masking` layer through which alone the model reads an entry; None where there is none."""
    readers = [call for call in calls if is_one_of(call.layer, MASKING) and hasattr(call.first, "op")]
    for call in readers:
        if uncast(call.first) is entry and is_read_alone(call) and _leads_only(entry, call.first):
            return call.layer
    return None


def uncast(tensor: Any) -> Any:
    """The tensor as it was before the layer had it cast to the dtype that it computes in."""
    return uncast(tensor.op.inputs[0]) if tensor.op.type == "Cast" else tensor


def _leads_only(tensor: Any, to: Any) -> bool:
    """Whether nothing reads the tensor, but for casts that end in another one or nowhere."""
    return tensor is to or all(
        op.type in _NOT_READ or op.type == "Cast" and _leads_only(op.outputs[0], to)
        for op in tensor.consumers()
    )


def normalised_alone(entries: list[Any], calls: Iterable[Call]) -> bool | None:
    """Whether a normalisation is all that reads some of the vectors, or a sum of which they are a term.

    Returns:
        None where there is no such normalisation; else whether the vectors are all that goes into it, so that their
        length has no influence on the score. False where something else is added to them first, as positions are.
    """
    starts = {entry.ref() for entry in entries}
    found = [
        _is_of_vectors_only(call.first, starts)
        for call in calls
        if is_one_of(call.layer, NORMALISATIONS) and hasattr(call.first, "op") and is_read_alone(call)
    ]
    known = [each for each in found if each is not None]
    return all(known) if known else None


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
