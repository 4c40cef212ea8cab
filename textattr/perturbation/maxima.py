"""Models that read no more of their convolutions than the maximum: what a convolution loses with each token."""

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

    @classmethod
    def of(cls, cut: Cut, run: Run, frontier: Frontier | None, fillings: Sequence[Any]) -> Maxima | None:
        """None where the model reads its vectors in another way, or where that is not seen."""
        if frontier is None or not frontier.pieces:
            return None
        sites = {entry.ref(): site for site, entry in enumerate(run.entries)}
        pieces = []
        for tensor in frontier.pieces:
            found = reach_of(tensor, frontier.moves)
            if found is None or found[0].ref() not in sites or steps_to_maximum(tensor) is None:
                return None
            if found[1].width > _WIDEST or tensor.dtype.size < 4:
                return None
            pieces.append(Convolved(tensor, sites[found[0].ref()], found[1]))
        return cls(cut, run, frontier, tuple(pieces), tuple(fillings))

    def terms(self, piece: Convolved, texts: Any) -> tuple[Any, Any]:
        """Graph code: what a piece is of some whole texts, and what it loses with their tokens.

        A position reads `width` tokens in a row, of which one has each remainder when its place is divided by that. So
        what it loses with this one is told by a pass in which all tokens of the remainder are left out.

        Args:
            piece: the piece.
            texts: int (R',): which texts.

        Returns:
            float (R', T, F) and (R', width, T, F), one for each remainder.
        """
        tf = tensorflow()
        width, site = piece.reach.width, piece.site
        whole, true = tf.gather(piece.tensor, texts), tf.gather(self.run.vectors[site], texts)
        is_out = tf.equal(tf.range(tf.shape(true)[1]) % width, tf.range(width)[:, None])
        some = tf.where(is_out[..., None], self.fillings[site][:, None], true[:, None])
        entries = tf.reshape(some, [-1, tf.shape(true)[1], true.shape[2]])
        without = self.frontier.one_at(piece.tensor, {self.run.entries[site].ref(): entries})
        without = tf.reshape(without, [-1, width, tf.shape(whole)[1], whole.shape[2]])
        return whole, without - whole[:, None]

    def tokens(self, piece: Convolved, positions: Any) -> Any:
        """Graph code: the tokens that positions (...) read, one for each remainder, int32 (..., width).

        For one that there is not, beyond either end of the text, some other is named, which has no effect there.
        """
        tf = tensorflow()
        first, width = positions[..., None] + piece.reach.first, piece.reach.width
        length = tf.shape(self.run.vectors[piece.site])[1]
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
