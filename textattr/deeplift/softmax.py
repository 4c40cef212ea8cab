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
    mean = _slope_of_exp(step, step.y, step.y0)
    share = _shares(mean)
    return [mean * (multiplier - tf.reduce_sum(share * multiplier, -1, keepdims=True))]


def log_softmax(step: PairedOp, multiplier: Any) -> list[Any]:
    """U = z - L(z): m_z = m - q sum m."""
    tf = tensorflow()
    share = _shares(_slope_of_exp(step, tf.exp(step.y), tf.exp(step.y0)))
    return [multiplier - share * tf.reduce_sum(multiplier, -1, keepdims=True)]


def _slope_of_exp(step: PairedOp, p: Any, p0: Any) -> Any:
    tf = tensorflow()
    u, u0 = (tf.nn.log_softmax(z) for z in (step.x(), step.x0()))
    return logarithmic_mean(p, p0, u - u0)  # of what is masked in both runs, u may be minus infinity


def _shares(mean: Any) -> Any:
    tf = tensorflow()
    return tf.math.divide_no_nan(mean, tf.reduce_sum(mean, -1, keepdims=True))
