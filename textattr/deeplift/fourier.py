"""Complex numbers, which Fourier transforms make: multipliers of the real part, and of the imaginary part times i."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.graph.complex_numbers import COMPLEX
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.deeplift.paired_op import PairedOp


def is_foreign(op: Any) -> bool:
    """Whether an op computes with complex numbers, and other things than these rules speak of."""
    is_complex = any(tensor.dtype.is_complex for tensor in (*op.inputs, *op.outputs))
    return is_complex and op.type not in COMPLEX


def by_gradient(step: PairedOp, multiplier: Any) -> list[Any]:
    """All of them are linear in the two parts, and TensorFlow's gradient packs its parts in the same way."""
    inputs = list(step.op.inputs)
    return step.each(tensorflow().gradients(step.op.outputs[0], inputs, multiplier))


def cast(step: PairedOp, multiplier: Any) -> list[Any]:
    """To a complex number, or from one, goes the real part alone."""
    tf = tensorflow()
    was_complex, is_complex = (tensor.dtype.is_complex for tensor in (*step.op.inputs, *step.op.outputs))
    if was_complex == is_complex:
        return [multiplier]
    return [tf.math.real(multiplier) if is_complex else tf.complex(multiplier, tf.zeros_like(multiplier))]
