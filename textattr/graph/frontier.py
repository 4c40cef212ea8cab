"""The affine frontier: how far a straight line of vectors stays one inside a model.

From the vectors on, what is affine in them is followed while the model is traced. Where the first op that is not reads
such a tensor, this is a piece of the frontier: on a line from one text to another it goes straight from one end to the
other. So its ends are all that must be known of it, and of what lies before it.

Nothing is copied to find it: an op that reads a piece may be given a stand-in. Custom gradients, loops and whatever
else lies behind stay what they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from textattr.graph.affine import is_affine
from textattr.graph.copied import copied, remade
from textattr.graph.row_axis import RowAxis, row_axis_after
from textattr.graph.traits import traits, traits_of
from textattr.keras_private import each_new_op

_LARGEST = 32  # times the vectors: what is larger costs more to keep than to make anew


class FrontierError(Exception):
    """Two traces of a model have not the same frontier."""


class Frontier:
    """What one trace of a model shows of its frontier.

    Args:
        stand_ins: what is read in place of each piece, in the order in which they are found; None: the piece itself.
    """

    def __init__(self, stand_ins: Sequence[Any] | None = None) -> None:
        self.pieces: list[Any] = []
        self._stand_ins = stand_ins
        self._axes: dict[Any, RowAxis] = {}  # where the rows are, of what is affine in the vectors
        self._worth: set[Any] = set()  # what of it took products or sums to make
        self._read: dict[Any, Any] = {}  # what is read in place of it
        self._behind: set[Any] = set()
        self._size = (0, 0)  # of the largest vectors
        self._is_complete = False

    def start(self, vectors: Any, axis: RowAxis = RowAxis.FIRST) -> None:
        """Follow what the model makes of a tensor of vectors, in which the rows are there."""
        self._axes[vectors.ref()] = axis
        self._size = max(self._size, _size(vectors))

    def block(self, numbers: Any) -> None:
        """What reads these numbers counts as bent: their share is not that of a line."""
        self._behind.add(numbers.ref())

    @contextmanager
    def followed(self, graph: Any) -> Iterator[None]:
        """Follow what is made in a graph inside the `with`: the model, its score and its gradient."""
        with each_new_op(graph, self._make):
            yield

    def complete(self, last: Any) -> Any:
        """There are no more pieces than these, and the last tensor, if a line leads to it: what is read in its place.

        What is made from now on, as gradients are, reads stand-ins wherever it can.

        Raises:
            FrontierError: where the pieces are not as many as the stand-ins.
        """
        found = self._stand_in(last)
        self._is_complete = True
        if self._stand_ins is not None and len(self.pieces) != len(self._stand_ins):
            raise FrontierError(f"expected {len(self._stand_ins)} pieces, found {len(self.pieces)}")
        return found

    @property
    def is_ahead(self) -> bool:
        """Whether it took products or sums to come to some piece; without, as much is to be done at the vectors."""
        return any(piece.ref() in self._worth for piece in self.pieces)

    def is_behind(self, op: Any) -> bool:
        """Whether an op of the trace makes something of what is no line any more, or of a piece."""
        return any(output.ref() in self._behind for output in op.outputs)

    def at(self, vectors: Mapping[Any, Any]) -> list[Any]:
        """The pieces as they are for other vectors, these given by the reference of those that were followed."""
        made = dict(vectors)
        return [remade(piece, made, self.moves) for piece in self.pieces]

    def one_at(self, piece: Any, vectors: Mapping[Any, Any]) -> Any:
        """Likewise one of the pieces, made of these vectors alone."""
        return remade(piece, dict(vectors), self.moves)

    def _make(
        self, create: Callable[..., Any], kind: str, inputs: list[Any], *args: Any, **kwargs: Any
    ) -> Any:
        moving = [at for at, tensor in enumerate(inputs) if self.moves(tensor)]
        is_behind = any(tensor.ref() in self._behind for tensor in inputs)
        if traits_of(kind).sizes or not (moving or is_behind):
            return create(kind, inputs, *args, **kwargs)
        if moving and not is_behind and not self._is_complete and is_affine(kind, inputs, moving):
            op = create(kind, inputs, *args, **kwargs)
            if _has_own_gradient(op):
                self._behind.update(output.ref() for output in op.outputs)
            else:
                self._follow(op, moving)
            return op
        read = [self._stand_in(each) if at in moving else each for at, each in enumerate(inputs)]
        op = create(kind, read, *args, **kwargs)
        self._behind.update(output.ref() for output in op.outputs)
        return op

    def moves(self, tensor: Any) -> bool:
        """Whether a straight line of vectors makes the tensor go along one."""
        return tensor.ref() in self._axes

    def _follow(self, op: Any, moving: Sequence[int]) -> None:
        axis = row_axis_after(op, moving, self._axes)
        known = traits(op)
        takes_work = (
            known.contracts or known.reduces or any(op.inputs[at].ref() in self._worth for at in moving)
        )
        for output in op.outputs:
            self._axes[output.ref()] = axis
            if takes_work:
                self._worth.add(output.ref())

    def _may_be_cut(self, tensor: Any) -> bool:
        return self._axes[tensor.ref()] is RowAxis.FIRST and self._is_small(tensor) and not self._is_complete

    def _is_small(self, tensor: Any) -> bool:
        unknown, known = _size(tensor)
        return unknown <= self._size[0] and known <= _LARGEST * self._size[1]

    def _stand_in(self, tensor: Any) -> Any:
        """What is read in place of a tensor; itself, where no line leads to it."""
        key = tensor.ref()
        if not self.moves(tensor):
            return tensor
        if key not in self._read:
            self._read[key] = self._new_piece(tensor) if self._may_be_cut(tensor) else self._made_anew(tensor)
        return self._read[key]

    def _new_piece(self, tensor: Any) -> Any:
        self.pieces.append(tensor)
        if self._stand_ins is None:
            return tensor
        if len(self.pieces) > len(self._stand_ins):
            raise FrontierError(f"expected {len(self._stand_ins)} pieces, found another: {tensor.op.type}")
        found = self._stand_ins[len(self.pieces) - 1]
        if found.dtype != tensor.dtype or not found.shape.is_compatible_with(tensor.shape):
            raise FrontierError(f"expected {found.shape} in place of {tensor.op.type}, of {tensor.shape}")
        return found

    def _made_anew(self, tensor: Any) -> Any:
        """From stand-ins of what it was made of: it has no rows to cut it by. Vectors that no op made stay."""
        op = tensor.op
        if not any(map(self.moves, op.inputs)):
            return tensor
        inputs = [self._stand_in(each) for each in op.inputs]
        if all(new is old for new, old in zip(inputs, op.inputs, strict=True)):
            return tensor
        made = copied(op, inputs)
        self._read.update((old.ref(), new) for old, new in zip(op.outputs, made, strict=True))
        return made[tensor.value_index]


def _has_own_gradient(op: Any) -> bool:
    """Whether `Graph.gradient_override_map` gave it one, which need be no transpose.

    That is known when the op is there, and has read what it read: who steps behind the frontier finds the way past it.
    """
    return "_gradient_op_type" in op.node_def.attr


def _size(tensor: Any) -> tuple[int, int]:
    """Of one row: how many axes have an unknown length, and how many numbers the others make."""
    if not tensor.shape.rank:
        return 99, 1
    sizes = tensor.shape.as_list()[1:]
    return sizes.count(None), math.prod(size for size in sizes if size is not None)
