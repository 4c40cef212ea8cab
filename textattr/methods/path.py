"""The straight path from a baseline to the text, and how far inside the model it stays one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from textattr.followed import begun_at
from textattr.graph.envelope import at_places, steps_to_maximum, upper_envelope
from textattr.graph.frontier import Frontier, FrontierError
from textattr.graph.opaque import is_opaque
from textattr.graph.traits import traits
from textattr.methods.chunks import Chunk
from textattr.split.cut import Cut, Gradient, Run, Tensors, wide
from textattr.split.family import tensorflow
from textattr.split.row_memory import RowMemory
from textattr.split.sizes import sizes
from textattr.targets.target import TargetTensors

_CACHE = 4_000_000  # bytes of the numbers that one core steps through at once
_MOST_TIMES = 16  # as many rows as of all of the model: more at once are no faster


@dataclass(frozen=True, eq=False)
class Line:
    """Numbers of each row, from those of the baseline to those of the text.

    Args:
        start: float (R, ...), or (1, ...), which can be broadcast to it.
        end: float (R, ...).
        is_narrowed: whether these are those of many lines alone that can be their maximum, which is all that counts.
    """

    start: Any
    end: Any
    is_narrowed: bool = False

    def narrowed(self) -> Line:
        """Without the lines that can nowhere be their maximum, if that is all that the model reads; else the same."""
        steps = steps_to_maximum(self.end)
        if steps is None:
            return self
        is_clipped = bool(steps) and traits(steps[0]).clips
        places = upper_envelope(self.start, self.end, is_clipped=is_clipped)
        start, end = at_places(places, self.start, self.end)
        return Line(start, end, is_narrowed=True)

    def at(self, place: Place) -> Any:
        """The numbers at some places, (n, ...): start + a (end - start), and at the very end those of the text itself.

        Numbers that are equal at both ends stay so between: a maximum over them is shared, whatever is rounded.
        """
        start, end = self._ends(place)
        along, is_end = self._beside(place.along), self._beside(place.is_end)
        return self._of_copies(tensorflow().where(is_end, end, start + along * (end - start)))

    def behind_its_start(self, place: Place) -> Any:
        """As `at`, in fewer ops: end - (1 - a) (end - start), which where a = 0 is the start but for rounding.

        There it may tell apart what is equal, so that this is for places where a gradient counts nothing if a = 0.
        """
        tf = tensorflow()
        start, end = self._ends(place)
        way = tf.where(tf.equal(end, start), tf.zeros_like(end), end - start)  # both may be infinite
        return self._of_copies(end - self._beside(1 - place.along) * way)

    def _ends(self, place: Place) -> tuple[Any, Any]:
        """Start and end of each row of a chunk, (rows, 1, ...)."""
        tf = tensorflow()
        start = self.start if self.start.shape[0] == 1 else tf.gather(self.start, place.chunk.rows)
        return tf.expand_dims(start, 1), tf.expand_dims(tf.gather(self.end, place.chunk.rows), 1)

    def _beside(self, numbers: Any) -> Any:
        """A number of each copy, with axes for those of a row: (copies, 1, ...)."""
        tf = tensorflow()
        numbers = numbers if numbers.dtype == tf.bool else tf.cast(numbers, self.end.dtype)
        return tf.reshape(numbers, [-1, *[1] * (self.end.shape.rank - 1)])

    def _of_copies(self, numbers: Any) -> Any:
        tf = tensorflow()
        flat = tf.reshape(numbers, [-1, *sizes(self.end)[1:]])
        return tf.ensure_shape(flat, [None, *self.end.shape[1:]])


@dataclass(frozen=True, eq=False)
class Place:
    """Places on the path: where the copies of a chunk are.

    Args:
        chunk: the copies.
        along: float (copies,): how far along it, from 0 to 1.
        is_end: bool (copies,): whether that is the text itself, to the last digit.
    """

    chunk: Chunk
    along: Any
    is_end: Any


class Path(Protocol):
    """What is stepped along.

    `lines` is what gradients are taken at: the vectors, or what the model makes of them.
    """

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is a straight line all along the path."""

    @property
    def pieces(self) -> int:
        """How many of the lines lie behind the vectors."""

    def gradient(self, targets: TargetTensors, place: Place) -> Gradient:
        """The pass there and back at some places, with the gradient at the lines for that at the vectors."""

    def at_once(self, batch_size: Any) -> Any:
        """How many places to run at once, of as many as `batch_size` says at most: int scalars."""

    def back(self, sums: Tensors) -> Tensors:
        """From a sum of gradients (R, ...) at the lines to that at the vectors, (R, P, D) for each site of text."""


@dataclass(frozen=True, eq=False)
class AtVectors:
    """The whole model is run at every place.

    Args:
        cut: the model.
        lines: of the vectors of each site of text.
    """

    cut: Cut
    lines: tuple[Line, ...]
    pieces: int = 0

    def gradient(self, targets: TargetTensors, place: Place) -> Gradient:
        """One pass there and back through all of the model."""
        return self.cut.gradient(targets, place.chunk.row, tuple(line.at(place) for line in self.lines))

    def at_once(self, batch_size: Any) -> Any:
        """As many as are allowed."""
        return batch_size

    def back(self, sums: Tensors) -> Tensors:
        """They are there."""
        return sums


@dataclass(frozen=True, eq=False)
class BehindFrontier:
    """What lies before the affine frontier is run at both ends alone, and gone back through once.

    Args:
        cut: the model.
        vectors: the lines of the vectors.
        lines: those of the pieces of the frontier.
        run: the pass over the text, whose entries and pieces these are.
        share: how many rows behind the frontier make as much on their way as one does on all of it: a whole number,
            or a tensor of one.
    """

    cut: Cut
    vectors: tuple[Line, ...]
    lines: tuple[Line, ...]
    run: Run
    share: Any

    @property
    def pieces(self) -> int:
        """All of them."""
        return len(self.lines)

    def gradient(self, targets: TargetTensors, place: Place) -> Gradient:
        """One pass there and back through what lies behind.

        Raises:
            FrontierError: where the model read the vectors past the frontier that it had before.
        """
        tf = tensorflow()
        points = [line.behind_its_start(place) for line in self.lines]
        vectors = tuple(tf.gather(line.end, place.chunk.row) for line in self.vectors)
        with begun_at(points, self.cut, targets, place.chunk.row, vectors) as (run, value):
            if any(
                line.is_narrowed and steps_to_maximum(point) is None
                for line, point in zip(self.lines, points, strict=True)
            ):
                raise FrontierError("the model reads more than a maximum")
            found = tf.gradients(value, [*points, *run.entries, *run.others])
        past = found[len(points) : len(points) + len(run.entries)]
        if any(gradient is not None for gradient in past):
            raise FrontierError("the score depends on vectors that are not behind the frontier")
        here = tuple(map(_dense, found[: len(points)], points))
        others = tuple(map(_dense, found[len(points) + len(run.entries) :], run.others))
        return Gradient(run, self.cut.classes(run, targets), value, here, others)

    def at_once(self, batch_size: Any) -> Any:
        """As many as make no more than `batch_size` of all of the model do, of which one alone stays alone.

        And no more than the caches of the processor hold: what is left of a model often reads a number again.
        """
        tf = tensorflow()
        row = tf.add_n([tf.size(line.end[:1]) * line.end.dtype.size for line in self.lines])
        as_large = tf.where(batch_size > 1, batch_size * self.share, 1)
        room = min(_CACHE * _cores(), tf.int32.max)
        return tf.maximum(1, tf.minimum(as_large, room // tf.maximum(1, row)))

    def back(self, sums: Tensors) -> Tensors:
        """The transpose of what lies before the frontier."""
        tf = tensorflow()
        pieces = [line.end for line in self.lines]
        found = tf.gradients(pieces, list(self.run.entries), list(sums))
        return self.cut.at_vectors(map(_dense, found, self.run.entries), self.run)


def paths(
    cut: Cut, run: Run, baselines: Tensors, frontier: Frontier | None, *, narrows: bool
) -> Iterator[Path]:
    """Graph code: ways to step from the baselines to the text, the fastest first, of which the last always works.

    Where it `narrows` them, of many lines those alone are stepped along that can be the maximum that the model reads;
    how many these are is known when it runs.
    """
    tf = tensorflow()
    starts = [tf.ensure_shape(baseline, [1, None, None]) for baseline in baselines]
    vectors = tuple(
        Line(tf.cast(start, wide(v).dtype), wide(v)) for start, v in zip(starts, run.vectors, strict=True)
    )
    if frontier is not None and _is_ahead(frontier, run):
        share = share_of_rest(frontier, run)
        whole = tuple(tf.broadcast_to(line.start, tf.shape(line.end)) for line in vectors)
        entries = zip(run.entries, cut.entries(whole, run), strict=True)
        pieces = frontier.at({entry.ref(): start for entry, start in entries})
        lines = tuple(map(Line, pieces, frontier.pieces))
        if narrows:
            lines = tuple(line.narrowed() for line in lines)
        yield BehindFrontier(cut, vectors, lines, run, share)
    yield AtVectors(cut, vectors)


def _cores() -> int:
    """Among how many cores TensorFlow divides an op."""
    threads = int(tensorflow().config.threading.get_intra_op_parallelism_threads())
    if threads:
        return threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_of_rest(frontier: Frontier, run: Run) -> Any:
    """How many rows behind the frontier make as much on their way as one of all of it: a whole number, or a tensor.

    At least 1, which it is where loops or calls of functions lie behind, and at most 16.
    """
    tf = tensorflow()
    ops = tf.compat.v1.get_default_graph().get_operations()
    rest = [op for op in ops if frontier.is_behind(op)]
    if any(map(is_opaque, rest)):
        return 1
    length = tf.cast(tf.reduce_max([sizes(vectors)[1] for vectors in run.vectors]), tf.float64)
    in_all, in_rest = (RowMemory.of(each).bytes(length) for each in (ops, rest))
    return tf.cast(tf.clip_by_value(tf.math.divide_no_nan(in_all, in_rest), 1, _MOST_TIMES), tf.int32)


def _is_ahead(frontier: Frontier, run: Run) -> bool:
    """Whether to step there. In half precision the model rounds what it makes of the vectors, which bends the line."""
    is_exact = all(tensor.dtype.size >= 4 for tensor in (*run.entries, *frontier.pieces))
    return is_exact and frontier.is_ahead


def _dense(gradient: Any, like: Any) -> Any:
    tf = tensorflow()
    return tf.zeros_like(like) if gradient is None else tf.convert_to_tensor(gradient)
