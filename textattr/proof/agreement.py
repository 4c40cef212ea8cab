"""Do the cut model and the model agree on the documents at hand? Asked once for each structure of inputs.

Three runs are compared: the model itself, which nothing intercepts; the cut model on the vectors that its
lookups give; and the cut model on new tensors with the same numbers, which take the way that perturbed vectors take.
A mask that is lost, vectors that are put in at the wrong place, dropout that is left on, or a layer that does something
else where lengths are unknown, show as a difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.comparison import Comparison
from textattr.errors import ModelOutputError
from textattr.proof.compare import compared
from textattr.split.calls import observed
from textattr.split.cut import Cut, Run
from textattr.split.family import tensorflow
from textattr.split.layers import walk
from textattr.split.model import SplitModel
from textattr.split.rounding import rounding_since
from textattr.split.rows import Rows
from textattr.split.sanity import require_scores_of_each
from textattr.split.sites import GATHER
from textattr.split.sizes import sizes

Array = npt.NDArray[Any]

UNINJECTED = "the cut model, on its own vectors"
INJECTED = "the cut model, on vectors that are put in"
ACTIVATED = "the scores, put through the last activation"

ADVICE = (
    "name the lookup with embedding_layer=, or explain a function of texts, such as "
    "lambda texts: model.predict(encode(texts)), which is taken as it is; and please report the model"
)


@dataclass(frozen=True, eq=False)
class Agreement:
    """What was compared.

    Args:
        checks: one for each comparison.
        logits: float (R, C), of the documents.
        traces: float (R, P) for each site of text: what tells the vectors that enter there from others.
        epsilon: the rounding of the model, as `rounding_since` gives it.
    """

    checks: tuple[Comparison, ...]
    logits: Array
    traces: tuple[Array, ...]
    epsilon: float


def agreement(split: SplitModel, rows: Rows) -> Agreement:
    """Compare the cut model with the model on some rows.

    Raises:
        ModelOutputError: where they differ by more than rounding; it says where that begins.
        DocumentError: where the scores are those of another number of rows.
    """
    seen = _seen(split, rows)
    epsilon = seen["epsilon"]
    own = _own(split, rows)
    checks = [compared(UNINJECTED, own, seen["cut"], epsilon)]
    checks.append(compared(ACTIVATED, seen["output"], seen["activated"], epsilon))
    if seen["injected"] is not None:
        checks.append(compared(INJECTED, own, seen["injected"], epsilon))
    for check in checks:
        if not check.holds:
            raise _disagreement(split, rows, check, epsilon)
    return Agreement(tuple(checks), seen["logits"], seen["traces"], epsilon)


def _own(split: SplitModel, rows: Rows) -> Array:
    """What the model itself says, float64 (R, N); of one document at a time where it takes no more."""
    try:
        found: Array = _flat(split.answer(rows.inputs), len(rows)).numpy()
    except Exception:  # whatever a layer raises that is made for batches of one
        if len(rows) == 1:
            raise
        return np.concatenate([_own(split, rows[i : i + 1]) for i in range(len(rows))])
    return found


def scores_of(split: SplitModel, rows: Rows) -> Array:
    """The scores of rows, float (R, C), by what is compiled for the comparison already."""
    logits: Array = _seen(split, rows)["logits"]
    return logits


def traces_of(split: SplitModel, rows: Rows) -> tuple[Array, ...]:
    """What tells the vectors of rows from others, as in `Agreement`, by what is compiled for the comparison already."""
    traces: tuple[Array, ...] = _seen(split, rows)["traces"]
    return traces


def _seen(split: SplitModel, rows: Rows) -> dict[str, Any]:
    found: dict[str, Any] = split.program(_compare, rows, runs_often=False)
    require_scores_of_each(found["logits"], len(rows))
    return found


def _compare(cut: Cut, *_: Any) -> dict[str, Any]:
    """Graph code: the two runs of the cut model."""
    tf = tensorflow()
    start = len(tf.compat.v1.get_default_graph().get_operations())
    count = sizes(tf.nest.flatten(cut.inputs)[0])[0]
    run = cut.run()
    rounding = rounding_since(start)
    injected = _injected(cut, run)
    output, logits = cut.understood(run.outputs)
    return {
        "cut": _flat(run.outputs, count),
        "injected": None if injected is None else _flat(injected.outputs, count),
        "output": output,
        "activated": _activated(cut.head.activation, logits),
        "logits": run.logits,
        "traces": tuple(map(_trace, run.vectors)),
        "epsilon": rounding,
    }


def _trace(vectors: Any) -> Any:
    """A number of each vector, (R, P, D) -> (R, P): its product with another whose numbers are all different."""
    tf = tensorflow()
    wide = tf.cast(vectors, tf.float64)
    return tf.linalg.matvec(wide, tf.cos(tf.range(1, sizes(vectors)[2] + 1, dtype=tf.float64)))


def _activated(activation: str | None, logits: Any) -> Any:
    """What the output must be: the logits, put through the activation that was taken off, if there was one."""
    tf = tensorflow()
    known = {"softmax": tf.nn.softmax, "log_softmax": tf.nn.log_softmax, "sigmoid": tf.sigmoid}
    return logits if activation is None else known[activation](logits)


def _injected(cut: Cut, run: Run) -> Run | None:
    """The cut model on new tensors with the numbers of the run; None where vectors cannot be put in."""
    if any(site.kind == GATHER for site in cut.sites.texts):
        return None
    return cut.run(vectors=tuple(tensorflow().identity(vectors) for vectors in run.vectors))


def _flat(outputs: Any, count: Any) -> Any:
    """All numbers that a model returned for `count` documents, float64 (count, N)."""
    tf = tensorflow()
    leaves = [leaf for leaf in tf.nest.flatten(outputs) if leaf.dtype != tf.string]
    return tf.concat([tf.cast(tf.reshape(leaf, [count, -1]), tf.float64) for leaf in leaves], axis=1)


def _disagreement(split: SplitModel, rows: Rows, check: Comparison, epsilon: float) -> ModelOutputError:
    layer = None if check.name == ACTIVATED else _first_to_differ(split, rows, check.name, epsilon)
    begins = "" if layer is None else f"; the first layer whose output differs is {layer!r}"
    return ModelOutputError(
        f"expected {check.name} to give what the model gives, but it differs by {check.difference:.3g} where rounding "
        f"explains {check.bound:.3g}{begins}: what would be explained is not the model. To go on, {ADVICE}"
    )


def _first_to_differ(split: SplitModel, rows: Rows, name: str, epsilon: float) -> str | None:
    """The path of the first layer whose output is not what it is in the model itself; None where that is not seen."""
    layers = dict(walk(split.model))
    keys: list[tuple[int, int]] = []

    def outputs(cut: Cut, *_: Any) -> list[Any]:
        run = cut.run()
        with observed(cut.model) as calls:
            again = _injected(cut, run) if name == INJECTED else cut.run()
            assert again is not None
        keys[:] = [call.key for call in calls]
        return [call.output for call in calls]

    try:
        found = dict(zip(keys, split.run_once(outputs, rows), strict=True))
        with observed(split.model) as calls:
            split.answer(rows.inputs)
    except Exception:  # noqa: BLE001  (the model's code runs again, and must not hide the difference with what it raises)
        return None
    for call in calls:
        if call.key in found and not _is_alike(call.output.numpy(), found[call.key], epsilon):
            return next(path for path, layer in layers.items() if layer is call.layer)
    return None


def _is_alike(own: Array, other: Array, epsilon: float) -> bool:
    return own.shape == other.shape and compared("", own, other, epsilon).holds
