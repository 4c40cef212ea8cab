"""Fourier transforms, which mix the words in FNet: linear, on numbers of two parts that carry relevance each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.lrp.rule import divide
from textattr.split.cut import wide
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.lrp.ops import Step


def transform(step: Step, relevance: Any) -> list[Any]:
    """Y = F x, linear in the real and the imaginary parts of x: the z-rule, from parts to parts."""
    tf = tensorflow()
    x, y = step.inputs[0], step.outputs[0]
    back = tf.gradients(y, x, _each_part(divide, relevance, y))[0]
    return [_each_part(tf.multiply, x, back)]


def _each_part(function: Any, a: Any, b: Any) -> Any:
    tf = tensorflow()
    return tf.complex(*(function(part(a), part(b)) for part in (tf.math.real, tf.math.imag)))


def joined(step: Step, relevance: Any) -> list[Any]:  # noqa: ARG001
    """A complex number made of two real ones: each gets that of its part."""
    tf = tensorflow()
    return [tf.math.real(relevance), tf.math.imag(relevance)]


def real_part(step: Step, relevance: Any) -> list[Any]:  # noqa: ARG001
    """The real part of a complex number."""
    tf = tensorflow()
    return [tf.complex(relevance, tf.zeros_like(relevance))]


def cast(step: Step, relevance: Any) -> list[Any]:
    """The same number in another type; where it becomes complex or stops being so, its real part."""
    tf = tensorflow()
    was_complex, is_complex = (t.dtype.is_complex for t in (step.inputs[0], step.outputs[0]))
    if was_complex == is_complex:
        is_last = step.graph.is_start(step.inputs[0])  # there, none of the digits of a wider model is lost
        return [relevance if is_complex or is_last else tf.cast(relevance, wide(step.inputs[0]).dtype)]
    return [tf.math.real(relevance)] if is_complex else real_part(step, relevance)


def imaginary_part(step: Step, relevance: Any) -> list[Any]:  # noqa: ARG001
    """The imaginary part of a complex number."""
    tf = tensorflow()
    return [tf.complex(tf.zeros_like(relevance), relevance)]
