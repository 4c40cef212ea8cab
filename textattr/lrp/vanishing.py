"""Relevance that is surely 0 wherever the number that it belongs to is 0: behind a ReLU, z itself need not be known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textattr.graph.traits import traits
from textattr.lrp.pooling import Winners
from textattr.split.family import tensorflow


class Vanishing:
    """Of which relevance this is known, and to which tensor it belongs.

    A rule that shares by what each input adds gives nothing to inputs of 0. What moves numbers, or chooses among them
    as a maximum does, gives each the relevance of the same number. Of a sum from several sides nothing is known.
    """

    def __init__(self) -> None:
        self._tensors: dict[Any, Any] = {}
        # the maximum that it was shared by, and the relevance of that
        self._chosen: dict[Any, tuple[Any, Any]] = {}

    def note(self, tensor: Any, relevance: Any) -> None:
        """The relevance of the tensor vanishes with it."""
        self._tensors[relevance.ref()] = tensor

    def pass_on(self, op: Any, relevance: Sequence[Any], shares: Sequence[Any]) -> None:
        """Note what is known of the relevance of an op's inputs from that of its outputs, None being no relevance."""
        known = traits(op)
        if not (known.passes or known.reshapes or known.moves or known.joins or known.chooses):
            return
        outputs = zip(op.outputs, relevance, strict=True)
        if all(r is None or self._tensors.get(r.ref()) is output for output, r in outputs):
            for tensor, share in zip(op.inputs, shares, strict=True):
                if share is not None:
                    self.note(tensor, share)
                    if op.type == "Max" and _keeps_rows_and_channels(op):
                        self._chosen[share.ref()] = op, relevance[0]

    def clipped(self, z: Any, relevance: Any) -> Any:
        """The tensor max(z, 0), where it was given this relevance, which vanishes with it, and passed it on."""
        tensor = self._tensors.get(relevance.ref())
        is_clipped = tensor is not None and traits(tensor.op).clips and tensor.op.inputs[0] is z
        return tensor if is_clipped else None

    def winners(self, relevance: Any) -> Winners | None:
        """Among which numbers a maximum over places shared this relevance, if one did."""
        chosen = self._chosen.get(relevance.ref())
        return None if chosen is None else Winners.of(*chosen)


def _keeps_rows_and_channels(op: Any) -> bool:
    """Whether an op reduces neither the first axis nor the last."""
    rank, axes = op.inputs[0].shape.rank, tensorflow().get_static_value(op.inputs[1])
    return (
        rank is not None and axes is not None and not {0, rank - 1} & {int(axis) % rank for axis in axes.flat}
    )
