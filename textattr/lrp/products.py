"""Products of two factors: with a constant, of a gate and a signal, of two signals; and products of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textattr.graph.linear import LINEAR, sum_to
from textattr.lrp.factors import factor
from textattr.lrp.rule import divide
from textattr.split.cut import wide

if TYPE_CHECKING:
    from textattr.lrp.ops import Step


def multiply(step: Step, relevance: Any) -> list[Any]:
    """Times a constant, relevance passes; of two factors, each gets the part that the rule gives to its kind."""
    if sum(step.carries) == 1:
        return [sum_to(relevance, t) if c else None for t, c in zip(step.inputs, step.carries, strict=True)]
    return [
        sum_to(_times(relevance, part), t) if part else None
        for t, part in zip(step.inputs, _parts(step), strict=True)
    ]


def quotient(step: Step, relevance: Any) -> list[Any]:
    """What is divided gets all; what divides scales it as a deviation does, unless it alone depends on the text."""
    top, bottom = step.inputs
    return [sum_to(relevance, top), None] if step.carries[0] else [None, sum_to(relevance, bottom)]


def matrix_product(step: Step, relevance: Any) -> list[Any]:
    """Of two factors that both depend on the text: the z-rule in each, for the part that the rule gives it."""
    return to_factors(step.op, divide(relevance, wide(step.outputs[0])), _parts(step))


def to_factors(op: Any, per_unit: Any, parts: Sequence[float]) -> list[Any]:
    """What each factor of a product of matrices gets.

    Args:
        op: multiplies them.
        per_unit: relevance per unit of what comes out.
        parts: which part of all relevance goes to each factor; None comes back where that is nothing.
    """
    linear = LINEAR[op.type]
    found: list[Any] = []
    for at, part in enumerate(parts):
        mine, other = op.inputs[at], op.inputs[1 - at]
        back = linear.back(op, _times(per_unit, part), wide(other), mine, at) if part else None
        found.append(None if back is None else wide(mine) * back)
    return found


def _times(relevance: Any, part: float) -> Any:
    return relevance if part == 1 else relevance * part


def _parts(step: Step) -> list[float]:
    return step.rule.product([factor(t, step.graph.carries) for t in step.inputs])
