"""The relevance per unit of a weighted sum, where the denominator is only kept away from 0."""

from __future__ import annotations

from typing import Any

from textattr.lrp.affine import Affine
from textattr.lrp.rule import divide, stable_quotient
from textattr.split.cut import wide


def quotients(affine: Affine, relevance: Any, epsilon: float) -> tuple[Any, Any]:
    """For the inputs, and for the bias: what has the same sum over the places.

    By max(z, 0) where that is enough: no sign has to be looked at then, and z itself need not be kept. What a maximum
    chose is one number each, so that there is one quotient for all places.
    """
    winners, bias = affine.winners, affine.bias
    if winners is not None:
        quotient = _by_positive(winners.share, winners.number, epsilon)
        every = winners.won * quotient
        return every, winners.count * quotient if bias is None or bias.shape.rank == 1 else every
    if affine.clipped is None:
        quotient = stable_quotient(relevance, affine.total, epsilon)
    else:
        quotient = _by_positive(relevance, wide(affine.clipped), epsilon)
    return quotient, quotient


def _by_positive(relevance: Any, total: Any, epsilon: float) -> Any:
    return divide(relevance, total) if not epsilon else relevance / (total + epsilon)
