"""Does a document, untouched, among its perturbed copies have the scores that are shown of it?

It is run where its copies are run, on vectors that are put in. A difference is one of two things: the copies of a
batch influence each other, or what is put in does not arrive. The first goes away where each runs alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from textattr.comparison import Comparison
from textattr.errors import ModelOutputError
from textattr.proof.compare import compared
from textattr.split.cut import Cut, Run
from textattr.split.family import tensorflow
from textattr.split.rounding import rounding_since
from textattr.split.sites import Site
from textattr.split.sizes import sizes
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]

AMONG_COPIES = "the document itself, among its perturbed copies"


class InfluencedError(Exception):
    """An untouched copy in the company of others has other scores than the document: each is to be run alone."""


def run_on_truth(cut: Cut, entered: Callable[[Site, Any], None] | None = None) -> tuple[Run, float]:
    """Graph code: the run on the true vectors, and its rounding; `entered` as for `Cut.run`."""
    tf = tensorflow()
    start = len(tf.compat.v1.get_default_graph().get_operations())
    run = cut.run(entered=entered)
    return run, rounding_since(start)


def numbers(run: Run, targets: TargetTensors, value: Any) -> Any:
    """Graph code: what two runs of a document must agree in, float64 (R, N).

    The score that is attributed, `value`, with those of all classes; of a function, which may blow up what rounding
    does, all that it reads.
    """
    tf = tensorflow()
    reads_all = targets.selector.reads_every_output
    outputs = [each for each in tf.nest.flatten(run.outputs) if each.dtype.is_floating]
    parts = [run.scores, *(outputs if reads_all else [value[:, None]])]
    if reads_all or run.scores.shape.rank != 2:
        rows = sizes(run.scores)[0]
        parts = [tf.reshape(part, [rows, -1]) for part in parts]
    return tf.concat([tf.cast(part, tf.float64) for part in parts], 1)


def require_untouched(expected: Array, got: Array, epsilon: float, *, alone: bool) -> Comparison:
    """What was compared, where it is the same up to rounding.

    Args:
        expected: float (R, N), as `numbers` gives them, of the documents as they are shown.
        got: the same of untouched copies.
        epsilon: the rounding of the model, as `rounding_since` gives it.
        alone: whether each copy ran alone.

    Raises:
        InfluencedError: where they differ, and the copies ran side by side.
        ModelOutputError: where they differ though each ran alone.
    """
    check = compared(AMONG_COPIES, expected, got, epsilon)
    if check.holds:
        return check
    if not alone:
        raise InfluencedError
    raise ModelOutputError(
        f"expected {AMONG_COPIES} to have the scores that are shown of it, but they differ by {check.difference:.3g} "
        f"where rounding explains {check.bound:.3g}: the copies are not those of this document. Use another method, "
        "name the lookup with embedding_layer=, or explain a function of texts, such as "
        "lambda texts: model.predict(encode(texts)); and please report the model"
    )
