"""Run a model on a text and on a baseline, and walk back from the score to the vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textattr.deeplift.walk import multipliers
from textattr.errors import DeepLIFTRuleError
from textattr.lrp.places import Places
from textattr.lrp.recurrent import recurrences
from textattr.lrp.time_distributed import steps_as_rows
from textattr.split.cut import Cut, Run, wide
from textattr.split.family import tensorflow


@dataclass(frozen=True, eq=False)
class Compared:
    """Two passes there, one back.

    Args:
        run: the pass on the text.
        target: int32 (R,): the class of each row, resolved.
        value: float (R,): the score of the text.
        start: float (R,): the score of the baseline.
        relevance: float (R, P, D) for each site of text.
    """

    run: Run
    target: Any
    value: Any
    start: Any
    relevance: tuple[Any, ...]


def propagate(cut: Cut, baselines: list[Any], target: Any, against: Any) -> Compared:
    """Graph code: multipliers times what is between text and baseline.

    Args:
        cut: the model.
        baselines: for each site of text a tensor that can be broadcast to its vectors.
        target: int32 (R,): a class per row, or -1 for the predicted one.
        against: int32 (R,): the class to contrast with, or -1.

    Raises:
        DeepLIFTRuleError: for an op without a rule.
    """
    tf = tensorflow()
    places = Places(cut.model)
    with recurrences(places, DeepLIFTRuleError) as loops, steps_as_rows(places), places.recorded():
        run = cut.run()
        starts = [
            tf.zeros_like(wide(v)) + tf.cast(b, wide(v).dtype)
            for v, b in zip(run.vectors, baselines, strict=True)
        ]
        other = cut.run(vectors=tuple(starts))
    resolved = cut.resolve(run, target)
    value, start = (cut.value(each, resolved, against) for each in (run, other))
    ends = list(zip(run.entries, other.entries, strict=True))
    found = multipliers([(value, start)], [tf.ones_like(wide(value))], ends, places, loops)
    relevance = []
    for multiplier, v, v0 in zip(found, run.vectors, other.vectors, strict=True):
        dtype = wide(v).dtype if multiplier is None else multiplier.dtype
        way = tf.cast(v, dtype) - tf.cast(v0, dtype)
        relevance.append(
            tf.zeros_like(way) if multiplier is None else tf.reshape(multiplier, tf.shape(way)) * way
        )
    return Compared(run, resolved, value, start, tuple(relevance))
