"""Products and quotients of what differs between the runs: each factor with the mean of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.graph.linear import LINEAR, sum_to
from textattr.graph.routing import MOVES, data_of
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.deeplift.paired_op import PairedOp


def multiply(step: PairedOp, multiplier: Any) -> list[Any]:
    """X y - x0 y0 = (y + y0)/2 (x - x0) + (x + x0)/2 (y - y0); a factor that divides goes by `_divided`."""
    if all(step.varies):
        for at in (0, 1):
            if _divides(step, step.op.inputs[1 - at]):
                return _divided(step, multiplier, at)
    found = [multiplier * step.mean(1) if step.varies[0] else None, None]
    found[1] = multiplier * step.mean(0) if step.varies[1] else None
    return [None if m is None else sum_to(m, t) for m, t in zip(found, step.op.inputs, strict=True)]


def _divides(step: PairedOp, tensor: Any) -> bool:
    """Whether a factor is one over something, perhaps bounded or times a weight: normalisations multiply by such."""
    while step.pairs.vary(tensor):
        if tensor.op.type in ("Rsqrt", "Reciprocal", "Inv"):
            return True
        if tensor.op.type in ("Mul", "Minimum", "Maximum"):
            varying = [t for t in tensor.op.inputs if step.pairs.vary(t)]
            if len(varying) > 1:
                return False
            (tensor,) = varying
        elif tensor.op.type in MOVES:
            tensor = data_of(tensor.op)
        else:
            return False
    return False


def _divided(step: PairedOp, multiplier: Any, at: int) -> list[Any]:
    """The product y = x r as the quotient x / s, s = 1 / r, by way of x = y s.

    x - x0 = (s + s0)/2 (y - y0) + (y + y0)/2 (s - s0) gives y - y0 = 2 r r0 / (r + r0) (x - x0) + (y + y0) / (r + r0)
    (r - r0). With (r + r0) / 2 for the first, a baseline without variance (zero), where r0 is as large as one over the
    root of the normalisation's epsilon, would give multipliers as large.
    """
    tf = tensorflow()
    r, r0 = step.x(1 - at), step.x0(1 - at)
    share = tf.math.divide_no_nan(tf.ones_like(r), r + r0)
    found = [multiplier * (2 * r * r0 * share), multiplier * (step.y + step.y0) * share]
    return [sum_to(found[i != at], step.op.inputs[i]) for i in (0, 1)]


def quotient(step: PairedOp, multiplier: Any) -> list[Any]:
    """Y = a / b by way of a = y b, so that y - y0 = ((a - a0) - (y + y0)/2 (b - b0)) / ((b + b0)/2).

    Where the sign of b differs between the runs, as the product with the reciprocal of b.
    """
    tf = tensorflow()
    if not step.varies[1]:
        zero = tf.zeros_like(multiplier)
        b = step.x(1) + zero
        return [sum_to(tf.math.divide_no_nan(multiplier, b), step.x(0)), None]
    a, a0, b, b0 = step.x(0), step.x0(0), step.x(1), step.x0(1)
    over, over0 = (tf.math.divide_no_nan(tf.ones_like(each), each) for each in (b, b0))
    is_alike = b * b0 > 0
    alike = 2 / tf.where(is_alike, b + b0, tf.ones_like(b))
    of_a = multiplier * tf.where(is_alike, alike, (over + over0) / 2)
    change = (a + a0) / 2 * tf.math.divide_no_nan(over - over0, b - b0)
    of_b = multiplier * tf.where(is_alike, -(step.y + step.y0) / 2 * alike, change)
    return step.each([sum_to(of_a, a), sum_to(of_b, b)])


def matrix_product(step: PairedOp, multiplier: Any) -> list[Any]:
    """As a product of numbers; the transpose of the op takes the multipliers back."""
    linear, found = LINEAR[step.op.type], [None] * len(step.op.inputs)
    for at, data in enumerate(linear.data):
        if step.varies[data]:
            other = step.mean(linear.weights[at])
            found[data] = linear.back(step.op, multiplier, other, step.op.inputs[data], at)
    return found
