"""What one layer computes from its inputs and weights: a sum of linear ops, and the bias that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
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
        columns: what a `Split` of the op's last axis made, where that part alone belongs to the sum, as if the weights
            had no other columns; None where all do.
    """

    op: Any
    at: int
    source: Any
    before: tuple[Any, ...]
    after: tuple[Any, ...]
    columns: Any = None

    @cached_property
    def x(self) -> Any:
        """The data, in float32 at least."""
        return wide(self.source)

    @cached_property
    def w(self) -> Any:
        """The weights, in float32 at least."""
        weights = wide(self.op.inputs[LINEAR[self.op.type].weights[self.at]])
        return weights if self.columns is None else _columns_of(self.columns, weights)

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
        return reduce(add, map(wide, self.constants)) if self.constants else None

    def sum(self, parts: Sequence[Any], bias: Any = None) -> Any:
        """The sum of parts in the layout of z, with a bias or without."""
        total = parts[0] if len(parts) == 1 else tensorflow().add_n(list(parts))
        return total if bias is None else total + bias


def find_affine(output: Any, graph: Graph) -> Affine | None:
    """The weighted sum that a tensor is, if it is one: what a linear op gives, or the sum of some and of biases.

    Or a part of it, as the layer's own `Split` of the last axis gives it: a gate of an LSTM.
    """
    scope = graph.scope(output.op)
    terms: list[Term] = []
    constants: list[Any] = []

    def collect(tensor: Any, after: tuple[Any, ...]) -> bool:
        op = tensor.op
        if graph.scope(op) is not scope or graph.is_start(tensor) or graph.has_own_rule(op):
            return False
        at = graph.weighted(op)
        if at is not None:
            source, before = _before(op.inputs[LINEAR[op.type].data[at]], scope, graph)
            has_columns, columns = LINEAR[op.type].has_columns, None
            if after and _splits_columns(after[0]) and has_columns is not None and has_columns(op, at):
                columns, after = after[0], after[1:]
            terms.append(Term(op, at, source, before, after, columns))
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

    last = data_of(output.op).op if _splits_columns(output) else output.op
    if not traits(last).adds and graph.weighted(last) is None:
        return None
    if not collect(output, ()) or not terms:
        return None
    depth = max(graph.depth(term.source) for term in terms)
    return Affine(output, tuple(terms), tuple(constants), scope, depth)


def _splits_columns(tensor: Any) -> bool:
    """Whether a `Split` of the last axis made the tensor."""
    if tensor.op.type != "Split" or tensor.shape.rank is None or tensor.shape[-1] is None:
        return False
    axis = tensorflow().get_static_value(tensor.op.inputs[0])
    return axis is not None and int(axis) % tensor.shape.rank == tensor.shape.rank - 1


def _columns_of(part: Any, whole: Any) -> Any:
    """Of weights or a bias the numbers that belong to a part of the columns: of all four an LSTM needs one."""
    size = int(whole.shape[-1]) // len(part.op.outputs)
    return whole[..., part.value_index * size : (part.value_index + 1) * size]


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
    is_whole = constant.shape.rank == 1 and constant.shape[0] == total.shape[-1]
    if is_whole and all(map(_splits_columns, after)):
        for moved in after:
            constant = _columns_of(moved, constant)
        return constant
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
