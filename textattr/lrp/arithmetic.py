"""Sums, differences and choices between tensors that are added, subtracted or compared number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.graph.linear import sum_to
from textattr.lrp.rule import divide
from textattr.split.cut import wide
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.lrp.ops import Step


def add(step: Step, relevance: Any) -> list[Any]:
    """Each part gets what it added, whatever the rule of the layer."""
    return _share(step, [wide(t) for t in step.inputs], relevance)


def subtract(step: Step, relevance: Any) -> list[Any]:
    """As for a sum, with the second part's sign turned. So too for the square of a difference."""
    first, second = step.inputs
    return _share(step, [wide(first), -wide(second)], relevance, wide(first) - wide(second))


def _share(step: Step, parts: list[Any], relevance: Any, total: Any = None) -> list[Any]:
    total = wide(step.outputs[0]) if total is None else total
    constants = [part for part, carries in zip(parts, step.carries, strict=True) if not carries]
    dependent = [part for part, carries in zip(parts, step.carries, strict=True) if carries]
    shared = step.rule.total(dependent, sum(constants) if constants else None, total, relevance)
    if shared.bias is not None:
        given = [t for t, carries in zip(step.inputs, step.carries, strict=True) if not carries]
        is_placed = any(_differs_by_place(tensor, step.outputs[0]) for tensor in given)
        (step.unattributed.positions if is_placed else step.unattributed.bias)(*shared.bias)
    found = iter(shared.terms)
    return [
        sum_to(next(found), tensor) if carries else None
        for tensor, carries in zip(step.inputs, step.carries, strict=True)
    ]


def _differs_by_place(constant: Any, total: Any) -> bool:
    """Whether what is added is another for each place in the text, which is the second axis, and so no mere bias."""
    if total.shape.rank is None or constant.shape.rank is None or total.shape.rank < 3:
        return False
    axis = 1 - (total.shape.rank - constant.shape.rank)
    return bool(axis >= 0 and constant.shape[axis] != 1)


def choose(step: Step, relevance: Any) -> list[Any]:
    """Maximum and Minimum: the winner takes all, equal ones share. Against a constant it is an activation."""
    if sum(step.carries) == 1:
        return [sum_to(relevance, t) if c else None for t, c in zip(step.inputs, step.carries, strict=True)]
    tf = tensorflow()
    won = [tf.cast(tf.equal(t, step.outputs[0]), relevance.dtype) for t in step.inputs]
    share = relevance / tf.add_n(won)
    return [sum_to(w * share, t) for w, t in zip(won, step.inputs, strict=True)]


def first_of(step: Step, relevance: Any) -> list[Any]:
    """Functions of their first input: relevance passes."""
    return [
        step.rule.activation(step.inputs[0], step.outputs[0], relevance),
        *[None] * (len(step.inputs) - 1),
    ]


def select(step: Step, relevance: Any) -> list[Any]:
    """Where: relevance goes to the side that was taken."""
    tf = tensorflow()
    nothing = tf.zeros_like(relevance)
    taken = (tf.where(step.inputs[0], relevance, nothing), tf.where(step.inputs[0], nothing, relevance))
    return [None, *(sum_to(r, t) for r, t in zip(taken, step.inputs[1:], strict=True))]


def normalise(step: Step, relevance: Any, *_: Any) -> list[Any]:
    """A fused normalisation, y = (x - mean) m + c: c takes its part of the relevance as a bias.

    In inference the mean is a constant as well, and stands in c. Otherwise it is that of x over all axes but that of
    the channels, and each of its parts gets what it took off; the deviation is a constant all the same.
    """
    tf = tensorflow()
    x, scale, offset, mean, variance = (wide(t) for t in step.inputs)
    epsilon, is_last = step.op.get_attr("epsilon"), step.op.get_attr("data_format") == b"NHWC"
    quotient = divide(relevance, wide(step.outputs[0]))
    if not is_last:
        scale, offset, mean, variance = (t[:, None, None] for t in (scale, offset, mean, variance))
    if not step.op.get_attr("is_training"):
        times = scale * tf.math.rsqrt(variance + epsilon)
        step.unattributed.bias(offset - mean * times, quotient)
        return [x * times * quotient, None, None, None, None]
    axes = [0, 1, 2] if is_last else [0, 2, 3]
    times = scale * tf.math.rsqrt(tf.math.reduce_variance(x, axes, keepdims=True) + epsilon)
    step.unattributed.bias(offset, quotient)
    passed = times * quotient
    return [x * (passed - tf.reduce_mean(passed, axes, keepdims=True)), None, None, None, None]
