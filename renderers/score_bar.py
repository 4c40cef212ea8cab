"""The bar from the baseline to the score: one lane out along what speaks for it, one back along what speaks against."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from textattr.explanation import Span
from textattr.renderers.balance import Balance

MOST_SEGMENTS = 8
_THINNEST = 0.004


@dataclass(frozen=True)
class Segment:
    """The part of a lane that belongs to one word, in fractions of the axis; without a name to the rest of them."""

    width: float
    name: str = ""


@dataclass(frozen=True)
class Lane:
    """One of the two lanes, in fractions of the axis.

    Args:
        start: where it starts, from 0 to 1.
        segments: the strongest word first, and the rest of the words together last; back to the score the other way.
    """

    start: float
    segments: tuple[Segment, ...]

    @property
    def placed(self) -> tuple[tuple[float, Segment], ...]:
        """Each segment and where it starts."""
        found, start = [], self.start
        for segment in self.segments:
            found.append((start, segment))
            start += segment.width
        return tuple(found)


@dataclass(frozen=True)
class ScoreBar:
    """Both lanes, and the places of the baseline and of the score."""

    speaks_for: Lane
    against: Lane
    baseline: float
    score: float


def score_bar(
    found: Balance, spans: Sequence[Span], ends: tuple[float, float], most: int = MOST_SEGMENTS
) -> ScoreBar | None:
    """The bar of a target on an axis between these ends; None where there is no baseline, or nothing to draw.

    Lane 1 goes from the baseline to baseline + all that speaks for; lane 2 from there back by all that speaks against.
    What stands beside the words is the gap between its end and the score.

    Example:
        >>> spans = [Span("good", 0, 4, 2.0), Span("bad", 5, 8, -1.0)]
        >>> bar = score_bar(Balance(1.0, 0.0, 2.0, 1.0), spans, (0.0, 2.0))
        >>> bar.speaks_for, bar.against.start
        (Lane(start=0.0, segments=(Segment(width=1.0, name='good'),)), 0.5)
    """
    low, high = ends
    if found.baseline is None or not (high > low and math.isfinite(high - low)):
        return None
    width = high - low
    top = found.baseline + found.gain
    return ScoreBar(
        Lane((found.baseline - low) / width, _segments(spans, 1, found.gain, width, most)),
        Lane((top - found.loss - low) / width, _segments(spans, -1, found.loss, width, most)[::-1]),
        baseline=(found.baseline - low) / width,
        score=(found.score - low) / width,
    )


def _segments(spans: Sequence[Span], sign: int, total: float, width: float, most: int) -> tuple[Segment, ...]:
    """Those of the strongest words of one sign, and what is left of the total."""
    words = [Segment(sign * s.weight / width, s.text) for s in spans if sign * s.weight / width >= _THINNEST]
    large = heapq.nlargest(most, words, key=lambda segment: segment.width)
    rest = total / width - sum(segment.width for segment in large)
    return (*large, Segment(rest)) if rest > 1e-9 else tuple(large)
