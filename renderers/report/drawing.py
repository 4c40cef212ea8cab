"""What the page draws without a script: SVG by attributes alone, for its policy allows no inline styles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from textattr.renderers.numbers import MINUS, Digits, short
from textattr.renderers.segments import Piece
from textattr.renderers.view_model import TargetParts

WIDTH, HEIGHT = 132, 28
_MIDDLE = HEIGHT // 2
_LONGEST = 12  # of a bar, up or down
_COLUMN = 2  # pixels, the narrowest that is drawn
_COLUMNS = WIDTH // _COLUMN
_TICKS = 5


@dataclass(frozen=True)
class Strip:
    """A document in miniature: a path of what speaks for, upwards, and one of what speaks against."""

    speaks_for: str
    against: str


def strip(target: TargetParts) -> Strip:
    """X is the place in the text, height the weight on the scale; several texts follow one another.

    Of a long document each two pixels show the strongest word in them.
    """
    pieces = [piece for text in target.texts for piece in text.pieces]
    if not pieces:
        rows = [row for text in target.texts for row in text.strongest]
        pieces = [Piece(" ", row.fraction * target.scale) for row in rows]
    length = sum(len(piece.text) for piece in pieces) or 1
    heights = [0] * _COLUMNS
    start = 0
    for piece in pieces:
        end = start + len(piece.text)
        tall = _height(piece.weight, target.scale)
        if tall:
            left, right = (round(_COLUMNS * at / length) for at in (start, end))
            left = min(left, _COLUMNS - 1)
            for column in range(left, max(left + 1, right)):
                heights[column] = max(heights[column], tall, key=abs)
        start = end
    return Strip(_outline([max(tall, 0) for tall in heights]), _outline([min(tall, 0) for tall in heights]))


def _outline(heights: Sequence[int]) -> str:
    """The area between the middle and these heights, as the path of its outline.

    Example:
        >>> _outline([0, 0, 3, 3, 5, 0])
        'M0 14h4v-3h4v-2h2v5'
    """
    path, last = f"M0 {_MIDDLE}", 0
    for tall, columns in groupby(heights):
        width = _COLUMN * len(list(columns))
        path += f"v{last - tall}" * (tall != last) + f"h{width}"
        last = tall
    if not any(heights):
        return ""
    return f"{path}v{last}" if last else path.rpartition("h")[0]


def _height(weight: float | None, scale: float) -> int:
    if weight is None or math.isnan(weight) or scale == 0:
        return 0
    return round(_LONGEST * max(-1.0, min(1.0, weight / scale)))


@dataclass(frozen=True)
class Axis:
    """The numbers below a bar from baseline to score: (place from 0 to 1, label)."""

    ticks: tuple[tuple[float, str], ...]


def axis(ends: tuple[float, float]) -> Axis:
    """Round numbers between the ends, at most five.

    Example:
        >>> [label for _, label in axis((-0.03, 4.2)).ticks]
        ['0', '1', '2', '3', '4']
    """
    low, high = ends
    if not (high > low and math.isfinite(high - low)):
        return Axis(())
    step = _round_step((high - low) / _TICKS)
    first = math.ceil(low / step)
    places = max(0, -math.floor(math.log10(step)))
    numbers = [step * i for i in range(first, math.floor(high / step) + 1)]
    digits = Digits(places)
    return Axis(tuple(((n - low) / (high - low), digits.plain(n)) for n in numbers))


def _round_step(size: float) -> float:
    power = 10.0 ** math.floor(math.log10(size))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size * 0.999)


def legend_ticks(scale: float) -> Sequence[tuple[float, str]]:
    """Five numbers under the legend; the outer ones are clipped.

    Example:
        >>> [label for _, label in legend_ticks(2.0)]
        ['≤ −2', '−1', '0', '+1', '≥ +2']
    """
    whole, half = short(scale), short(scale / 2)
    return (
        (0.0, f"≤ {MINUS}{whole}"),
        (0.25, f"{MINUS}{half}"),
        (0.5, "0"),
        (0.75, f"+{half}"),
        (1.0, f"≥ +{whole}"),
    )
