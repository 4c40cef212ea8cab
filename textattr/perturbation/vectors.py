"""The game on the split model: the vectors of what is left out are replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.comparison import Comparison, worst
from textattr.origin import Visit, true_vectors
from textattr.perturbation.unit_map import UnitMap
from textattr.proof.copies import numbers, require_untouched, run_on_truth
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Rows
from textattr.suspicions import THE_TEXT, not_finite
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]

_ADVICE = (
    "choose another replacement=, such as 'mean', 'remove', or 'mask' or 'unknown' with a tokenizer that knows one, or "
    "another method"
)


@dataclass(frozen=True, eq=False)
class VectorGame:
    """Scores of documents of which some vectors are replaced, as many at once as the batch size allows.

    Coalitions go into the compiled function, which makes the vectors of one chunk at a time.

    Args:
        split: the split model.
        rows: the documents, with their targets.
        unit_map: where the units stand among the vectors.
        replacement: for each site what is put in, float (1, P or 1, D or 1).
        checks: what was compared so far.
    """

    split: SplitModel
    rows: Rows
    unit_map: UnitMap
    replacement: tuple[Array, ...]
    checks: list[Comparison] = field(default_factory=list)

    def values(self, coalitions: Sequence[tuple[int, Array]]) -> list[Array]:
        """As `Game` says."""
        counts = [len(units) for _, units in coalitions]
        given: dict[str, Any] = {
            "coalitions": np.concatenate([units for _, units in coalitions]),
            "row": np.repeat(np.array([row for row, _ in coalitions], np.int32), counts),
            "batch_size": np.int32(self.rows.batch_size),
        }
        for site, (place, filling) in enumerate(zip(self.unit_map.places, self.replacement, strict=True)):
            given[f"place_{site}"] = place.astype(np.int32)
            given[f"replacement_{site}"] = filling
        found = self.split.program(_build, self.rows, given)
        self._compare(found, given)
        scores = found["scores"]
        if not np.isfinite(scores).all():
            at = int((~np.isfinite(scores)).argmax())
            row = int(given["row"][at])
            raise not_finite(
                self.split, self.rows[[row]], [self._visit(row, given["coalitions"][at]), THE_TEXT]
            )
        return np.split(scores.astype(np.float64), np.cumsum(counts)[:-1])

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


def left_out(stay: Array, vectors: tuple[Array, ...] | None, how: str) -> Visit:
    """A document of which some units do not stay, as what the model was run on."""
    count = int((~stay).sum())
    if not count:
        return THE_TEXT
    parts = "all" if count == len(stay) else f"{count} of {len(stay)}"
    what = f"the text with {parts} parts {how}"
    return Visit(what, _ADVICE, vectors)


def _build(cut: Cut, targets: TargetTensors, given: dict[str, Any]) -> dict[str, Any]:
    """Graph code: the score of each coalition."""
    tf = tensorflow()
    run, epsilon = run_on_truth(cut)
    fillings = [tf.cast(given[f"replacement_{i}"], v.dtype) for i, v in enumerate(run.vectors)]
    total, batch_size = tf.shape(given["row"])[0], given["batch_size"]
    untouched = tf.minimum(batch_size - 1, 1)  # rows of each chunk: one, but where a chunk is a single copy
    size = batch_size - untouched

    def body(start: Any, chunk: Any, scores: Any, outputs: Any, last: Any) -> tuple[Any, ...]:
        end = tf.minimum(start + size, total)
        row, coalitions = given["row"][start:end], given["coalitions"][start:end]
        row = tf.concat([row, tf.repeat(row[-1:], untouched)], 0)
        coalitions = tf.pad(coalitions, [[0, untouched], [0, 0]], constant_values=True)
        vectors = tuple(
            tf.where(tf.gather(coalitions, given[f"place_{i}"], axis=1), tf.gather(true, row), filling)
            for i, (true, filling) in enumerate(zip(run.vectors, fillings, strict=True))
        )
        copies, of = cut.run(row, vectors), targets.at(row)
        value = cut.value(copies, of)
        found = tf.cast(value, tf.float64)
        return (
            end,
            chunk + 1,
            scores.write(chunk, found[: end - start]),
            outputs.write(chunk, numbers(copies, of, value)[-1]),
            last.write(chunk, row[-1]),
        )

    chunks = (total + size - 1) // size
    scores = tf.TensorArray(tf.float64, size=chunks, infer_shape=False, element_shape=[None])
    outputs = tf.TensorArray(tf.float64, size=chunks, element_shape=[None])
    last = tf.TensorArray(tf.int32, size=chunks, element_shape=[])
    loop = lambda start, *_: start < total  # noqa: E731
    *_, scores, outputs, last = tf.while_loop(
        loop, body, (0, 0, scores, outputs, last), parallel_iterations=1
    )
    return {
        "scores": scores.concat(),
        "untouched": outputs.stack(),
        "untouched_row": last.stack(),
        "shown": numbers(run, targets, cut.value(run, targets)),
        "epsilon": epsilon,
    }
