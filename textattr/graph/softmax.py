"""Softmax, whatever it is made of: the op, exp(x) over its sum as written by hand, or exp(x - logsumexp(x))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textattr.graph.traits import is_same, moved_from

_MASKED = frozenset(("Mul", "SelectV2"))
_KEPT_FROM_ZERO = frozenset(("AddV2", "Maximum"))


@dataclass(frozen=True, eq=False)
class Softmax:
    """Weights that sum to 1.

    Args:
        logits: the graph tensor that they are made of, shaped as they are.
        axes: along which they sum to 1: a list, or an int tensor.
    """

    logits: Any
    axes: Any


def find_softmax(op: Any) -> Softmax | None:
    """The softmax whose last op this is, or None."""
    if op.type == "Softmax":
        return Softmax(op.inputs[0], [-1])
    if op.type in ("RealDiv", "DivNoNan"):
        found = _share_of_a_sum(*op.inputs)
    elif op.type == "Exp" and op.inputs[0].op.type == "Sub":
        found = _less_its_logarithm(*op.inputs[0].op.inputs)
    else:
        return None
    return found if found is not None and _is_alike(found.logits, op.outputs[0]) else None


def _share_of_a_sum(top: Any, bottom: Any) -> Softmax | None:
    """Exp(x) / sum exp(x), perhaps masked, perhaps with a small number below."""
    total, powers = _behind(bottom, "Sum", _KEPT_FROM_ZERO), _behind(top, "Exp", _MASKED)
    if total is None or powers is None or _plain(total.inputs[0]) is not _plain(top):
        return None
    return Softmax(_unshifted(powers.inputs[0]), total.inputs[1])


def _less_its_logarithm(logits: Any, shift: Any) -> Softmax | None:
    """Exp(x - log sum exp(x))."""
    logarithm = _behind(shift, "Log", _KEPT_FROM_ZERO)
    total = None if logarithm is None else _behind(logarithm.inputs[0], "Sum", frozenset())
    powers = None if total is None else _behind(total.inputs[0], "Exp", frozenset())
    if total is None or powers is None or _plain(_unshifted(powers.inputs[0])) is not _plain(logits):
        return None
    return Softmax(logits, total.inputs[1])


def _plain(tensor: Any) -> Any:
    """The tensor before what does not change its numbers."""
    while is_same(tensor):
        tensor = moved_from(tensor)
    return tensor


def _behind(tensor: Any, wanted: str, passing: frozenset[str]) -> Any:
    """The op of the type that is wanted, behind ops of the types that may stand before it; None where there is none."""
    op = _plain(tensor).op
    if op.type == wanted:
        return op
    inputs = op.inputs if op.type in passing else ()
    return next((found for t in inputs if (found := _behind(t, wanted, passing)) is not None), None)


def _unshifted(tensor: Any) -> Any:
    """The logits before their maximum was taken off, which changes no weight."""
    op = tensor.op
    is_shifted = op.type == "Sub" and _behind(op.inputs[1], "Max", frozenset(("SelectV2",))) is not None
    return op.inputs[0] if is_shifted else tensor


def _is_alike(logits: Any, weights: Any) -> bool:
    a, b = logits.shape, weights.shape
    return a.rank == b.rank and (a.rank is None or a.as_list()[1:] == b.as_list()[1:])
