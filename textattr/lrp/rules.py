"""The rules: how the relevance of a layer's output is shared out over its inputs. Plain data, and one formula each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.checks import LARGEST, choice, finite_array, number
from textattr.errors import OptionError
from textattr.lrp.affine import Affine
from textattr.lrp.quotients import quotients
from textattr.lrp.rule import Rule, Shared, above, below, divide, took
from textattr.split.family import tensorflow


@dataclass(frozen=True)
class Z(Rule):
    """Every input gets what it adds to the output: R_i = sum_j x_i w_ij / z_j R_j, z_j = sum_i x_i w_ij + b_j.

    Bach et al. 2015, https://doi.org/10.1371/journal.pone.0130140, eq. 56. With ReLU and max-pooling alone this is
    gradient times input. Where an output is 0, its relevance is dropped.

    Example:
        >>> Z()
        Z()
    """

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """z_ij / z_j."""
        return _by_part(affine, relevance, 0.0)


@dataclass(frozen=True)
class Epsilon(Rule):
    """As `Z`, with the denominator moved away from 0: R_i = sum_j x_i w_ij / (z_j + epsilon sign(z_j)) R_j.

    Bach et al. 2015, eq. 58. What is weak and contradictory is absorbed; the larger epsilon, the more.

    Args:
        epsilon: not negative, in the unit of the layer's output; sign(0) = 1.

    Raises:
        OptionError: for a negative epsilon.

    Example:
        >>> Epsilon(1e-2)
        Epsilon(epsilon=0.01)
    """

    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        number("epsilon", self.epsilon, least=0, most=LARGEST)

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """z_ij / (z_j + epsilon s_j)."""
        return _by_part(affine, relevance, self.epsilon)


def _by_part(affine: Affine, relevance: Any, epsilon: float) -> Shared:
    """x_i sum_j w_ij q_j, with the quotients q = R / (z + epsilon sign(z))."""
    quotient, of_bias = quotients(affine, relevance, epsilon)
    terms = [term.x * term.back(quotient) for term in affine.terms]
    return Shared(terms, took(affine.bias, of_bias), vanishes=True)


@dataclass(frozen=True)
class Gamma(Rule):
    """Positive weights count more: as `Z`, with w + gamma max(w, 0) for w, and likewise for the bias.

    Montavon et al. 2019, https://doi.org/10.1007/978-3-030-28954-6_10, section 10.2.3.

    Args:
        gamma: not negative; 0 is `Z`.

    Raises:
        OptionError: for a negative gamma.

    Example:
        >>> Gamma(0.25)
        Gamma(gamma=0.25)
    """

    gamma: float = 0.25

    def __post_init__(self) -> None:
        number("gamma", self.gamma, least=0, most=LARGEST)

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """x_i (w_ij + gamma w_ij+) / sum."""
        weights = [term.w + self.gamma * above(term.w) for term in affine.terms]
        bias = None if affine.bias is None else affine.bias + self.gamma * above(affine.bias)
        total = affine.sum([t.apply(t.x, w) for t, w in zip(affine.terms, weights, strict=True)], bias)
        quotient = divide(relevance, total)
        terms = [t.x * t.back(quotient, w) for t, w in zip(affine.terms, weights, strict=True)]
        return Shared(terms, took(bias, quotient))


@dataclass(frozen=True)
class AlphaBeta(Rule):
    """Positive and negative contributions apart: R_i = sum_j (alpha z+_ij / z+_j - beta z-_ij / z-_j) R_j.

    z+_ij and z-_ij are the positive and negative parts of x_i w_ij, z+_j and z-_j their sums over i with the bias:
    Bach et al. 2015, eq. 60. Programs differ in what becomes of the bias.

    Args:
        alpha: weight of what speaks for the output.
        beta: weight of what speaks against it; alpha - beta = 1. May be negative.
        bias: "whole": the bias stands in both sums (iNNvestigate); "split": its positive part in one, its
            negative part in the other (Bach et al., the LRP toolbox); "ignore": in neither.

    Raises:
        OptionError: where alpha - beta is not 1, or for another word.

    Example:
        >>> AlphaBeta(2, 1, bias="split")
        AlphaBeta(alpha=2, beta=1, bias='split')
    """

    alpha: float = 2
    beta: float = 1
    bias: str = "whole"

    def __post_init__(self) -> None:
        number("alpha", self.alpha, least=-LARGEST, most=LARGEST)
        number("beta", self.beta, least=-LARGEST, most=LARGEST)
        if abs(self.alpha - self.beta - 1) > 1e-6:
            raise OptionError(
                f"alpha - beta must be 1, got alpha={self.alpha!r} and beta={self.beta!r}: "
                f"beta={self.alpha - 1!r} fits this alpha"
            )
        choice("bias", self.bias, ("whole", "split", "ignore"))

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """Alpha times the positive side, less beta times the negative side."""
        bias = None if self.bias == "ignore" else affine.bias
        sides = [
            (self.alpha, 1, bias if bias is None or self.bias == "whole" else above(bias)),
            (-self.beta, -1, bias if bias is None or self.bias == "whole" else below(bias)),
        ]
        found = [_one_side(affine, f, sign, b, relevance) for f, sign, b in sides if f]
        terms = [sum(shares) for shares in zip(*(each.terms for each in found), strict=True)]
        taken = [each.bias[0] * each.bias[1] for each in found if each.bias is not None]
        return Shared(terms, (sum(taken), None) if taken else None)


def _one_side(affine: Affine, factor: float, sign: int, bias: Any, relevance: Any) -> Shared:
    """The contributions of one sign alone, times `factor`."""
    pairs = []
    for term in affine.terms:
        along, across = (above, below) if sign > 0 else (below, above)
        parts = [(above(term.x), along(term.w))]
        if not term.is_positive:
            parts.append((below(term.x), across(term.w)))
        pairs.append(parts)
    met = [term.apply(x, w) for term, parts in zip(affine.terms, pairs, strict=True) for x, w in parts]
    quotient = factor * divide(relevance, affine.sum(met, bias))
    terms = [
        sum(x * term.back(quotient, w) for x, w in parts)
        for term, parts in zip(affine.terms, pairs, strict=True)
    ]
    return Shared(terms, took(bias, quotient))


@dataclass(frozen=True)
class ZPlus(Rule):
    """Positive contributions alone, without the bias: R_i = sum_j z+_ij / sum_i z+_ij R_j.

    Montavon et al. 2017, https://doi.org/10.1016/j.patcog.2016.11.008, eq. 14; `AlphaBeta(1, 0, bias="ignore")`.

    Example:
        >>> ZPlus()
        ZPlus()
    """

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """z+_ij / z+_j."""
        return _one_side(affine, 1, 1, None, relevance)


@dataclass(frozen=True)
class WSquare(Rule):
    """The weights alone count: R_i = sum_j w_ij^2 / sum_i w_ij^2 R_j (Montavon et al. 2017, eq. 12).

    Example:
        >>> WSquare()
        WSquare()
    """

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """w_ij^2 / sum."""
        return _without_inputs(affine, [term.w**2 for term in affine.terms], relevance)


@dataclass(frozen=True)
class Flat(Rule):
    """All inputs share alike: R_i = sum_j R_j / n_j, n_j the number of inputs of output j.

    Lapuschkin et al. 2019, https://doi.org/10.1038/s41467-019-08987-4. Padding that a convolution adds is no input.

    Example:
        >>> Flat()
        Flat()
    """

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """1 / n_j."""
        tf = tensorflow()
        return _without_inputs(affine, [tf.ones_like(term.w) for term in affine.terms], relevance)


def _without_inputs(affine: Affine, weights: Sequence[Any], relevance: Any) -> Shared:
    tf = tensorflow()
    pairs = list(zip(affine.terms, weights, strict=True))
    quotient = divide(relevance, affine.sum([t.apply(tf.ones_like(t.x), w) for t, w in pairs]))
    return Shared([term.back(quotient, w) for term, w in pairs])


@dataclass(frozen=True, eq=False)
class ZBox(Rule):
    """For vectors known to lie in a box: R_i = sum_j (x_i w_ij - l_i w+_ij - h_i w-_ij) / (the sum over i) R_j.

    Montavon et al. 2017, eq. 17; for the first layer. The bias is not part of it.

    Args:
        low: the lower bound, a number or one for each component of a vector, (D,).
        high: the upper bound, likewise.

    Raises:
        OptionError: for bounds that are no finite numbers.

    Example:
        >>> ZBox(-1, 1)
        ZBox(low=-1, high=1)
    """

    low: Any
    high: Any

    def __post_init__(self) -> None:
        finite_array("low", self.low)
        finite_array("high", self.high)

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """The three parts of every contribution."""
        tf = tensorflow()
        parts = []
        for term in affine.terms:
            low, high = (
                tf.zeros_like(term.x) + tf.cast(np.asarray(limit), term.x.dtype)
                for limit in (self.low, self.high)
            )
            parts.append([(term.x, term.w), (-low, above(term.w)), (-high, below(term.w))])
        pairs = list(zip(affine.terms, parts, strict=True))
        total = affine.sum([term.apply(x, w) for term, three in pairs for x, w in three])
        quotient = divide(relevance, total)
        return Shared([sum(x * term.back(quotient, w) for x, w in three) for term, three in pairs])


@dataclass(frozen=True)
class Pass(Rule):
    """Relevance passes unchanged, from each output to the input at the same place.

    For layers whose outputs are as many as their inputs.

    Example:
        >>> Pass()
        Pass()
    """

    def affine(self, affine: Affine, relevance: Any) -> Shared:
        """R_i = R_j, i = j."""
        shapes = [term.x.shape for term in affine.terms]
        if len(shapes) != 1 or not shapes[0].is_compatible_with(relevance.shape):
            given = " and ".join(str(tuple(shape)) for shape in shapes)
            raise OptionError(
                f"Pass() needs as many outputs as inputs: here {given} go in and {tuple(relevance.shape)} come "
                "out. Choose another rule for this layer"
            )
        return Shared([relevance])
