"""The game on the split model: the vectors of what is left out are replaced."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.comparison import Comparison, worst
from textattr.followed import followed_run, score_of
from textattr.graph.frontier import FrontierError
from textattr.origin import Visit, true_vectors
from textattr.perturbation.copies import Copies, Gaps, NearCopies, SwappedCopies, WholeCopies, passes_of
from textattr.perturbation.maxima import Maxima, all_convolved
from textattr.perturbation.unit_map import UnitMap
from textattr.proof.compare import compared
from textattr.proof.copies import numbers, require_untouched
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Rows
from textattr.split.survey import Survey
from textattr.suspicions import THE_TEXT, not_finite
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]

_ADVICE = (
    "choose another replacement=, such as 'mean', 'remove', or 'mask' or 'unknown' with a tokenizer that knows one, or "
    "another method"
)

_SAMPLE = 4  # copies that run through the whole model as well, where the others do not
_PAYS = 4000  # copies, each some .05 ms faster: to trace what they run then takes some .2 s


@dataclass(frozen=True, eq=False)
class VectorGame:
    """Scores of documents of which some vectors are replaced, as many at once as the batch size allows.

    Coalitions go into the compiled function, which makes the vectors of one chunk at a time.

    Args:
        split: the split model.
        rows: the documents, with their targets.
        unit_map: where the units stand among the vectors.
        replacement: for each site what is put in, float (1, P or 1, D or 1).
        width: how many tokens a position of the model's convolutions reads, if it reads their maximum alone; else 0.
        checks: what was compared so far.
    """

    split: SplitModel
    rows: Rows
    unit_map: UnitMap
    replacement: tuple[Array, ...]
    width: int = 0
    checks: list[Comparison] = field(default_factory=list)

    def values(self, coalitions: Sequence[tuple[int, Array]]) -> list[Array]:
        """As `Game` says."""
        counts = [len(units) for _, units in coalitions]
        units = np.concatenate([units for _, units in coalitions])
        row = np.repeat(np.array([row for row, _ in coalitions], np.int32), counts)
        given: dict[str, Any] = {
            "coalitions": units,
            "row": row,
            "batch_size": np.int32(self.rows.batch_size),
            "sample": np.linspace(0, len(row) - 1, _SAMPLE).astype(np.int32),
        }
        for site, (place, filling) in enumerate(zip(self.unit_map.places, self.replacement, strict=True)):
            given[f"place_{site}"] = place.astype(np.int32)
            given[f"replacement_{site}"] = filling
        found = self._found(given, self._gaps(row, units))
        scores = found["scores"]
        if not np.isfinite(scores).all():
            at = int((~np.isfinite(scores)).argmax())
            visits = [self._visit(int(row[at]), units[at]), THE_TEXT]
            raise not_finite(self.split, self.rows[[int(row[at])]], visits)
        return np.split(scores.astype(np.float64), np.cumsum(counts)[:-1])

    def _found(self, given: dict[str, Any], gaps: Gaps) -> dict[str, Any]:
        """What the program gives; that of the whole model where the way for those gaps does not find its scores."""
        found: dict[str, Any] = self.split.program(_build, self.rows, given, options=(gaps,))
        if gaps is not Gaps.ANY and not _are_those_of_the_model(found, given["sample"]):
            return self._found(given, Gaps.ANY)
        self._compare(found, given)
        return found

    def _gaps(self, rows: Array, coalitions: Array) -> Gaps:
        """What the copies leave out, where that tells how to run them."""
        if not self.width or any(place.shape[1] > 1 for place in self.unit_map.places):
            return Gaps.ANY
        if self.rows.batch_size < passes_of(self.width):
            return Gaps.ANY
        if not _have_been_many(self.split.known(self.rows.inputs), len(rows)):
            return Gaps.ANY
        return Gaps.of(rows, [coalitions[:, place[:, 0]] for place in self.unit_map.places])

    def _compare(self, found: dict[str, Any], given: dict[str, Any]) -> None:
        """The untouched row of each chunk with the document; of chunks of one, the copies that miss nothing."""
        alone = self.rows.batch_size == 1
        which = given["coalitions"].all(1) if alone else slice(None)
        of, untouched = (found[name][which] for name in ("untouched_row", "untouched"))
        if len(untouched):
            check = require_untouched(found["shown"][of], untouched, found["epsilon"], alone=alone)
            self.checks[:] = worst([*self.checks, check])

    def _visit(self, row: int, stay: Array) -> Visit:
        """The document with all but some of its units replaced."""
        vectors = []
        truth = true_vectors(self.split, self.rows[[row]])
        for place, filling, true in zip(self.unit_map.places, self.replacement, truth, strict=True):
            vectors.append(np.where(stay[place], true, filling.astype(true.dtype)))
        return left_out(stay, tuple(vectors), "replaced")


def _are_those_of_the_model(found: dict[str, Any], sample: Array) -> bool:
    """Whether all scores are known, and those of the sample are what the whole model says."""
    scores = found["scores"]
    check = compared("copies", found["sample"][:, None], scores[sample, None], found["epsilon"])
    return bool(np.isfinite(scores).all()) and check.holds


_RUN: weakref.WeakKeyDictionary[Survey, int] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def _have_been_many(survey: Survey, copies: int) -> bool:
    """Whether so many copies of texts were run through a model, with these, that a trace of another way pays."""
    with _LOCK:
        _RUN[survey] = _RUN.get(survey, 0) + copies
        return _RUN[survey] >= _PAYS


def left_out(stay: Array, vectors: tuple[Array, ...] | None, how: str) -> Visit:
    """A document of which some units do not stay, as what the model was run on."""
    count = int((~stay).sum())
    if not count:
        return THE_TEXT
    parts = "all" if count == len(stay) else f"{count} of {len(stay)}"
    what = f"the text with {parts} parts {how}"
    return Visit(what, _ADVICE, vectors)


def _build(cut: Cut, targets: TargetTensors, given: dict[str, Any], gaps: Gaps) -> dict[str, Any]:
    """Graph code: the score of each coalition."""
    tf = tensorflow()
    run, epsilon, frontier = followed_run(cut, gaps is not Gaps.ANY)
    fillings = [tf.cast(given[f"replacement_{i}"], v.dtype) for i, v in enumerate(run.vectors)]
    value = score_of(cut, run, targets, frontier)
    pieces = all_convolved(run, frontier)
    shown = numbers(run, targets, value)
    whole = WholeCopies(given["batch_size"], cut, run, fillings)
    copies: Copies = whole
    if frontier is not None and pieces:
        copies = _BEHIND[gaps](given["batch_size"], Maxima(cut, run, frontier, pieces, tuple(fillings)))
    places = [given[f"place_{i}"] for i in range(len(fillings))]
    try:
        found = _scores(copies, targets, given, places)
    except FrontierError:
        found = _scores(whole, targets, given, places)
    sample = {} if gaps is Gaps.ANY else _sample(whole, targets, given, places)
    return {**found, **sample, "shown": shown, "epsilon": epsilon}


def _sample(
    whole: WholeCopies, targets: TargetTensors, given: dict[str, Any], places: Sequence[Any]
) -> dict[str, Any]:
    """Graph code: the scores of some copies, by the whole model."""
    tf = tensorflow()
    row, coalitions = (tf.gather(given[name], given["sample"]) for name in ("row", "coalitions"))
    stays = [tf.gather(coalitions, place, axis=1) for place in places]
    return {"sample": tf.cast(whole.scores(row, stays, targets.at(row))[1], tf.float64)}


_BEHIND: dict[Gaps, Callable[[Any, Maxima], Copies]] = {
    Gaps.CLOSE: NearCopies,
    Gaps.OF_FEW_TEXTS: SwappedCopies,
}


def _scores(
    copies: Copies, targets: TargetTensors, given: dict[str, Any], places: Sequence[Any]
) -> dict[str, Any]:
    """Graph code: the scores of copies, chunk by chunk, and what an untouched one has in each."""
    tf = tensorflow()
    all_stays = [tf.gather(given["coalitions"], place, axis=1) for place in places]
    total, batch_size = tf.size(given["row"]), copies.at_once(all_stays)
    untouched = tf.minimum(batch_size - 1, 1)  # rows of each chunk: one, but where a chunk is a single copy
    size = batch_size - untouched

    def body(start: Any, chunk: Any, scores: Any, outputs: Any, last: Any) -> tuple[Any, ...]:
        end = copies.end(start, size, given["row"])
        row, coalitions = given["row"][start:end], given["coalitions"][start:end]
        row = tf.concat([row, tf.repeat(row[-1:], untouched)], 0)
        coalitions = tf.pad(coalitions, [[0, untouched], [0, 0]], constant_values=True)
        stays = [tf.gather(coalitions, place, axis=1) for place in places]
        of = targets.at(row)
        run, value = copies.scores(row, stays, of)
        found = tf.cast(value, tf.float64)
        return (
            end,
            chunk + 1,
            scores.write(chunk, found[: end - start]),
            outputs.write(chunk, numbers(run, of, value)[-1]),
            last.write(chunk, row[-1]),
        )

    scores = tf.TensorArray(tf.float64, 0, dynamic_size=True, infer_shape=False, element_shape=[None])
    outputs = tf.TensorArray(tf.float64, 0, dynamic_size=True, element_shape=[None])
    last = tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=[])
    loop = lambda start, *_: start < total  # noqa: E731
    *_, scores, outputs, last = tf.while_loop(
        loop, body, (0, 0, scores, outputs, last), parallel_iterations=1
    )
    return {
        "scores": scores.concat(),
        "untouched": outputs.stack(),
        "untouched_row": last.stack(),
    }
