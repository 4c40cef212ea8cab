"""Copies of texts, of which some vectors are replaced: three ways to run them, which have the same scores.

Where a model reads the maximum of its convolutions and nothing else, a copy need not run through these again. If what
it leaves out stands close together, it is run on a few positions in place of all; if not, what the tokens and what is
put in give to each position is added up.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.graph.reach import Reach
from textattr.perturbation.maxima import Convolved, Maxima, widest
from textattr.split.cut import Cut, Run
from textattr.split.family import tensorflow
from textattr.split.sizes import sizes
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]

_MANY = 16  # copies of a text: what is found out beforehand of what changes takes a few
_CLOSE = 4  # times as long as what is left out a text must be for that


class Gaps(Enum):
    """What copies of texts leave out."""

    ANY = "any"
    CLOSE = "close"  # positions close together, if any
    OF_FEW_TEXTS = "of few texts"  # any, of many copies of each text

    @classmethod
    def of(cls, rows: Array, stays: Sequence[Array]) -> Gaps:
        """What can be said of copies.

        Args:
            rows: int (N,): which text each is a copy of.
            stays: for each site of text bool (N, P): which vectors stay.
        """
        if len(rows) < _MANY * len(np.unique(rows)):
            return cls.ANY
        if all(_CLOSE * _widest(stay) <= stay.shape[1] for stay in stays):
            return cls.CLOSE
        return cls.OF_FEW_TEXTS


def _widest(stays: Array) -> int:
    """How many positions lie between the first and the last that a row (N, P) leaves out, these included, at most."""
    gone = ~stays
    spans = gone.shape[1] - gone.argmax(1) - gone[:, ::-1].argmax(1)
    return int(spans[gone.any(1)].max(initial=0))


@dataclass(frozen=True, eq=False)
class Copies(ABC):
    """Copies of the texts of a run, of which some vectors are replaced.

    Args:
        batch_size: int32 scalar in the graph: how many are a chunk, where the whole model is run on each.
    """

    batch_size: Any

    def at_once(self, stays: Sequence[Any]) -> Any:  # noqa: ARG002  (what is left out makes some copies smaller)
        """Graph code: how many to run at once; `stays` tells of all copies what `scores` is told of some."""
        return self.batch_size

    def end(self, start: Any, size: Any, rows: Any) -> Any:
        """Graph code: where a chunk ends that starts there, of `size` copies at most; `rows` says of which texts."""
        tf = tensorflow()
        return tf.minimum(start + size, tf.size(rows))

    @abstractmethod
    def scores(self, row: Any, stays: Sequence[Any], targets: TargetTensors) -> tuple[Run, Any]:
        """Graph code: the run of some copies, and what is attributed, float (n,).

        Args:
            row: int (n,): which text each is a copy of.
            stays: for each site of text which vectors stay, bool (n, P, 1), or which of their numbers, (n, P, D).
            targets: one for each copy.
        """


@dataclass(frozen=True, eq=False)
class WholeCopies(Copies):
    """The whole model is run on each copy.

    Args:
        cut: the model.
        run: the pass over the whole texts.
        fillings: for each site of text what stands in place of the vectors left out, float (1, P or 1, D or 1).
    """

    cut: Cut
    run: Run
    fillings: Sequence[Any]

    def scores(self, row: Any, stays: Sequence[Any], targets: TargetTensors) -> tuple[Run, Any]:
        """By putting vectors in."""
        tf = tensorflow()
        vectors = tuple(
            tf.where(stay, tf.gather(true, row), filling)
            for stay, true, filling in zip(stays, self.run.vectors, self.fillings, strict=True)
        )
        copies = self.cut.run(row, vectors)
        return copies, self.cut.value(copies, targets)


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts of which there are copies.

    Args:
        rows: int (R',): which rows of the inputs these are.
        of: int (n,): of which of these texts each copy is.
    """

    rows: Any
    of: Any


@dataclass(frozen=True, eq=False)
class _BehindMaxima(Copies):
    """Copies that are run behind convolutions.

    Args:
        maxima: the model.
    """

    maxima: Maxima

    @property
    def most_texts(self) -> Any:
        """Of how many texts the terms may be there at once: they are no larger than a chunk of whole copies."""
        return tensorflow().maximum(1, self.batch_size // passes_of(widest(self.maxima.pieces)))

    def end(self, start: Any, size: Any, rows: Any) -> Any:
        """Where another text would be one too many."""
        tf = tensorflow()
        row = rows[start : super().end(start, size, rows)]
        texts = tf.cumsum(tf.cast(tf.not_equal(row, tf.concat([row[:1], row[:-1]], 0)), tf.int32))
        return start + tf.reduce_sum(tf.cast(texts < self.most_texts, tf.int32))

    def scores(self, row: Any, stays: Sequence[Any], targets: TargetTensors) -> tuple[Run, Any]:
        """By what is put in place of the convolutions. Where their terms are not finite, it is not known: NaN."""
        tf = tensorflow()
        texts = Texts(*tf.unique(row))
        points, are_finite = [], []
        for piece in self.maxima.pieces:
            terms = self.maxima.terms(piece, texts.rows)
            are_finite.append(tf.reduce_all(tf.math.is_finite(terms)))
            points.append(self.point(piece, terms, texts, stays[piece.site][..., 0]))
        run, value = self.maxima.begun_at(points, row, targets)
        return run, tf.where(tf.reduce_all(are_finite), value, tf.cast(math.nan, value.dtype))

    @abstractmethod
    def point(self, piece: Convolved, terms: Any, texts: Texts, stays: Any) -> Any:
        """Graph code: what stands in place of a piece, float (n, K, F), whatever K is: the model reads the maximum.

        Args:
            piece: the piece.
            terms: what tokens give to it, as `Maxima.terms` has it.
            texts: which these are.
            stays: bool (n, P): which vectors stay.
        """


def passes_of(width: int) -> int:
    """How many copies of a text are as large as its terms, where positions read so many tokens."""
    return 2 * (width + 2)


@dataclass(frozen=True, eq=False)
class NearCopies(_BehindMaxima):
    """What changes near the tokens left out is put in place of all positions, with the largest of those that do not."""

    def at_once(self, stays: Sequence[Any]) -> Any:
        """So many that they hold no more numbers than a chunk of whole ones."""
        tf = tensorflow()
        few, many = [], []
        for piece in self.maxima.pieces:
            count, channels = sizes(piece.tensor)[1], piece.tensor.shape[2]
            _, size = _changed(stays[piece.site][..., 0], piece.reach, count)
            few.append((size * (piece.reach.width + 4) + 2) * channels)
            many.append(count * channels)
        return tf.maximum(1, tf.add_n(many) // tf.add_n(few)) * self.batch_size

    def point(self, piece: Convolved, terms: Any, texts: Texts, stays: Any) -> Any:
        """K positions that change, and the K + 1 largest of all, of which one at least does not.

        Those of the largest that change are replaced by one that is there anyway, which leaves the maximum as it is.
        """
        tf = tensorflow()
        width, channels = piece.reach.width, piece.tensor.shape[2]
        whole = tf.gather(piece.tensor, texts.rows)
        count = sizes(whole)[1]
        start, size = _changed(stays, piece.reach, count)
        positions = start[:, None] + tf.range(size)
        stay = tf.gather(stays, self.maxima.tokens(piece, positions), batch_dims=1)
        put_in = tf.size(texts.rows) * width
        passes = tf.range(width) + tf.where(stay, texts.of[:, None, None] * width, put_in)
        passes = tf.concat([passes, tf.fill(tf.shape(passes[..., :1]), put_in + width)], -1)
        parts = tf.gather(tf.reshape(terms, [-1, channels]), passes * count + positions[..., None])
        changed = tf.reduce_sum(parts, 2)
        largest = tf.math.top_k(tf.transpose(whole, [0, 2, 1]), tf.minimum(size + 1, count))
        value, at = (tf.gather(tf.transpose(each, [0, 2, 1]), texts.of) for each in largest)
        is_other = (at < start[:, None, None]) | (at >= (start + size)[:, None, None])
        points = tf.concat([changed, tf.where(is_other, value, changed[:, :1])], 1)
        return tf.ensure_shape(points, [None, None, channels])


@dataclass(frozen=True, eq=False)
class SwappedCopies(_BehindMaxima):
    """Of one text: what tokens and what is put in give to each position is added up, and the maximum put in place."""

    @property
    def most_texts(self) -> Any:
        """One, however much room there is."""
        return 1

    def point(self, piece: Convolved, terms: Any, texts: Texts, stays: Any) -> Any:
        """The largest of all positions."""
        tf = tensorflow()
        terms = tf.transpose(terms, [1, 0, 2])
        tokens = self.maxima.tokens(piece, tf.range(sizes(terms)[0]))
        stay = tf.transpose(tf.gather(stays, tokens, axis=1), [1, 0, 2])
        counts = tf.cast(tf.concat([stay, ~stay, tf.ones_like(stay[..., :1])], -1), terms.dtype)
        largest = tf.reduce_max(tf.matmul(counts, terms), 0)
        # one position, of which the graph does not know that: the model may ask for as many as there were
        return tf.reshape(largest, tf.stack([-1, tf.size(texts.rows), piece.tensor.shape[2]]))


def _changed(stays: Any, reach: Reach, count: Any) -> tuple[Any, Any]:
    """Graph code: of `count` positions the first that changes in each copy, int32 (n,), and how many may, for all."""
    tf = tensorflow()
    gone, length = tf.cast(~stays, tf.int32), sizes(stays)[1]
    first = tf.argmax(gone, 1, tf.int32)
    last = tf.where(tf.reduce_all(stays, 1), first, length - 1 - tf.argmax(gone[:, ::-1], 1, tf.int32))
    start, end = (tf.clip_by_value(each, 0, count - 1) for each in (first - reach.last, last - reach.first))
    size = 1 + tf.reduce_max(end - start)
    return tf.minimum(start, count - size), size
