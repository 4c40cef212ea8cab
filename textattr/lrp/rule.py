"""`Rule`: the methods that every rule has, and the arithmetic that they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textattr.lrp.affine import Affine
from textattr.lrp.factors import GATE, SCALE, SIGNAL
from textattr.split.family import tensorflow

Shares = list[Any]


@dataclass(frozen=True, eq=False)
class Shared:
    """What a rule did with the relevance of one op.

    Args:
        terms: the relevance of each input, shaped as that input.
        bias: what stands beside the terms, and the relevance per unit of the output: their product is what it took;
            None where it took nothing.
        vanishes: whether the relevance of an input is surely 0 where the input is 0.
    """

    terms: Shares
    bias: tuple[Any, Any] | None = None
    vanishes: bool = False


def took(constant: Any, quotient: Any) -> tuple[Any, Any] | None:
    """What a bias took, where there is one."""
    return None if constant is None else (constant, quotient)


class Rule(ABC):
    """How relevance goes back through layers with weights. The other methods serve what stands between them."""

    @abstractmethod
    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """Share the relevance of z = sum of x W + b out over the x."""

    def total(self, parts: Sequence[Any], constant: Any, total: Any, relevance: Any) -> Shared:
        """Share the relevance of a sum out over its parts, all of one shape: the z-rule, R_k = x_k R / z.

        Args:
            parts: what is added up.
            constant: what is added and does not depend on the text; None where there is nothing.
            total: the sum.
            relevance: of the sum.
        """
        quotient = divide(relevance, total)
        return Shared([part * quotient for part in parts], took(constant, quotient))

    def activation(self, before: Any, after: Any, relevance: Any) -> Any:  # noqa: ARG002  (a rule may ask for them)
        """The relevance of what goes into an element-wise function: all of it passes."""
        return relevance

    def chance(self, logit: Any, slope: Any) -> Any:
        """What the logit of a one-unit sigmoid starts with where its probability is explained: logit * slope."""
        return logit * slope

    def product(self, factors: Sequence[str]) -> list[float]:
        """Which part of a product's relevance each factor gets: signals share equally, gates and scales get nothing.

        Args:
            factors: for each whether it is a `SIGNAL`, a `GATE` or a `SCALE`; where there is no signal, gates share.
        """
        return equally(factors, next((kind for kind in (SIGNAL, GATE) if kind in factors), SCALE))

    def softmax_slope(self, weights: Any, axes: Any, relevance: Any) -> Any:  # noqa: ARG002
        """Relevance per unit of what goes into a softmax; None: all passes, each number gets that of its weight.

        Args:
            weights: what comes out.
            axes: along which they sum to 1.
            relevance: theirs.
        """
        return None


def equally(factors: Sequence[str], *kinds: str) -> list[float]:
    """Equal parts for the factors of these kinds, nothing for the others."""
    count = sum(kind in kinds for kind in factors)
    return [1 / count if kind in kinds else 0.0 for kind in factors]


def divide(relevance: Any, total: Any) -> Any:
    """Relevance per unit of the output; 0 where the output is 0."""
    return tensorflow().math.divide_no_nan(relevance, total)


def stable_quotient(relevance: Any, total: Any, epsilon: float) -> Any:
    """R / (z + epsilon sign(z)), where sign(0) = 1."""
    if not epsilon:
        return divide(relevance, total)
    return relevance / away_from_zero(total, epsilon)


def away_from_zero(total: Any, epsilon: float) -> Any:
    """Z + epsilon sign(z), where sign(0) = 1."""
    tf = tensorflow()
    size, twice = (tf.constant(float(each), total.dtype) for each in (epsilon, 2 * epsilon))
    # not by `where`, which takes three times as long to choose between single numbers
    return total + (tf.cast(total >= 0, total.dtype) * twice - size)


def above(tensor: Any) -> Any:
    """The positive part."""
    return tensorflow().nn.relu(tensor)


def below(tensor: Any) -> Any:
    """The negative part, not above 0."""
    return tensorflow().minimum(tensor, tensorflow().zeros([], tensor.dtype))
