"""Products of two factors: with a constant, of a gate and a signal, of two signals; and products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.lrp.elementwise import is_gate
from textattr.lrp.linear import LINEAR, sum_to
from textattr.lrp.shares import divide
from textattr.split.cut import wide

if TYPE_CHECKING:
    from textattr.lrp.ops import Step


def multiply(step: Step, relevance: Any) -> list[Any]:
    """Times a constant, relevance passes; of two factors, the rule decides between gates and signals."""
    if sum(step.carries) == 1:
        return [sum_to(relevance, t) if c else None for t, c in zip(step.inputs, step.carries, strict=True)]
    shares = step.rule.product([is_gate(t) for t in step.inputs], relevance)
    return [None if r is None else sum_to(r, t) for r, t in zip(shares, step.inputs, strict=True)]


def quotient(step: Step, relevance: Any) -> list[Any]:
    """What is divided gets all; what divides scales it, as a gate does, unless it is all that depends on the text."""
    top, bottom = step.inputs
    return [sum_to(relevance, top), None] if step.carries[0] else [None, sum_to(relevance, bottom)]


def matrix_product(step: Step, relevance: Any) -> list[Any]:
    """Of two factors that both depend on the text: the z-rule in each, with the share that the rule gives it."""
    shares = step.rule.product([is_gate(t) for t in step.inputs], relevance)
    linear, total = LINEAR[step.op.type], wide(step.outputs[0])
    found: list[Any] = []
    for at, share in enumerate(shares):
        mine, other = step.inputs[at], step.inputs[1 - at]
        if share is None:
            found.append(None)
            continue
        back = linear.back(step.op, divide(share, total), wide(other), mine, at)
        found.append(wide(mine) * back)
    return found
