"""Which positions of each text the units of a hidden layer see: from the layers' shapes, or measured by gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.gradcam.layer_calls import LayerCall, layer_calls
from textattr.gradcam.receptive_field import Lengths, Seen, sparse_matrix
from textattr.split.calls import Call, observed
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.layers import walk
from textattr.split.model import SplitModel
from textattr.split.rows import Rows
from textattr.split.sizes import sizes
from textattr.split.survey import Survey
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]

EVERYTHING = 0.99  # a layer of which so many units see so many tokens cannot be placed


@dataclass(frozen=True, eq=False)
class SeenByUnits:
    """What the units of one layer see, for some of the rows.

    Args:
        rows: which rows.
        seen: for each site bool (units, positions); None where that is unknown, or tells nothing.
        note: what the reader should know.
        text: for each site bool (positions): over which a map is stretched where `seen` is None; empty: over all.
    """

    rows: Any
    seen: tuple[Seen | None, ...]
    note: str = ""
    text: tuple[Array, ...] = ()


def all_layer_calls(split: SplitModel, rows: Rows) -> tuple[LayerCall, ...]:
    """Every call of a layer in the model, looked at once."""
    found: tuple[LayerCall, ...] = split.inspect(_layer_calls, rows)
    return found


def _layer_calls(cut: Cut) -> tuple[LayerCall, ...]:
    start = len(tensorflow().compat.v1.get_default_graph().get_operations())
    with observed(cut.model) as calls:
        run = cut.run()
    return layer_calls(calls, {id(layer): path for path, layer in walk(cut.model)}, run, start)


def output_of(cut: Cut, key: tuple[str, int], calls: list[Call]) -> Any:
    """What an observed call of the layer at a path gave, by its number."""
    layer = dict(walk(cut.model))[key[0]]
    return next(call.output for call in calls if call.key == (id(layer), key[1]))


def seen_by_units(
    split: SplitModel, rows: Rows, layer_call: LayerCall, lengths: Lengths, units: int, *, measure: bool
) -> list[SeenByUnits]:
    """What the `units` units of a layer see, for all rows.

    Args:
        split: the model.
        rows: the documents.
        layer_call: the call of the layer.
        lengths: the number of positions of each site.
        units: the length of the layer's output on the time axis.
        measure: whether to measure what the layers' shapes do not tell, with a gradient for each unit.
    """
    survey = split.known(rows.inputs)
    if layer_call.field is not None:
        seen = layer_call.field.seen(lengths)
        if seen[0].shape[0] == units:
            return [SeenByUnits(slice(None), _by_text(survey, seen))]
    if not measure:
        return [SeenByUnits(slice(None), (None,) * len(lengths))]
    found = []
    for row in range(len(rows)):
        seen = _measured(split, rows[row : row + 1], layer_call, units)
        if units > 1 and all(_share_of_seen(m) > EVERYTHING for m in seen if m.shape[1] > 1):
            note = (
                f"every unit of layer {layer_call.name!r} sees the whole text, so that its map cannot be placed token "
                "by token: it was stretched over the text; an earlier layer tells more"
            )
            text = tuple(map(_seen_by_any, seen))
            found.append(SeenByUnits(slice(row, row + 1), (None,) * len(lengths), note, text))
        else:
            found.append(SeenByUnits(slice(row, row + 1), _by_text(survey, seen)))
    return found


def _seen_by_any(seen: Seen) -> Array:
    """Which positions any unit sees: padding is seen by none."""
    return np.asarray(seen.getnnz(axis=0) > 0)


def _share_of_seen(seen: Seen) -> float:
    """How much of what any of the units sees each of them sees."""
    tokens = np.count_nonzero(_seen_by_any(seen))
    return float(seen.nnz / (seen.shape[0] * tokens)) if tokens else 1.0


def _measured(split: SplitModel, row: Rows, layer_call: LayerCall, units: int) -> tuple[Seen, ...]:
    """Which vectors have a gradient at each unit, for one document."""
    parts = []
    for start in range(0, units, row.batch_size):
        unit = np.arange(start, min(start + row.batch_size, units), dtype=np.int32)
        copies = row[np.zeros(len(unit), int)]
        parts.append(split.program(_gradients_at, copies, {"unit": unit}, options=(layer_call.key,)))
    return tuple(sparse_matrix(np.concatenate(chunks)) for chunks in zip(*parts, strict=True))


def _gradients_at(cut: Cut, _: TargetTensors, given: dict[str, Any], key: tuple[str, int]) -> tuple[Any, ...]:
    """Graph code: which vectors have a gradient at one unit of a layer's output for each row, bool (R, P)."""
    tf = tensorflow()
    with observed(cut.model) as calls:
        run = cut.run()
    output = output_of(cut, key, calls)
    flat = tf.reshape(output, [*sizes(output)[:2], -1])
    ones = tf.reduce_sum(tf.gather(flat, given["unit"], axis=1, batch_dims=1))
    gradients = tf.gradients(ones, list(run.entries), unconnected_gradients=tf.UnconnectedGradients.ZERO)
    per_position = (
        tf.reshape(tf.convert_to_tensor(g), tf.shape(v)) for g, v in zip(gradients, run.vectors, strict=True)
    )
    return tuple(tf.reduce_any(g != 0, -1) for g in per_position)


def _by_text(survey: Survey, seen: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """Several tables over the same ids are one text: the first site of them gets what any of them gives."""
    found = list(seen)
    for text in survey.texts:
        first, *more = text.entries
        if more and len({seen[site].shape[1] for site in text.entries}) == 1 and not text.is_sliced:
            found[first] = sum((seen[site] for site in more), seen[first]).astype(bool)
            for site in more:
                found[site] = sparse_matrix(np.zeros(seen[site].shape, bool))
    return tuple(found)
