"""Where relevance went that did not reach the vectors: per row, while the walk goes on."""

from __future__ import annotations

from typing import Any

from textattr.split.family import tensorflow


class Ledger:
    """What biases and first states took, as sums per row.

    Args:
        rows: int scalar tensor: how many rows there are.
        dtype: of the sums.
    """

    def __init__(self, rows: Any, dtype: Any) -> None:
        self.rows = rows
        self.dtype = dtype
        self._bias: list[Any] = []
        self._states: list[Any] = []

    def bias(self, taken: Any) -> None:
        """Note what constants took of the relevance of an op: shaped as its output."""
        self._bias.append(self.per_row(taken))

    def took(self, sums: Any) -> None:
        """Note what constants took inside a loop: float (R,)."""
        self._bias.append(sums)

    def state(self, left: Any) -> None:
        """Note the relevance that was left in the first state of a recurrent layer."""
        self._states.append(self.per_row(left))

    def per_row(self, tensor: Any) -> Any:
        """The sum of all that belongs to a row: (R,)."""
        tf = tensorflow()
        flat = tf.reshape(tf.cast(tensor, self.dtype), tf.stack([self.rows, -1]))
        return tf.reduce_sum(flat, 1)

    @property
    def nothing(self) -> Any:
        """Zeros (R,)."""
        return tensorflow().zeros([self.rows], self.dtype)

    @property
    def biases(self) -> Any:
        """What constants took: (R,)."""
        return tensorflow().add_n([self.nothing, *self._bias])

    @property
    def states(self) -> Any:
        """What first states took: (R,)."""
        return tensorflow().add_n([self.nothing, *self._states])
