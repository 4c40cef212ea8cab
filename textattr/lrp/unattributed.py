"""Where relevance went that did not reach the vectors: per row, while the walk goes on."""

from __future__ import annotations

from typing import Any

from textattr.split.family import tensorflow


class Unattributed:
    """What biases, positions, first states and the constants of expansions took, as sums per row.

    Args:
        rows: int scalar tensor: how many rows there are.
        dtype: of the sums.
    """

    def __init__(self, rows: Any, dtype: Any) -> None:
        self.rows = rows
        self.dtype = dtype
        self._bias: list[Any] = []
        self._positions: list[Any] = []
        self._states: list[Any] = []
        self._expansions: list[Any] = []

    def bias(self, constant: Any, quotient: Any = None) -> None:
        """Note what constants took of the relevance of an op.

        Args:
            constant: shaped as the op's output, or broadcastable to it.
            quotient: relevance per unit of the output, to be multiplied with the constant; None: the constant is
                relevance itself.
        """
        self._bias.append(self._taken(constant, quotient))

    def positions(self, constant: Any, quotient: Any) -> None:
        """Note what numbers took that tell of places in the text: as `bias`, but different from place to place."""
        self._positions.append(self._taken(constant, quotient))

    def _taken(self, constant: Any, quotient: Any) -> Any:
        tf = tensorflow()
        if quotient is None:
            return self.per_row(constant)
        if constant.shape.rank == 1 and constant.shape[0] not in (None, 1):
            if quotient.shape.rank == 2:  # no steps to sum up first
                return self.per_row(
                    tf.matmul(tf.cast(quotient, self.dtype), tf.cast(constant, self.dtype)[:, None])
                )
            # first the sum over the steps: far fewer numbers are multiplied then
            shape = tf.stack([self.rows, -1, constant.shape[0]])
            summed = tf.reduce_sum(tf.reshape(tf.cast(quotient, self.dtype), shape), 1)
            return tf.linalg.matvec(summed, tf.cast(constant, self.dtype))
        return self.per_row(constant * quotient)

    def took(self, sums: Any) -> None:
        """Note what constants took inside a loop: float (R,)."""
        self._bias.append(sums)

    def state(self, left: Any) -> None:
        """Note the relevance that was left in the first state of a recurrent layer."""
        self._states.append(self.per_row(left))

    def expansion(self, kept: Any) -> None:
        """Note the relevance that the constant of a Taylor expansion keeps."""
        self._expansions.append(self.per_row(kept))

    def per_row(self, tensor: Any) -> Any:
        """The sum of all that belongs to a row: (R,)."""
        tf = tensorflow()
        if tensor.dtype.is_complex:
            tensor = tf.math.real(tensor) + tf.math.imag(tensor)
        flat = tf.reshape(tf.cast(tensor, self.dtype), tf.stack([self.rows, -1]))
        return tf.reduce_sum(flat, 1)

    @property
    def nothing(self) -> Any:
        """Zeros (R,)."""
        return tensorflow().zeros([self.rows], self.dtype)

    @property
    def biases(self) -> Any:
        """What constants took: (R,)."""
        return tensorflow().add_n(self._bias or [self.nothing])  # in a loop each op counts

    @property
    def by_position(self) -> Any:
        """What positions took: (R,); None where nothing in the model tells of them."""
        return tensorflow().add_n(self._positions) if self._positions else None

    @property
    def accounted(self) -> Any:
        """All of it together, as far as it is noted: (R,)."""
        noted = (*self._bias, *self._positions, *self._states, *self._expansions)
        return tensorflow().add_n([self.nothing, *noted])

    @property
    def expansions(self) -> Any:
        """What constants of expansions kept: (R,); None where nothing was expanded."""
        return tensorflow().add_n(self._expansions) if self._expansions else None

    @property
    def states(self) -> Any:
        """What first states took: (R,)."""
        return tensorflow().add_n([self.nothing, *self._states])
