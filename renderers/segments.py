"""A document as an ordered list of plain pieces: the weighted tokens and the characters between them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textattr.explanation import Span
from textattr.renderers.graphemes import boundaries

_STRONGEST = 4
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Piece:
    """Some characters of the document, as they are drawn.

    Args:
        text: the characters; the texts of all pieces, joined, are the document.
        weight: the weight of these characters, or None for those that belong to no token.
        level: the weight in nine steps from -4 to 4; 0 where there is none.
        is_explained: whether the score that is explained is that of this token.
        is_unseen: whether the score that is explained cannot depend on this token.
    """

    text: str
    weight: float | None = None
    level: int = 0
    is_explained: bool = False
    is_unseen: bool = False

    @property
    def turns_text(self) -> bool:
        """Whether it holds control characters that would reorder the text around it."""
        return not _DIRECTION_CONTROLS.isdisjoint(self.text)


def scale_of(spans: Iterable[Span]) -> float:
    """The largest finite |weight|, which gets the strongest colour; 0.0 where there is none.

    Example:
        >>> scale_of([Span("so", 0, 2, 0.1), Span("bad", 3, 6, -0.4)])
        0.4
    """
    return max((abs(float(s.weight)) for s in spans if math.isfinite(s.weight)), default=0.0)


def level_of(weight: float, scale: float) -> int:
    """`4 weight / scale`, rounded half away from zero and kept within -4 and 4; 0 for NaN.

    Example:
        >>> level_of(-0.1, scale=0.4), level_of(0.0, scale=0.0)
        (-1, 0)
    """
    if math.isnan(weight) or weight == 0 or scale == 0:
        return 0
    strength = min(abs(weight) / scale, 1.0)
    return int(math.copysign(math.floor(_STRONGEST * strength + 0.5), weight))


def pieces_of(
    document: str,
    spans: Sequence[Span],
    scale: float,
    explained: Sequence[tuple[int, int]] = (),
    unseen: Sequence[tuple[int, int]] = (),
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

    Example:
        >>> [p.text for p in pieces_of("so bad!", [Span("bad", 3, 6, -0.4)], scale=0.4)]
        ['so ', 'bad', '!']
    """
    pieces: list[Piece] = []
    done = 0
    for start, end, weight in _whole_characters(document, spans):
        if start > done:
            pieces.append(Piece(document[done:start]))
        is_explained = any(start <= first < end for first, last in explained if first < last)
        is_unseen = weight == 0 and any(start <= first < end for first, last in unseen if first < last)
        pieces.append(Piece(document[start:end], weight, level_of(weight, scale), is_explained, is_unseen))
        done = end
    if done < len(document):
        pieces.append(Piece(document[done:]))
    return tuple(pieces)


def _whole_characters(document: str, spans: Sequence[Span]) -> list[tuple[int, int, float]]:
    """(start, end, weight) in order, without overlaps, none of them inside a visible character."""
    cuts = boundaries(document)
    merged: list[tuple[int, int, float]] = []
    for span in sorted((s for s in spans if s.start < s.end), key=lambda s: (s.start, s.end)):
        start = cuts[bisect_right(cuts, span.start) - 1]
        end = cuts[bisect_left(cuts, span.end)]
        weight = float(span.weight)
        if merged and start < merged[-1][1]:
            before = merged.pop()
            start, end, weight = before[0], max(end, before[1]), before[2] + weight
        merged.append((start, end, weight))
    return merged
