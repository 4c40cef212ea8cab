"""Models that read no more of their convolutions than the maximum: what each token gives to a convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textattr.followed import begun_at
from textattr.graph.envelope import steps_to_maximum
from textattr.graph.frontier import Frontier, FrontierError
from textattr.graph.reach import Reach, reach_of
from textattr.graph.walk import reads
from textattr.split.cut import Cut, Run, Tensors
from textattr.split.family import tensorflow
from textattr.split.sizes import sizes
from textattr.targets.target import TargetTensors

_WIDEST = 9  # tokens that a position may read: each takes a pass up to the convolution


@dataclass(frozen=True, eq=False)
class Convolved:
    """What a model makes of the vectors of one site before it reads the maximum: a piece of the affine frontier.

    Args:
        tensor: float (R, T, F).
        site: which site of text.
        reach: which tokens a position reads.
    """

    tensor: Any
    site: int
    reach: Reach


def all_convolved(run: Run, frontier: Frontier | None) -> tuple[Convolved, ...]:
    """All that becomes of the vectors, where the model reads no more than the maximum of it; else nothing.

    Nothing as well where that is not seen.
    """
    if frontier is None:
        return ()
    sites = {entry.ref(): site for site, entry in enumerate(run.entries)}
    pieces = []
    for tensor in frontier.pieces:
        found = reach_of(tensor, frontier.moves)
        if found is None or found[0].ref() not in sites or steps_to_maximum(tensor) is None:
            return ()
        if found[1].width > _WIDEST or tensor.dtype.size < 4:
            return ()
        pieces.append(Convolved(tensor, sites[found[0].ref()], found[1]))
    return tuple(pieces)


def widest(pieces: Sequence[Convolved]) -> int:
    """How many tokens a position of them reads at most; 0 where there are none."""
    return max((piece.reach.width for piece in pieces), default=0)


@dataclass(frozen=True, eq=False)
class Maxima:
    """A model that reads the maximum of its convolutions and nothing else of the vectors.

    Args:
        cut: the model.
        run: the pass over the whole texts.
        frontier: what that showed.
        pieces: all that becomes of the vectors.
        fillings: for each site of text what stands in place of the vectors left out, float (1, P or 1, D or 1).
    """

    cut: Cut
    run: Run
    frontier: Frontier
    pieces: tuple[Convolved, ...]
    fillings: Tensors

    def terms(self, piece: Convolved, texts: Any) -> Any:
        """Graph code: what each token gives to a piece, float (R' W + W + 1, T, F) for positions that read W tokens.

        Of W tokens in a row one has each remainder when its place is divided by W. So what this one gives is told by a
        pass in which all others are 0. First come the passes of whole texts, one for each remainder; then those of what
        is put in; then what a piece is where all is 0. A position is a sum of W + 1 of them.

        Args:
            piece: the piece.
            texts: int (R',): which texts.
        """
        tf = tensorflow()
        width, site = piece.reach.width, piece.site
        true = tf.gather(self.run.vectors[site], texts)
        length, size = sizes(true)[1], true.shape[2]
        is_there = tf.equal(tf.range(length) % width, tf.range(width)[:, None])[..., None]
        filling = tf.broadcast_to(self.fillings[site], tf.stack([1, length, size]))
        nothing = tf.zeros_like(filling)
        passes = [tf.where(is_there, each[:, None], nothing) for each in (true, filling)]
        entries = tf.concat([*(tf.reshape(each, [-1, length, size]) for each in passes), nothing], 0)
        made = self.frontier.one_at(piece.tensor, {self.run.entries[site].ref(): entries})
        return tf.concat([made[:-1] - made[-1:], made[-1:]], 0)

    def tokens(self, piece: Convolved, positions: Any) -> Any:
        """Graph code: the tokens that positions (...) read, one for each remainder, int32 (..., width).

        For one that there is not, beyond either end of the text, some other is named, which gives nothing there.
        """
        tf = tensorflow()
        first, width = positions[..., None] + piece.reach.first, piece.reach.width
        length = sizes(self.run.vectors[piece.site])[1]
        return tf.clip_by_value(first + (tf.range(width) - first) % width, 0, length - 1)

    def begun_at(self, points: Sequence[Any], row: Any, targets: TargetTensors) -> tuple[Run, Any]:
        """Graph code: the run of copies of the rows `row`, given what each piece is for them, and their score, (n,).

        Raises:
            FrontierError: where the model reads its vectors past these pieces.
        """
        tf = tensorflow()
        vectors = tuple(tf.gather(each, row) for each in self.run.vectors)
        with begun_at(points, self.cut, targets, row, vectors) as (run, value):
            pass
        if any(steps_to_maximum(point) is None for point in points):
            raise FrontierError("the model reads more than a maximum")
        if reads([value, run.scores], run.entries, points):
            raise FrontierError("the score depends on vectors that are not behind the frontier")
        return run, value
