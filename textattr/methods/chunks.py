"""Many copies of each row, run a chunk at a time inside the graph, and summed up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from textattr.split.family import tensorflow
from textattr.split.sizes import sizes

Tensors = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some copies of some rows, the same of each: n = rows * copies in all, those of one row together.

    Args:
        rows: int32 (rows,), one after the other.
        copies: int32 (copies,), likewise; beyond the last that one again.
        counts: bool (copies,): which of them are not beyond it.
    """

    rows: Any
    copies: Any
    counts: Any

    @cached_property
    def row(self) -> Any:
        """The row of each, int32 (n,)."""
        return self._of_each(tensorflow().expand_dims(self.rows, 1))

    @cached_property
    def copy(self) -> Any:
        """Which copy each is, int32 (n,)."""
        return self._of_each(self.copies)

    def split(self, tensor: Any) -> Any:
        """A tensor (n, ...) as (rows, copies, ...)."""
        return tensorflow().reshape(tensor, [*self._sizes, *sizes(tensor)[1:]])

    def flat(self, tensor: Any) -> Any:
        """A tensor (n, ...) as (rows, copies, numbers)."""
        return tensorflow().reshape(tensor, [*self._sizes, -1])

    def summed(self, tensor: Any) -> Any:
        """A tensor (n, ...), summed over the copies of each row: (rows, ...)."""
        tf = tensorflow()
        parts = self.split(tensor)
        counts = tf.reshape(self.counts, [1, -1, *[1] * (parts.shape.rank - 2)])
        return tf.reduce_sum(tf.where(counts, parts, tf.zeros_like(parts)), 1)

    @cached_property
    def _sizes(self) -> tuple[Any, Any]:
        """How many rows and how many copies."""
        return tensorflow().size(self.rows), tensorflow().size(self.copies)

    def _of_each(self, numbers: Any) -> Any:
        """Numbers (rows, 1) or (copies,), as (n,)."""
        tf = tensorflow()
        return tf.reshape(tf.broadcast_to(numbers, tf.stack(self._sizes)), [-1])


@dataclass(frozen=True, eq=False)
class Copies:
    """How many copies of each row there are, what each counts, and how many are run at once.

    Args:
        shares: float tensor (copies, K): what each copy counts in each of K sums. Of what counts nothing in any of
            them nothing is added, even of NaN: a norm has no slope at 0.
        at_once: int scalar tensor.
    """

    shares: Any
    at_once: Any

    def sums(
        self, contribution: Callable[[Chunk], tuple[Tensors, Tensors]], plain: Tensors, weighed: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Sum what the copies give, row by row.

        A loop in the graph runs some rows at a time with all their copies, or one row with some of its copies, and adds
        to the sums of these rows alone: memory grows with the results, and no copy is made of them. All chunks are of
        one size, so that XLA can compile the loop.

        Args:
            contribution: graph code, from a chunk to two tuples of tensors (n, ...): what is summed as it is, and what
                is summed by the shares.
            plain, weighed: tensors (R, ...), of whose shapes and dtypes these are for each row.

        Returns:
            tensors (R, ...) for the first, (R, K, ...) for the second.
        """
        tf = tensorflow()
        rows, copies = sizes(plain[0])[0], sizes(self.shares)[0]
        blocks = _ceil(rows, tf.maximum(1, self.at_once // copies))
        rows_at_once = _ceil(rows, blocks)
        parts = _ceil(copies, self.at_once)
        copies_at_once = _ceil(copies, parts)

        def step(number: Any, *kept: Any) -> Tensors:
            block, first = number // parts, number % parts * copies_at_once
            row = tf.minimum(block * rows_at_once + tf.range(rows_at_once), rows - 1)
            copy = first + tf.range(copies_at_once)
            chunk = Chunk(row, tf.minimum(copy, copies - 1), copy < copies)
            plainly, by_share = contribution(chunk)
            new = [*map(chunk.summed, plainly), *self._weighed(by_share, chunk)]
            added = (
                array.write(block, array.read(block) + part) for array, part in zip(kept, new, strict=True)
            )
            return (number + 1, *added)

        arrays = [
            *(_zeros(like, blocks, [rows_at_once]) for like in plain),
            *(_zeros(like, blocks, [rows_at_once, self._count]) for like in weighed),
        ]
        _, *arrays = tf.while_loop(
            lambda number, *_: number < blocks * parts, step, (0, *arrays), parallel_iterations=1
        )
        found = tuple(_one_below_the_other(array)[:rows] for array in arrays)
        return found[: len(plain)], found[len(plain) :]

    @property
    def _count(self) -> int:
        count: int = self.shares.shape[1]
        return count

    def _weighed(self, parts: Tensors, chunk: Chunk) -> list[Any]:
        """By one product of matrices each: (n, ...) -> (rows, K, ...)."""
        tf = tensorflow()
        shares = tf.gather(self.shares, chunk.copies)
        shares = tf.where(chunk.counts[:, None], shares, tf.zeros_like(shares))
        counts = tf.reduce_any(shares != 0, 1)
        flat = [chunk.flat(part) for part in parts]
        flat = tf.cond(
            tf.reduce_all(counts), lambda: flat, lambda: [tf.where(counts[:, None], each, 0) for each in flat]
        )
        found = []
        for part, each in zip(parts, flat, strict=True):
            summed = tf.matmul(tf.cast(shares, each.dtype)[None], each, transpose_a=True)
            found.append(tf.reshape(summed, [-1, self._count, *sizes(part)[1:]]))
        return found


def _ceil(number: Any, by: Any) -> Any:
    """The quotient of two positive whole numbers, rounded up."""
    return -(-number // by)


def _one_below_the_other(array: Any) -> Any:
    """The tensors (rows, ...) of an array, which are of one shape; `concat` of these XLA cannot compile."""
    stacked = array.stack()
    return tensorflow().reshape(stacked, [-1, *sizes(stacked)[2:]])


def _zeros(like: Any, blocks: Any, leading: list[Any]) -> Any:
    """For a tensor (R, ...), an array of `blocks` tensors of zeros, (*leading, ...)."""
    tf = tensorflow()
    zeros = tf.zeros(tf.stack([blocks, *leading, *sizes(like)[1:]]), like.dtype)
    known = [each if isinstance(each, int) else None for each in leading]
    array = tf.TensorArray(like.dtype, blocks, element_shape=[*known, *like.shape[1:]], infer_shape=False)
    return array.unstack(tf.ensure_shape(zeros, [None, *known, *like.shape[1:]]))
