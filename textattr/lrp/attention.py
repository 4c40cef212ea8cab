"""The rule of AttnLRP: what it says of products and of softmax, by which attention weights take part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textattr.checks import LARGEST, number
from textattr.lrp.affine import Affine
from textattr.lrp.factors import GATE, SCALE, SIGNAL
from textattr.lrp.rule import Rule, Shared, equally
from textattr.lrp.rules import Epsilon
from textattr.split.family import tensorflow


@dataclass(frozen=True)
class AttnLRP(Rule):
    """Both factors of a product share, and softmax is the linear function that touches it where it stands.

    Of a product each factor gets half: of what attention passes on, values half, queries and keys a quarter each. A
    softmax s of x passes on R_i = x_i (R_i - s_i sum_j R_j), its Taylor expansion of first order, whose constant keeps
    the rest: relevance is not conserved there, by design. Deviations are constants, activations pass relevance, layers
    with weights follow `Epsilon`. Achtibat et al. 2024, https://arxiv.org/abs/2402.05602.

    Args:
        epsilon: not negative, in the unit of a layer's output.

    Example:
        >>> AttnLRP()
        AttnLRP(epsilon=0.0)
    """

    epsilon: float = 0.0

    def __post_init__(self) -> None:
        number("epsilon", self.epsilon, least=0, most=LARGEST)

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """z_ij / (z_j + epsilon s_j)."""
        return Epsilon(self.epsilon).affine(affine, relevance)

    def product(self, factors: Sequence[str]) -> list[float]:
        """Half each; a scale gets nothing beside another factor."""
        return equally(factors, SIGNAL, GATE) if set(factors) != {SCALE} else equally(factors, SCALE)

    def softmax_slope(self, weights: Any, axes: Any, relevance: Any) -> Any:
        """R_i - s_i sum R."""
        return relevance - weights * tensorflow().reduce_sum(relevance, axes, keepdims=True)
