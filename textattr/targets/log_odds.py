"""Log-odds, log p - log(1 - p): the score of which the sigmoid is the probability."""

from __future__ import annotations

from typing import Any

from textattr.split.family import tensorflow


def of_logits(logits: Any) -> Any:
    """Graph code: the log-odds of each class of a softmax, z_c - log sum of exp(z_k) over the others, float (..., C).

    For two classes that is the difference of their logits. For more it is exact where one class has nearly all of the
    probability: the best class is compared with the others alone, each of the others has half of it at most.

    Args:
        logits: float (..., C), C >= 2.
    """
    tf = tensorflow()
    if logits.shape[-1] == 2:
        return _times(logits, [[1, -1], [-1, 1]])
    is_best = tf.cast(tf.one_hot(tf.argmax(logits, -1), logits.shape[-1]), bool)
    without = tf.where(is_best, tf.constant(-float("inf"), logits.dtype), logits)
    others = tf.reduce_logsumexp(without, -1, keepdims=True)
    chance = tf.where(is_best, tf.zeros_like(logits), tf.nn.softmax(logits))
    behind = tf.nn.log_softmax(logits) - tf.math.log1p(-chance)
    return tf.where(is_best, logits - others, behind)


def rest_of(logits: Any, classes: Any) -> Any:
    """Graph code: what one class of a softmax is against, log sum of exp(z_k) over all other classes, float (R,).

    Made of ops that every method knows how to go back through.

    Args:
        logits: float (R, C).
        classes: int32 (R,): one of each row.
    """
    tf = tensorflow()
    _, count = tf.unstack(tf.shape(logits))
    others = (classes[:, None] + tf.range(1, count)) % count
    return tf.reduce_logsumexp(tf.gather(logits, others, batch_dims=1), -1)


def of_probabilities(probabilities: Any) -> Any:
    """Graph code: log p - log(1 - p) of each class by itself, float (..., C)."""
    tf = tensorflow()
    return tf.math.log(probabilities) - tf.math.log1p(-probabilities)


def _times(numbers: Any, matrix: list[list[int]]) -> Any:
    """Numbers (..., C) times a matrix (C, C): one op there and one back, where sums of columns take thirty."""
    tf = tensorflow()
    by = tf.constant(matrix, numbers.dtype)
    if len(numbers.shape) == 2:
        return tf.matmul(numbers, by)
    return tf.reshape(tf.matmul(tf.reshape(numbers, [-1, len(matrix)]), by), tf.shape(numbers))
