"""Ops that are linear in what differs between the runs, and choices by a condition: multipliers are their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.graph.linear import sum_to
from textattr.graph.windows import kept_shape, window_of
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.deeplift.paired_op import PairedOp


def add(step: PairedOp, multiplier: Any) -> list[Any]:
    """Each part of a sum counts once."""
    return step.each([sum_to(multiplier, tensor) for tensor in step.op.inputs])


def add_bias(step: PairedOp, multiplier: Any) -> list[Any]:
    """What a bias is added to."""
    return step.only(0, multiplier)


def subtract(step: PairedOp, multiplier: Any) -> list[Any]:
    """The second part counts less than nothing."""
    first, second = step.op.inputs
    return step.each([sum_to(multiplier, first), sum_to(-multiplier, second)])


def negate(step: PairedOp, multiplier: Any) -> list[Any]:  # noqa: ARG001
    """-x."""
    return [-multiplier]


def total(step: PairedOp, multiplier: Any) -> list[Any]:
    """Sum over axes."""
    return step.only(0, _spread(step, multiplier))


def total_of_segments(step: PairedOp, multiplier: Any) -> list[Any]:
    """UnsortedSegmentSum, the sum of each row of a ragged tensor."""
    return step.only(0, tensorflow().gather(multiplier, step.op.inputs[1]))


def mean(step: PairedOp, multiplier: Any) -> list[Any]:
    """Mean over axes: the sum over their count."""
    tf = tensorflow()
    count = tf.size(step.op.inputs[0]) / tf.maximum(tf.size(step.op.outputs[0]), 1)
    return step.only(0, _spread(step, multiplier / tf.cast(count, step.dtype)))


def _spread(step: PairedOp, multiplier: Any) -> Any:
    tf = tensorflow()
    x, axes = step.op.inputs
    spread = tf.broadcast_to(tf.reshape(multiplier, kept_shape(x, axes)), tf.shape(x))
    return tf.ensure_shape(spread, x.shape)


def average_windows(step: PairedOp, multiplier: Any) -> list[Any]:
    """AvgPool."""
    tf = tensorflow()
    x = step.op.inputs[0]
    sizes = tf.shape(x)
    back = tf.raw_ops.AvgPoolGrad(orig_input_shape=sizes, grad=multiplier, **window_of(step.op))
    return [tf.ensure_shape(back, x.shape)]


def running_total(step: PairedOp, multiplier: Any) -> list[Any]:
    """Cumsum: a number counts in all sums that come after it."""
    op = step.op
    turned = {"exclusive": op.get_attr("exclusive"), "reverse": not op.get_attr("reverse")}
    return step.only(0, tensorflow().cumsum(multiplier, op.inputs[1], **turned))


def select(step: PairedOp, multiplier: Any) -> list[Any]:
    """Where c, a, else b: as c a + (1 - c) b, a sum of two products, with the condition as a number."""
    tf = tensorflow()
    nothing = tf.zeros_like(multiplier)
    if not step.varies[0]:
        condition, _, _ = step.op.inputs
        taken = [nothing, tf.where(condition, multiplier, nothing), tf.where(condition, nothing, multiplier)]
    else:
        chance = step.mean(0) + nothing
        stake = step.mean(1) - step.mean(2)
        is_changed = tf.not_equal(step.x(0), step.x0(0))
        stake = tf.where(is_changed, multiplier * stake, nothing)
        taken = [stake, multiplier * chance, multiplier * (1 - chance)]
    return step.each([sum_to(m, t) for m, t in zip(taken, step.op.inputs, strict=True)])
