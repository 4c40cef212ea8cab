"""A document as an ordered list of plain pieces: the weighted tokens and the characters between them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from textattr.explanation import Span
from textattr.units.boundaries import grapheme_cuts

Stretch = tuple[int, int]
"""(start, end) of some characters."""

STEPS = 8
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Piece:
    """Some characters of the document, as they are drawn.

    Args:
        text: the characters; the texts of all pieces, joined, are the document.
        weight: the weight of these characters, or None for those that belong to no token.
        level: the weight in seventeen steps from -8 to 8; 0 where it is not highlighted.
        is_explained: whether the score that is explained is that of this token.
        is_unseen: whether the score that is explained cannot depend on this token.
        is_unknown: whether the model read the id of unknown words here.
        is_unread: whether the model did not read these characters, which were cut off.
    """

    text: str
    weight: float | None = None
    level: int = 0
    is_explained: bool = False
    is_unseen: bool = False
    is_unknown: bool = False
    is_unread: bool = False

    @property
    def turns_text(self) -> bool:
        """Whether it holds control characters that would reorder the text around it."""
        return not self.text.isprintable() and not _DIRECTION_CONTROLS.isdisjoint(self.text)


def scale_of(spans: Iterable[Span]) -> float:
    """The largest finite |weight|, which gets the strongest colour; 0.0 where there is none.

    Example:
        >>> scale_of([Span("so", 0, 2, 0.1), Span("bad", 3, 6, -0.4)])
        0.4
    """
    return max((abs(float(s.weight)) for s in spans if math.isfinite(s.weight)), default=0.0)


def level_of(weight: float, scale: float, *, steps: int = STEPS, threshold: float = 0.0) -> int:
    """`steps weight / scale`, rounded half away from zero and kept within -steps and steps; 0 for NaN.

    Also 0 where |weight| / scale is below the threshold.

    Example:
        >>> level_of(-0.1, scale=0.4), level_of(0.0, scale=0.0), level_of(0.1, scale=0.4, threshold=0.3)
        (-2, 0, 0)
    """
    if math.isnan(weight) or weight == 0 or scale == 0:
        return 0
    strength = min(abs(weight) / scale, 1.0)
    if strength < threshold:
        return 0
    return int(math.copysign(math.floor(steps * strength + 0.5), weight))


def pieces_of(
    document: str,
    spans: Sequence[Span],
    scale: float,
    explained: Sequence[Stretch] = (),
    unseen: Sequence[Stretch] = (),
    unknown: Sequence[Stretch] = (),
    unread: Sequence[Stretch] = (),
    threshold: float = 0.0,
) -> tuple[Piece, ...]:
    """Cuts the document into the pieces that are drawn.

    A span that would tear a visible character apart (an emoji from its skin tone, a letter from its accent) is
    widened to the whole character; spans that then share characters become one piece, with the sum of their
    weights.

    Args:
        document: the text that the spans index.
        spans: in any order.
        scale: the weight of the strongest colour, from [scale_of][].
        explained: (start, end) of the tokens whose own scores are explained.
        unseen: (start, end) of those that the score cannot depend on.
        unknown: (start, end) of those that the model does not know.
        unread: (start, end) of what was cut off; of that, what belongs to no span and is not blank is drawn so.
        threshold: the fraction of the scale below which a weight is not highlighted.

    Example:
        >>> [p.text for p in pieces_of("so bad!", [Span("bad", 3, 6, -0.4)], scale=0.4)]
        ['so ', 'bad', '!']
    """
    is_explained, is_unseen, is_unknown = map(_Places, (explained, unseen, unknown))
    cuts = grapheme_cuts(document)
    cut_off = _joined(document, unread, cuts)
    pieces: list[Piece] = []
    done = 0
    for start, end, weight in _whole_characters(spans, cuts):
        pieces += _between(document, done, start, cut_off)
        pieces.append(
            Piece(
                document[start:end],
                weight,
                level_of(weight, scale, threshold=threshold),
                is_explained.within(start, end),
                weight == 0 and is_unseen.within(start, end),
                is_unknown.within(start, end),
            )
        )
        done = end
    pieces += _between(document, done, len(document), cut_off)
    return tuple(pieces)


class _Places:
    """Where some tokens with characters start."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._starts = sorted(start for start, end in stretches if start < end)

    def within(self, start: int, end: int) -> bool:
        """Whether one of them starts there."""
        return bisect_left(self._starts, start) < bisect_left(self._starts, end)


def _between(document: str, start: int, end: int, cut_off: Sequence[Stretch]) -> Iterator[Piece]:
    """What belongs to no token between two positions, in one piece but where some of it was cut off."""
    for first, last in cut_off[bisect_right(cut_off, start, key=lambda stretch: stretch[1]) :]:
        if first >= end:
            break
        if start < first:
            yield Piece(document[start:first])
        text = document[max(start, first) : min(last, end)]
        yield Piece(text, is_unread=not text.isspace())
        start = min(last, end)
    if start < end:
        yield Piece(document[start:end])


def _joined(document: str, stretches: Sequence[Stretch], cuts: Sequence[int]) -> list[Stretch]:
    """The stretches in order, without the blanks at their ends, of whole characters; those that meet are one."""
    joined: list[Stretch] = []
    for first, last in sorted(stretches):
        text = document[first:last]
        if not text.strip():
            continue
        start, end = _widened(last - len(text.lstrip()), first + len(text.rstrip()), cuts)
        if joined and start <= joined[-1][1]:
            before = joined.pop()
            start, end = before[0], max(end, before[1])
        joined.append((start, end))
    return joined


def _widened(start: int, end: int, cuts: Sequence[int]) -> Stretch:
    """The smallest stretch of whole visible characters around this one."""
    return cuts[bisect_right(cuts, start) - 1], cuts[bisect_left(cuts, end)]


def _whole_characters(spans: Sequence[Span], cuts: Sequence[int]) -> list[tuple[int, int, float]]:
    """(start, end, weight) in order, without overlaps, none of them inside a visible character."""
    merged: list[tuple[int, int, float]] = []
    for span in sorted((s for s in spans if s.start < s.end), key=lambda s: (s.start, s.end)):
        start, end = _widened(span.start, span.end, cuts)
        weight = float(span.weight)
        if merged and start < merged[-1][1]:
            before = merged.pop()
            start, end, weight = before[0], max(end, before[1]), before[2] + weight
        merged.append((start, end, weight))
    return merged
