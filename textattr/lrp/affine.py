"""What one layer computes from its inputs and weights: a sum of linear ops, and the bias that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textattr.graph.linear import LINEAR
from textattr.graph.routing import MOVES, data_of, move, move_back
from textattr.graph.traits import moved_from, traits
from textattr.split.cut import wide
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.graph.dependence import Graph
    from textattr.graph.layer_scopes import LayerScope
    from textattr.lrp.pooling import Winners

_BEFORE = frozenset(MOVES) - {"StridedSlice", "Split", "BatchToSpaceND"}


@dataclass(frozen=True, eq=False)
class Term:
    """One linear op among those that a layer adds up.

    Args:
        op: the linear op.
        at: which of its inputs, in the order of `Linear.data`, is the data.
        source: the graph tensor whose relevance is wanted: the data, before padding, which is no input.
        before: what the moves from `source` to the op made.
        after: what the moves from the op to the sum made.
    """

    op: Any
    at: int
    source: Any
    before: tuple[Any, ...]
    after: tuple[Any, ...]

    @cached_property
    def x(self) -> Any:
        """The data, in float32 at least."""
        return wide(self.source)

    @cached_property
    def w(self) -> Any:
        """The weights, in float32 at least."""
        return wide(self.op.inputs[LINEAR[self.op.type].weights[self.at]])

    @property
    def is_positive(self) -> bool:
        """Whether the data are surely not negative, as behind a ReLU."""
        tensor = self.source
        while traits(tensor.op).keeps_sign:
            tensor = moved_from(tensor)
        return traits(tensor.op).range[0] >= 0

    def apply(self, x: Any, w: Any) -> Any:
        """What the op would give for other data and weights, in the layout of the sum."""
        for moved in self.before:
            x = move(moved, x)
        y = LINEAR[self.op.type].apply(self.op, x, w, self.at)
        for moved in self.after:
            y = move(moved, y)
        return y

    def back(self, s: Any, w: Any = None) -> Any:
        """The transpose of `apply` in x: from the layout of the sum to that of the data."""
        for moved in reversed(self.after):
            s = move_back(moved, s)
        linear = LINEAR[self.op.type]
        like = self.op.inputs[linear.data[self.at]]
        s = linear.back(self.op, s, self.w if w is None else w, like, self.at)
        for moved in reversed(self.before):
            s = move_back(moved, s)
        return s


@dataclass(frozen=True, eq=False)
class Affine:
    """A layer's weighted sum, z = sum over the terms of x W, plus b.

    Args:
        output: the graph tensor z.
        terms: one for each linear op.
        constants: what is added and does not depend on the text.
        scope: the call of the layer that computes it.
        depth: how many such sums lie before it, on the longest way from the vectors.
        clipped: the graph tensor max(z, 0), where the relevance of z is surely 0 wherever this is 0; else None.
        winners: where that relevance was shared by a maximum of `clipped` over axes, among which numbers; else None.
    """

    output: Any
    terms: tuple[Term, ...]
    constants: tuple[Any, ...]
    scope: LayerScope
    depth: int
    clipped: Any = None
    winners: Winners | None = None

    @cached_property
    def total(self) -> Any:
        """Z, in float32 at least."""
        return wide(self.output)

    @cached_property
    def bias(self) -> Any:
        """B, broadcastable to z; None where there is none."""
        return None if not self.constants else sum(wide(constant) for constant in self.constants)

    def sum(self, parts: Sequence[Any], bias: Any = None) -> Any:
        """The sum of parts in the layout of z, with a bias or without."""
        total = parts[0] if len(parts) == 1 else tensorflow().add_n(list(parts))
        return total if bias is None else total + bias


def find_affine(op: Any, graph: Graph) -> Affine | None:
    """The weighted sum whose last op this is, where it is one: a linear op, or the sum of some and of biases."""
    scope = graph.scope(op)
    terms: list[Term] = []
    constants: list[Any] = []

    def collect(tensor: Any, after: tuple[Any, ...]) -> bool:
        op = tensor.op
        if graph.scope(op) is not scope or graph.is_start(tensor) or graph.has_own_rule(op):
            return False
        at = graph.weighted(op)
        if at is not None:
            source, before = _before(op.inputs[LINEAR[op.type].data[at]], scope, graph)
            terms.append(Term(op, at, source, before, after))
            return True
        if op.type in MOVES:
            return graph.carries(data_of(op)) and collect(data_of(op), (tensor, *after))
        if not traits(op).adds or len(op.inputs) != 2:
            return False
        for part in op.inputs:
            if not graph.carries(part):
                constants.append(_placed(part, tensor, after))
            elif not _fits(part, tensor) or not collect(part, after):
                return False
        return True

    if not traits(op).adds and graph.weighted(op) is None:
        return None
    if not collect(op.outputs[0], ()) or not terms:
        return None
    depth = max(graph.depth(term.source) for term in terms)
    return Affine(op.outputs[0], tuple(terms), tuple(constants), scope, depth)


def _before(source: Any, scope: LayerScope, graph: Graph) -> tuple[Any, tuple[Any, ...]]:
    """What the data were before they were padded or given another shape, and what these moves made."""
    before: list[Any] = []
    while source.op.type in _BEFORE and not graph.is_start(source) and not graph.has_own_rule(source.op):
        if graph.scope(source.op) is not scope:
            break
        before.insert(0, source)
        source = source.op.inputs[0]
    return source, tuple(before)


def _placed(constant: Any, total: Any, after: tuple[Any, ...]) -> Any:
    """A bias in the layout of the sum."""
    if after:
        constant = wide(constant) + tensorflow().zeros_like(wide(total))
    for moved in after:
        constant = move(moved, constant)
    return constant


def _fits(tensor: Any, total: Any) -> bool:
    """Whether a term is as large as the sum, as far as the graph shows: else the bias repeats it."""
    a, b = tensor.shape, total.shape
    return a.rank == b.rank and (
        a.rank is None or all(x == y for x, y in zip(a.as_list()[1:], b.as_list()[1:], strict=True))
    )
