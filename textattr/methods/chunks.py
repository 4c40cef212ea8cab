"""Many copies of each row, run a chunk at a time inside the graph, and summed up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textattr.split.family import tensorflow

Tensors = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some copies of some rows, the same of each: n = rows * copies in all, those of one row together.

    Args:
        rows: int32 (rows,), one after the other.
        copies: int32 (copies,), likewise.
    """

    rows: Any
    copies: Any

    @property
    def row(self) -> Any:
        """The row of each, int32 (n,)."""
        return tensorflow().repeat(self.rows, tensorflow().shape(self.copies)[0])

    @property
    def copy(self) -> Any:
        """Which copy each is, int32 (n,)."""
        return tensorflow().tile(self.copies, tensorflow().shape(self.rows))

    def split(self, tensor: Any) -> Any:
        """A tensor (n, ...) as (rows, copies, ...)."""
        tf = tensorflow()
        sizes = [tf.shape(self.rows)[0], tf.shape(self.copies)[0], *tf.unstack(tf.shape(tensor))[1:]]
        return tf.reshape(tensor, tf.stack(sizes))


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

        A loop in the graph runs some rows at a time with all their copies, or one row with some of its copies. What is
        carried through it is as small as that: memory grows with the results alone.

        Args:
            contribution: graph code, from a chunk to two tuples of tensors (n, ...): what is summed as it is, and what
                is summed by the shares.
            plain, weighed: tensors (R, ...), of whose shapes and dtypes these are for each row.

        Returns:
            tensors (R, ...) for the first, (R, K, ...) for the second.
        """
        tf = tensorflow()
        rows, copies, count = tf.shape(plain[0])[0], tf.shape(self.shares)[0], self.shares.shape[1]
        rows_at_once = tf.maximum(1, tf.minimum(self.at_once // copies, rows))
        copies_at_once = _ceil(copies, _ceil(copies, self.at_once))  # chunks of even size
        shapes = [like.shape for like in plain] + [_with_axis(like.shape, count) for like in weighed]

        def some_rows(start: Any, number: Any, *kept: Any) -> Tensors:
            row = tf.range(start, tf.minimum(start + rows_at_once, rows))

            def some_copies(first: Any, *sums: Any) -> Tensors:
                chunk = Chunk(row, tf.range(first, tf.minimum(first + copies_at_once, copies)))
                each, by_share = contribution(chunk)
                new = [
                    *(tf.reduce_sum(chunk.split(part), 1) for part in each),
                    *self._weighed(by_share, chunk),
                ]
                added = [s + tf.ensure_shape(part, s.shape) for s, part in zip(sums, new, strict=True)]
                return (first + copies_at_once, *added)

            nothing = [
                *(_zeros(like, tf.shape(row)) for like in plain),
                *(_zeros(like, tf.shape(row), count) for like in weighed),
            ]
            _, *sums = tf.while_loop(
                lambda first, *_: first < copies, some_copies, (0, *nothing), parallel_iterations=1
            )
            written = (array.write(number, s) for array, s in zip(kept, sums, strict=True))
            return (start + rows_at_once, number + 1, *written)

        arrays = [
            tf.TensorArray(
                like.dtype,
                _ceil(rows, rows_at_once),
                infer_shape=False,
                element_shape=[None, *shape[1:]],
            )
            for like, shape in zip((*plain, *weighed), shapes, strict=True)
        ]
        _, _, *arrays = tf.while_loop(
            lambda start, *_: start < rows, some_rows, (0, 0, *arrays), parallel_iterations=1
        )
        found = [tf.ensure_shape(a.concat(), shape) for a, shape in zip(arrays, shapes, strict=True)]
        return tuple(found[: len(plain)]), tuple(found[len(plain) :])

    def _weighed(self, parts: Tensors, chunk: Chunk) -> list[Any]:
        """By one product of matrices each: (n, ...) -> (rows, K, ...)."""
        tf = tensorflow()
        shares = tf.gather(self.shares, chunk.copies)
        counts = tf.reduce_any(shares != 0, 1)
        all_count = tf.reduce_all(counts)
        found = []
        for part in map(chunk.split, parts):
            flat = tf.reshape(part, tf.concat([tf.shape(part)[:2], [-1]], 0))
            flat = tf.cond(
                all_count, lambda flat=flat: flat, lambda flat=flat: tf.where(counts[:, None], flat, 0)
            )
            summed = tf.matmul(tf.transpose(tf.cast(shares, flat.dtype))[None], flat)
            sizes = [[-1, self.shares.shape[1]], tf.shape(part)[2:]]
            found.append(tf.reshape(summed, tf.concat(sizes, 0)))
        return found


def _ceil(number: Any, by: Any) -> Any:
    """The quotient of two positive whole numbers, rounded up."""
    return -(-number // by)


def _zeros(like: Any, rows: Any, count: int | None = None) -> Any:
    """For some rows of a tensor (R, ...), zeros (rows, ...), or (rows, count, ...)."""
    tf = tensorflow()
    beside = [] if count is None else [[count]]
    zeros = tf.zeros(tf.concat([rows, *beside, tf.shape(like)[1:]], 0), like.dtype)
    shape = like.shape if count is None else _with_axis(like.shape, count)
    return tf.ensure_shape(zeros, [None, *shape[1:]])


def _with_axis(shape: Any, count: int) -> Any:
    return tensorflow().TensorShape([shape[0], count, *shape[1:]])
