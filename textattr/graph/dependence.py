"""What is known of a graph before relevance walks back through it: what depends on the text, how deep, made by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textattr.graph.layer_scopes import LayerScope, LayerScopes
from textattr.graph.linear import LINEAR
from textattr.graph.registry import added
from textattr.graph.traits import traits


class Graph:
    """One pass over the ops of a graph, from the vectors on.

    Args:
        starts: the tensors at which the walk ends, with their depth.
        scopes: which layer made which op.
        jumps: what stands for many ops at once, by the name of its op.
        ops: the ops to look at.
        method: whose walk it is, "lrp" or "deeplift".
    """

    def __init__(
        self,
        starts: Mapping[Any, int],
        scopes: LayerScopes,
        jumps: Mapping[str, Any],
        ops: Sequence[Any],
        method: str,
    ) -> None:
        self._method = method
        self._scopes = scopes
        self._starts = starts
        self._depths: dict[str, int] = {}
        self._carrying: set[str] = set()
        self._rounding: set[str] = set()
        self.ops: list[Any] = []
        self.dependent: list[Any] = []  # those of `ops`, and what only masks lead to
        for op in ops:
            depths = [d for d in map(self._depth_of, op.inputs) if d is not None]
            if not depths or traits(op).sizes:
                continue
            self.dependent.append(op)
            self._depths[op.name] = max(depths) + (jumps[op.name].counts if op.name in jumps else 0)
            if any(map(self.carries, op.inputs)):
                self._carrying.add(op.name)
                self._depths[op.name] += self.weighted(op) is not None
                self.ops.append(op)
            is_cast = op.type == "Cast" and self.carries(op.inputs[0])
            if is_cast or any(map(self.is_rounded, op.inputs)):
                self._rounding.add(op.name)

    def is_rounded(self, tensor: Any) -> bool:
        """Whether the tensor depends on the vectors by way of numbers that were rounded to whole ones, and only so."""
        return tensor.op.name in self._rounding and not self.carries(tensor)

    def influenced(self, tensor: Any) -> bool:
        """Whether the tensor depends on the vectors in any way, if only as a mask."""
        return self._depth_of(tensor) is not None

    def carries(self, tensor: Any) -> bool:
        """Whether the tensor can carry relevance: numbers lead from the vectors to it, not masks or sizes alone."""
        is_number = tensor.dtype.is_floating or tensor.dtype.is_complex or tensor.dtype.name == "variant"
        return bool(is_number) and (tensor.ref() in self._starts or tensor.op.name in self._carrying)

    def is_start(self, tensor: Any) -> bool:
        """Whether the walk ends here."""
        return tensor.ref() in self._starts

    def scope(self, op: Any) -> LayerScope:
        """The call of a layer that made the op."""
        return self._scopes.of(op)

    def depth(self, tensor: Any) -> int:
        """How many linear ops with weights lie on the longest way from the vectors to the tensor."""
        return self._depth_of(tensor) or 0

    def has_own_rule(self, op: Any) -> bool:
        """Whether the user added a rule for ops of this type, which then are taken one by one."""
        return added(op.type, self._method) is not None

    def weighted(self, op: Any) -> int | None:
        """Which input of a linear op, in the order of `Linear.data`, is the data; None where it has no weights."""
        linear = LINEAR.get(op.type)
        if linear is None or len(op.inputs) < 2 or self.has_own_rule(op):
            return None
        dependent = [at for at, i in enumerate(linear.data) if self.carries(op.inputs[i])]
        if len(dependent) != 1 or self.carries(op.inputs[linear.weights[dependent[0]]]):
            return None
        return dependent[0]

    def _depth_of(self, tensor: Any) -> int | None:
        found = self._starts.get(tensor.ref())
        return self._depths.get(tensor.op.name) if found is None else found
