"""The strongest tokens of a text, as the rows of a table with bars."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from textattr.explanation import Explanation, Span, TargetExplanation
from textattr.renderers.numbers import Digits
from textattr.renderers.segments import Stretch, level_of

FEATURES = 20  # rows of a table of features, which is all that is shown of them


@dataclass(frozen=True)
class Strong:
    """A row in a table: one of the strongest tokens, or a number beside the text with its value.

    Args:
        text: the token.
        weight: with two digits.
        exact: the same with one more.
        level: from -8 to 8.
        fraction: |weight| / scale, from 0 to 1, with the sign of the weight.
        value: of a number beside the text.
        is_unknown: the model read the id of unknown words here.
    """

    text: str
    weight: str
    exact: str
    level: int
    fraction: float
    value: str = ""
    is_unknown: bool = False

    @property
    def name(self) -> str:
        """The token; a number beside the text with its value."""
        return f"{self.text} = {self.value}" if self.value else self.text


def weighted(text: Explanation, target: TargetExplanation) -> Sequence[Span]:
    """What is coloured: the spans; where there is no text for them, every token that is not special."""
    if text.layout != "features":
        return target.spans
    return [
        Span(t.text, t.start, t.end, float(weight))
        for t, weight in zip(text.tokens, target.heatmap, strict=True)
        if not t.is_special
    ]


def strongest(
    spans: Sequence[Span], unknown: frozenset[Stretch], scale: float, rows: int, digits: Digits
) -> tuple[Strong, ...]:
    """The strongest first; what has no weight is never listed."""
    heavy = ((strength(s.weight, scale), -i) for i, s in enumerate(spans) if s.weight != 0)
    ranked = [spans[-i] for _, i in heapq.nlargest(rows, heavy)]
    return tuple(row(s.text, s.weight, scale, digits, is_unknown=(s.start, s.end) in unknown) for s in ranked)


def row(
    text: str, weight: float, scale: float, digits: Digits, value: str = "", *, is_unknown: bool = False
) -> Strong:
    """One row."""
    return Strong(
        text=visible(text),
        weight=digits.signed(weight),
        exact=digits.signed(weight, more=1),
        level=level_of(weight, scale),
        fraction=math.copysign(strength(weight, scale), weight),
        value=value,
        is_unknown=is_unknown,
    )


def unlisted(spans: Sequence[Span], rows: int) -> str | None:
    """What a table of features leaves out, in words."""
    heavy = sum(span.weight != 0 for span in spans)
    weaker, without = max(0, heavy - rows), len(spans) - heavy
    counts = [f"{weaker} weaker"] * bool(weaker) + [f"{without} without weight"] * bool(without)
    return f"not listed: {', '.join(counts)}" if counts else None


def strength(weight: float, scale: float) -> float:
    """|weight| / scale, at most 1; 0 for NaN and where nothing has weight."""
    return 0.0 if scale == 0 or math.isnan(weight) else min(abs(float(weight)) / scale, 1.0)


def visible(token: str) -> str:
    """A token for a table: blanks and line breaks in quotes, all else as it is.

    Example:
        >>> print(visible("good"), visible(" "))
        good ' '
    """
    return token if token.strip() and len(token.splitlines()) == 1 else repr(token)
