"""One op on the way back, as its rule sees it: the numbers of both runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textattr.deeplift.paired_runs import PairedRuns
from textattr.split.family import tensorflow


@dataclass(frozen=True, eq=False)
class PairedOp:
    """An op of the run on the text, beside its twin.

    What is no float counts as a number too: a condition is 0 or 1.

    Args:
        op: the op of the run on the text.
        pairs: which gives those of the run on the baseline.
        dtype: in which to calculate, float32 at least.
    """

    op: Any
    pairs: PairedRuns
    dtype: Any

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The tensors that go in, for the text."""
        return tuple(self.op.inputs)

    @property
    def outputs(self) -> tuple[Any, ...]:
        """The tensors that come out, for the text."""
        return tuple(self.op.outputs)

    @property
    def varies(self) -> list[bool]:
        """For each input whether it can differ between the runs."""
        return [self.pairs.vary(tensor) for tensor in self.op.inputs]

    def x(self, at: int = 0) -> Any:
        """The input at a position, for the text."""
        return self.number(self.op.inputs[at])

    def x0(self, at: int = 0) -> Any:
        """The input at a position, for the baseline."""
        return self.number(self.pairs.of(self.op.inputs[at]))

    @property
    def y(self) -> Any:
        """The first output, for the text."""
        return self.number(self.op.outputs[0])

    @property
    def y0(self) -> Any:
        """The first output, for the baseline."""
        return self.number(self.pairs.of(self.op.outputs[0]))

    def mean(self, at: int) -> Any:
        """(x + x0) / 2."""
        return (self.x(at) + self.x0(at)) / 2 if self.varies[at] else self.x(at)

    def only(self, at: int, multiplier: Any) -> list[Any]:
        """The multipliers of all inputs, where all but one have none."""
        return [multiplier if i == at else None for i in range(len(self.op.inputs))]

    def each(self, multipliers: Sequence[Any]) -> list[Any]:
        """The multipliers of the inputs, none for what is the same in both runs."""
        return [m if varies else None for m, varies in zip(multipliers, self.varies, strict=True)]

    def number(self, tensor: Any) -> Any:
        """A tensor in the dtype of the calculation."""
        return tensorflow().cast(tensor, self.dtype)
