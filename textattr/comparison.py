"""`Comparison`: how far what is explained lies from the model's own answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of what was explained with the model's own answer.

    Args:
        name: what was compared with the model.
        difference: the largest difference of two scores, in their own unit.
        bound: what rounding explains.
    """

    name: str
    difference: float
    bound: float

    @property
    def holds(self) -> bool:
        """Whether the difference is one of rounding."""
        return self.difference <= self.bound


def worst(comparisons: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Of several of one name that which came nearest to its bound."""
    found: dict[str, Comparison] = {}
    for each in comparisons:
        known = found.get(each.name)
        if known is None or each.difference * known.bound > known.difference * each.bound:
            found[each.name] = each
    return tuple(found.values())
