"""Rules that say more than how a layer with weights is treated: those of DeepExplain and of Arras et al."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textattr.checks import LARGEST, number
from textattr.lrp.affine import Affine
from textattr.lrp.rule import (
    Rule,
    Shared,
    away_from_zero,
    divide,
    stable_quotient,
    took,
)
from textattr.lrp.rules import Z
from textattr.split.family import tensorflow
from textattr.split.sizes import sizes


@dataclass(frozen=True)
class ActivationEpsilon(Rule):
    """The slope of an activation f at z becomes f(z) / (z + epsilon sign(z)); all else keeps its gradient.

    Ancona et al. 2018, https://arxiv.org/abs/1711.06104, table 1; as DeepExplain computes it, also for the gates of an
    LSTM, which get as much as what they let through.

    Args:
        epsilon: not negative, in the unit of z.

    Example:
        >>> ActivationEpsilon(1e-2)
        ActivationEpsilon(epsilon=0.01)
    """

    epsilon: float = 1e-4

    def __post_init__(self) -> None:
        number("epsilon", self.epsilon, least=0, most=LARGEST)

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """The gradient, times the input."""
        return Z().affine(affine, relevance)

    def activation(self, before: Any, after: Any, relevance: Any) -> Any:  # noqa: ARG002  (z tells all)
        """Z / (z + epsilon s) of it passes."""
        return relevance * stable_quotient(before, before, self.epsilon)

    def chance(self, logit: Any, slope: Any) -> Any:
        """The sigmoid is an activation like others: sigmoid(z) z / (z + epsilon s), for or against."""
        tf = tensorflow()
        return tf.sign(slope) * self.activation(logit, None, tf.sigmoid(logit))

    def product(self, factors: Sequence[str]) -> list[float]:
        """Each factor times its gradient: all, once for each."""
        return [1.0 for _ in factors]


@dataclass(frozen=True)
class EpsilonWithBias(Rule):
    """As `Epsilon`, with the bias and the stabiliser shared out over the inputs, times `bias_factor`.

    R_i = sum_j (x_i w_ij + bias_factor (b_j + epsilon s_j) / N) / (z_j + epsilon s_j) R_j, N the number of inputs:
    Arras et al. 2017, https://arxiv.org/abs/1706.07206, eq. 1.

    Args:
        epsilon: not negative, in the unit of z.
        bias_factor: 0: the bias keeps its part; 1: nothing is lost.

    Example:
        >>> EpsilonWithBias(1e-3, 1.0)
        EpsilonWithBias(epsilon=0.001, bias_factor=1.0)
    """

    epsilon: float = 0.001
    bias_factor: float = 0.0

    def __post_init__(self) -> None:
        number("epsilon", self.epsilon, least=0, most=LARGEST)
        number("bias_factor", self.bias_factor, least=-LARGEST, most=LARGEST)

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """By contribution, and what bias and stabiliser took by head."""
        tf = tensorflow()
        stable = away_from_zero(affine.total, self.epsilon)
        quotient = divide(relevance, stable)
        terms = [term.x * term.back(quotient) for term in affine.terms]
        if not self.bias_factor:
            return Shared(terms, took(affine.bias, quotient))
        kept = stable - affine.total
        rest = (kept if affine.bias is None else kept + affine.bias) * quotient
        pairs = [(term, tf.ones_like(term.w)) for term in affine.terms]
        heads = affine.sum([term.apply(tf.ones_like(term.x), ones) for term, ones in pairs])
        share = self.bias_factor * divide(rest, heads)
        terms = [r + term.back(share, ones) for r, (term, ones) in zip(terms, pairs, strict=True)]
        bias = None if affine.bias is None else (1 - self.bias_factor) * affine.bias
        return Shared(terms, took(bias, quotient))


@dataclass(frozen=True)
class EpsilonWithBiasInSums(EpsilonWithBias):
    """The same, for what recurrent cells add up too: there, N counts all units of all parts.

    Example:
        >>> EpsilonWithBiasInSums()
        EpsilonWithBiasInSums(epsilon=0.001, bias_factor=0.0)
    """

    def total(self, parts: Sequence[Any], constant: Any, total: Any, relevance: Any) -> Shared:
        """A sum as a layer with weights 1."""
        tf = tensorflow()
        stable = away_from_zero(total, self.epsilon)
        quotient = divide(relevance, stable)
        terms = [part * quotient for part in parts]
        if not self.bias_factor:
            return Shared(terms, took(constant, quotient))
        kept = stable - total
        rest = (kept if constant is None else kept + constant) * quotient
        units = tf.cast(len(parts) * sizes(total)[-1], total.dtype)
        share = self.bias_factor * tf.reduce_sum(rest, -1, keepdims=True) / units
        left = None if constant is None else (1 - self.bias_factor) * constant
        return Shared([r + share for r in terms], took(left, quotient))
