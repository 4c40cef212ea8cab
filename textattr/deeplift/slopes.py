"""Functions of one number at a time: the slope between baseline and text, instead of the derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from textattr.deeplift.replay import replayed
from textattr.graph.copied import copied
from textattr.graph.linear import sum_to
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.deeplift.paired_op import PairedOp
    from textattr.graph.dependence import Graph

_DIGITS = 2  # units in the last place that rounding may take from a number
# Between numbers, and between derivatives, that differ by less than this part, a function is as good as straight.
_NEAR = 0.01
# A formula for what is nearer is as exact as the quotient is here.
_NEAR_EXP = {"float32": 0.3, "float64": 1e-3}
_NEAR_ERF = {"float32": 0.2, "float64": 0.01}


def slope(step: PairedOp, source: Any, graph: Graph) -> Any:
    """Rescale, (y - y0) / (x - x0).

    Where x is close to x0, both differences are mostly rounding, and how one number was rounded, which the size of the
    batch can change, would show in the weights. So the few functions that most models are made of have a form
    that loses nothing there; of others it is the mean of two derivatives between x0 and x, at the points of Gauss and
    Legendre, where this gives y - y0 up to rounding. What that takes of y is known. What it took on the way to y, as
    of 1 + erf(x), may be as much as of x, which counts where the function is as good as straight; where it bends, the
    quotient is taken.

    Args:
        step: the op that ends the function.
        source: the tensor that the function takes, number by number, into the output of the op.
        graph: what is known of the run on the text.
    """
    tf = tensorflow()
    x, x0 = step.number(source), step.number(step.pairs.of(source))
    if step.op.type in CLOSED:
        return CLOSED[step.op.type](step, x, x0)
    way, gain = x - x0, step.y - step.y0
    quotient = tf.math.divide_no_nan(gain, way)
    if not (source.dtype.is_floating and step.op.outputs[0].dtype.is_floating):
        return quotient
    middle, apart = (x + x0) / 2, way / np.sqrt(12)
    one, other = (_derivative(step, source, at, graph) for at in (middle - apart, middle + apart))
    mean = (one + other) / 2
    of_x, of_y = tf.abs(x) + tf.abs(x0), tf.abs(step.y) + tf.abs(step.y0)
    is_straight = (tf.abs(way) < _NEAR * of_x) & (tf.abs(one - other) < _NEAR * tf.abs(one + other))
    sizes = of_y + of_x * tf.where(is_straight, tf.ones_like(mean), tf.abs(mean))
    rounding = _DIGITS * np.finfo(way.dtype.as_numpy_dtype).eps * sizes
    return tf.where(tf.abs(gain - mean * way) <= rounding, mean, quotient)


def _derivative(step: PairedOp, source: Any, at: Any, graph: Graph) -> Any:
    """That of the function where it takes `at`, shaped as that."""
    tf = tensorflow()
    place = tf.identity(tf.cast(at, source.dtype))
    found = tf.gradients(replayed(step.op.outputs[0], source, place, graph), place)[0]
    return tf.zeros_like(at) if found is None else step.number(found)


def _relu(step: PairedOp, x: Any, x0: Any) -> Any:
    """With y = max(x, 0): (y + y0) / (|x| + |x0|), which is (y - y0) / (x - x0) whatever the signs.

    Both positive: 1. Both negative: 0. One of each: the positive one over their distance. And there is no difference in
    it that rounding could take. Two zeros have a slope of 0.
    """
    tf = tensorflow()
    least = tf.constant(np.finfo(x.dtype.as_numpy_dtype).tiny, x.dtype)
    return (step.y + step.y0) / (tf.abs(x) + (tf.abs(x0) + least))


def _tanh(step: PairedOp, x: Any, x0: Any) -> Any:
    """With y = tanh(x): y - y0 = tanh(x - x0) (1 - y y0)."""
    tf = tensorflow()
    way = x - x0
    return tf.where(tf.equal(x, x0), tf.ones_like(x), tf.tanh(way) / way) * (1 - step.y * step.y0)


def _sigmoid(step: PairedOp, x: Any, x0: Any) -> Any:
    """With y = sigmoid(x): y - y0 = tanh((x - x0) / 2) (y (1 - y0) + y0 (1 - y))."""
    tf = tensorflow()
    half, y, y0 = (x - x0) / 2, step.y, step.y0
    both = y * (1 - y0) + y0 * (1 - y)
    return tf.where(tf.equal(x, x0), tf.ones_like(x), tf.tanh(half) / half) * (both / 2)


def _exp(step: PairedOp, x: Any, x0: Any) -> Any:
    """With y = exp(x): the logarithmic mean of y and y0."""
    return logarithmic_mean(step.y, step.y0, x - x0)


def logarithmic_mean(y: Any, y0: Any, way: Any) -> Any:
    """(y - y0) / way, the slope of exp, where way is the logarithm of y less that of y0.

    Where that is small, it is two thirds of the geometric mean and one third of the arithmetic one, but for a share of
    way^4 / 2880. Two zeros, of whose logarithms nothing can be taken, have the mean 0.
    """
    tf = tensorflow()
    near = tf.sqrt(y) * (tf.sqrt(y0) * (2 / 3)) + (y / 6 + y0 / 6)  # y0 may have one row for all of y
    return tf.where(tf.abs(way) > _NEAR_EXP[y.dtype.name], (y - y0) / way, near)


def _erf(step: PairedOp, x: Any, x0: Any) -> Any:
    """With y = erf(x)."""
    return _slope_of_erf(step.y - step.y0, x, x0)


def _erfc(step: PairedOp, x: Any, x0: Any) -> Any:
    """With y = 1 - erf(x)."""
    return -_slope_of_erf(step.y0 - step.y, x, x0)


def _slope_of_erf(gain: Any, x: Any, x0: Any) -> Any:
    """The mean of the derivative 2/sqrt(pi) exp(-t^2) from x0 to x, where they are near by its series.

    With m in the middle and h as half of the way that is the derivative at m times
    1 + h^2 (2 m^2 - 1) / 3 + h^4 (4 m^4 - 12 m^2 + 3) / 30 (and more, of h^6).
    """
    tf = tensorflow()
    way = x - x0
    m2, h2 = tf.square((x + x0) / 2), tf.square(way) / 4
    series = 1 + h2 * ((2 * m2 - 1) / 3 + h2 * (4 * m2 * (m2 - 3) + 3) / 30)
    near = 2 / np.sqrt(np.pi) * tf.exp(-m2) * series
    return tf.where(tf.abs(way) > _NEAR_ERF[x.dtype.name], gain / way, near)


# Functions of their first input, by the ops that are no more than they.
CLOSED = {"Relu": _relu, "Tanh": _tanh, "Sigmoid": _sigmoid, "Exp": _exp, "Erf": _erf, "Erfc": _erfc}


def square(step: PairedOp, multiplier: Any) -> list[Any]:
    """x^2 - x0^2 = (x + x0) (x - x0)."""
    return [multiplier * (step.x() + step.x0())]


def square_root(step: PairedOp, multiplier: Any) -> list[Any]:
    """With y^2 = x: (y + y0) (y - y0) = x - x0. A root that is 0 for both gets nothing, for nothing moved."""
    return [tensorflow().math.divide_no_nan(multiplier, step.y + step.y0)]


def reciprocal(step: PairedOp, multiplier: Any) -> list[Any]:
    """1/x - 1/x0 = -y y0 (x - x0)."""
    return [-multiplier * step.y * step.y0]


def reciprocal_root(step: PairedOp, multiplier: Any) -> list[Any]:
    """With 1/y^2 = x: the slope is -(y y0)^2 / (y + y0)."""
    both = step.y * step.y0
    return [-multiplier * both * (both / (step.y + step.y0))]


def squared_difference(step: PairedOp, multiplier: Any) -> list[Any]:
    """The square of d = a - b."""
    found = multiplier * (step.x(0) - step.x(1) + step.x0(0) - step.x0(1))
    return step.each([sum_to(found, step.x(0)), sum_to(-found, step.x(1))])


def of_two(step: PairedOp, multiplier: Any) -> list[Any]:
    """Any function f(a, b) of two numbers: what each adds is the mean over both orders of exchanging them.

    a adds (f(a, b0) - f(a0, b0) + f(a, b) - f(a0, b)) / 2; so the two add up to f(a, b) - f(a0, b0). A maximum or a
    comparison of two thoughts is among these.
    """
    (a, b), (a0, b0) = step.op.inputs, map(step.pairs.of, step.op.inputs)
    a_first, b_first = (step.number(copied(step.op, pair)[0]) for pair in ((a, b0), (a0, b)))
    added = (a_first - step.y0 + step.y - b_first) / 2, (b_first - step.y0 + step.y - a_first) / 2
    ways = step.x(0) - step.x0(0), step.x(1) - step.x0(1)
    found = [sum_to(multiplier * _over(part, way), way) for part, way in zip(added, ways, strict=True)]
    return step.each(found)


def _over(part: Any, way: Any) -> Any:
    """What was added per unit of the way; where nothing moved, nothing was added."""
    return tensorflow().math.divide_no_nan(part, way + tensorflow().zeros_like(part))


EXACT: dict[str, Callable[..., list[Any]]] = {
    "Square": square,
    "Sqrt": square_root,
    "Reciprocal": reciprocal,
    "Inv": reciprocal,
    "Rsqrt": reciprocal_root,
}
