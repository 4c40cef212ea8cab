"""The model, run twice: which tensor of the run on the baseline stands for which of the run on the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textattr.errors import DeepLIFTRuleError
from textattr.graph.dependence import Graph
from textattr.graph.recurrent import Recurrence

Pair = tuple[Any, Any]  # a tensor of the run on the text, and its twin in the run on the baseline


class PairedRuns:
    """Two runs of one model make the same ops: go back from where both end, side by side, to where both begin.

    Args:
        lasts: where the runs end.
        ends: where they begin, the twin by reference: the vectors.
        graph: what is known of the run on the text.
        loops: the recurrent layers of both runs, by the name of their op.
        repeated: by the reference of what was repeated for each row, what it was: this is the twin.

    Raises:
        DeepLIFTRuleError: where the runs computed different things.
    """

    def __init__(
        self,
        lasts: Sequence[Pair],
        ends: Mapping[Any, Any],
        graph: Graph,
        loops: Mapping[str, Recurrence],
        repeated: Mapping[Any, Any],
    ) -> None:
        self._of = dict(ends)
        self._graph = graph
        self._loops = loops
        self._begins = frozenset(ends)
        paired: set[str] = set()
        todo = list(lasts)
        while todo:
            tensor, twin = todo.pop()
            twin = repeated.get(twin.ref(), twin)
            if tensor.ref() in self._begins or tensor is twin or not graph.influenced(tensor):
                continue
            if tensor.op.name not in paired:
                paired.add(tensor.op.name)
                todo += self._paired(tensor.op, twin.op)
        self._varying: set[str] = set()
        for op in graph.dependent:
            if op.name in paired and any(map(self.vary, self._read_by(op))):
                self._varying.add(op.name)
        self.ops = [op for op in graph.dependent if op.name in self._varying]

    def of(self, tensor: Any) -> Any:
        """The twin of a tensor; the tensor itself where both runs share it, or compute it from nothing that differs."""
        return self._of.get(tensor.ref(), tensor)

    def vary(self, tensor: Any) -> bool:
        """Whether the tensor can differ between the runs."""
        return tensor.ref() in self._begins or tensor.op.name in self._varying

    def _read_by(self, op: Any) -> Sequence[Any]:
        """What an op reads; the last of a recurrent layer stands for all of it."""
        return self._loops[op.name].inputs if op.name in self._loops else list(op.inputs)

    def _paired(self, op: Any, twin: Any) -> list[Pair]:
        """Note the outputs of two ops as pairs, and go on with what they read."""
        mine, other = self._read_by(op), self._read_by(twin)
        if (
            op.type != twin.type
            or len(mine) != len(other)
            or (op.name in self._loops) != (twin.name in self._loops)
        ):
            raise DeepLIFTRuleError(
                f"{self._graph.scope(op)} computed {op.type} for the text and {twin.type} for the baseline: DeepLIFT "
                "needs a model that does the same for both; explain with another method"
            )
        self._of.update((a.ref(), b) for a, b in zip(op.outputs, twin.outputs, strict=True))
        return list(zip(mine, other, strict=True))
