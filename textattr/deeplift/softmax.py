"""Softmax: the exponential of z less the logarithm of their sum, by its slope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.deeplift.slopes import logarithmic_mean
from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.deeplift.paired_op import PairedOp


def softmax(step: PairedOp, multiplier: Any) -> list[Any]:
    """P = exp(u) with u = z - L(z), L = log sum exp: m_z = l (m - sum q m), q = l / sum l.

    l = (p - p0) / (u - u0), the logarithmic mean of p and p0, is the slope of exp. The changes of p sum to 0, so that
    L - L0 = sum q (z - z0): nothing is lost, and what is added to all z alike counts nothing. For p = p0 this is the
    gradient.
    """
    tf = tensorflow()
    u, u0 = (tf.nn.log_softmax(z) for z in (step.x(), step.x0()))
    # of what is masked in both runs, u may be minus infinity
    mean = logarithmic_mean(step.y, step.y0, u - u0)
    whole, shared = (tf.reduce_sum(each, -1, keepdims=True) for each in (mean, mean * multiplier))
    return [mean * (multiplier - tf.math.divide_no_nan(shared, whole))]


def log_softmax(step: PairedOp, multiplier: Any) -> list[Any]:
    """U = z - L(z): m_z = m - q sum m."""
    tf = tensorflow()
    mean = logarithmic_mean(tf.exp(step.y), tf.exp(step.y0), step.y - step.y0)
    whole, given = (tf.reduce_sum(each, -1, keepdims=True) for each in (mean, multiplier))
    return [multiplier - mean * tf.math.divide_no_nan(given, whole)]
