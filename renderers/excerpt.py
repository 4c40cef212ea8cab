"""A long document with its quiet stretches folded: what is left is where half of the weight lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from textattr.renderers.segments import Piece

_ENOUGH = 0.5  # of all |weight|
_SHORTEST = 6  # tokens that are worth folding


@dataclass(frozen=True)
class Fold:
    """A quiet stretch that is not shown: what speaks for and against in it, never a net sum that would hide both.

    Args:
        tokens: how many.
        gain: the sum of their positive weights.
        loss: the sum of their negative weights, as a positive number.
        opening: the first characters of what is folded.
    """

    tokens: int
    gain: float
    loss: float
    opening: str


def excerpt(pieces: Sequence[Piece], most: int) -> tuple[Piece | Fold, ...]:
    """The strongest tokens with a neighbour on each side, at most `most`, and folds between them.

    Tokens are taken from the strongest on until half of all |weight| is shown. Fewer than six others stay.

    Example:
        >>> quiet = [Piece("so", 0.0)] * 9
        >>> [type(each).__name__ for each in excerpt([*quiet, Piece("bad", -1.0, -8), *quiet], 5)]
        ['Fold', 'Piece', 'Piece', 'Piece', 'Fold']
    """
    kept = _kept([i for i, piece in enumerate(pieces) if piece.weight is not None], pieces, most)
    shown: list[Piece | Fold] = []
    quiet: list[Piece] = []
    for i, piece in enumerate(pieces):
        if i in kept:
            shown += _folded(quiet)
            quiet = []
            shown.append(piece)
        else:
            quiet.append(piece)
    return (*shown, *_folded(quiet))


def _kept(tokens: Sequence[int], pieces: Sequence[Piece], most: int) -> set[int]:
    """Which pieces are shown whatever lies between them: strong ones, neighbours, and what is marked."""
    strength = {i: _size(pieces[i]) for i in tokens}
    wanted = _ENOUGH * sum(strength.values())
    kept, found = {i for i, piece in enumerate(pieces) if piece.is_explained}, 0.0
    place = {piece: n for n, piece in enumerate(tokens)}
    for i in sorted(tokens, key=lambda i: -strength[i]):
        if found >= wanted or len(kept) >= most or not strength[i]:
            break
        found += strength[i]
        n = place[i]
        kept.update(tokens[max(0, n - 1) : n + 2])
    between = {j for i in kept for j in (i - 1, i + 1) if 0 <= j < len(pieces) and _is_gap(pieces, j, kept)}
    return kept | between


def _is_gap(pieces: Sequence[Piece], i: int, kept: set[int]) -> bool:
    """Whether this is what lies between two tokens that are shown."""
    return pieces[i].weight is None and i - 1 in kept and i + 1 in kept


def _folded(quiet: Sequence[Piece]) -> Sequence[Piece | Fold]:
    weights = [float(p.weight) for p in quiet if p.weight is not None and not math.isnan(p.weight)]
    if len(weights) < _SHORTEST or any(p.is_unread for p in quiet):
        return quiet
    gain, loss = sum(w for w in weights if w > 0), -sum(w for w in weights if w < 0)
    opening = " ".join("".join(p.text for p in quiet[:40]).split())[:60]
    return [Fold(len(weights), gain, loss, opening)]


def _size(piece: Piece) -> float:
    weight = abs(float(piece.weight or 0.0))
    return weight if math.isfinite(weight) else 0.0
