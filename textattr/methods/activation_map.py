"""A hidden layer's activations and gradients, made a map over the tokens: what all versions of Grad-CAM do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import choice, flag
from textattr.gradcam.layer_calls import LayerCall
from textattr.gradcam.layer_choice import not_whole
from textattr.gradcam.receptive_field import average_of_seers
from textattr.gradcam.seen_by_units import SeenByUnits, all_layer_calls, output_of, seen_by_units
from textattr.gradcam.stretch import KINDS, interpolated
from textattr.methods.gradient import outcome
from textattr.methods.method import Method, rows_of
from textattr.split.calls import observed
from textattr.split.cut import Cut, wide
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.sizes import sizes
from textattr.suspicions import not_finite
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]

RECEPTIVE_FIELD = "receptive_field"


@dataclass(frozen=True, eq=False)
class ActivationMap(Method):
    """What Grad-CAM and its first version for text share: one gradient at hidden layers, and a map of each."""

    name: ClassVar[str] = "gradcam"

    layer: Any = None
    relu: bool = True
    counterfactual: bool = False
    interpolation_kind: str = RECEPTIVE_FIELD

    def __post_init__(self) -> None:
        choice("interpolation_kind", self.interpolation_kind, (RECEPTIVE_FIELD, *KINDS))
        flag("relu", self.relu)
        flag("counterfactual", self.counterfactual)

    @abstractmethod
    def chosen(self, known: Sequence[LayerCall], model: Any) -> list[LayerCall]:
        """Which calls of layers to look at."""

    @abstractmethod
    def layer_map(self, activations: Any, gradients: Any, shares: Any) -> Any:
        """The map of a layer, in TensorFlow: (R, U, K), (R, U, K), each unit's share in the mean (R, U) -> (R, U)."""

    def counts_all(self, *, has_padding: bool) -> bool:  # noqa: ARG002  (some override both)
        """Whether it is plain before the model runs that all units take part in the mean of the gradient."""
        return True

    def counted(self, rows: Rows, masks: Sequence[Array | None], seen: SeenByUnits, units: int) -> Array:  # noqa: ARG002
        """Which units take part in it: bool (R, U)."""
        return np.ones((len(rows), units), bool)

    @abstractmethod
    def shown(self, heat: Array, real: Array | None) -> Array:
        """The map over the tokens, float (R, P), as it is to be shown; `real` is False where they are padding."""

    def heatmap(
        self, model: Any, ids: Any, *, target: Any = None, score: str | None = None, batch_size: int = 64
    ) -> Any:
        """The map over the units of the layer, before it is stretched over the tokens.

        Args:
            model: Keras 3 or tf_keras model.
            ids: whatever the model takes, with a batch axis.
            target: a class, or one per row, int (B,); None: the predicted class of each row.
            score: "logit", "log_odds" or "probability"; None: what the method is for.
            batch_size: rows that the model sees at once.

        Returns:
            float (B, T'), T' units of the layer; for several layers a dict of such arrays by the layers' names.

        Raises:
            TextAttrError: as `attribute` of the other methods; LayerError for a layer without a time axis.
        """
        kind = self.score if score is None else score
        split, rows = rows_of(
            model, ids, target=target, score=kind, embedding_layer=None, batch_size=batch_size
        )
        parts = [self._maps(split, part) for part in rows.in_groups(batch_size)]
        names = [layer_call.name for layer_call, _, _ in parts[0][1]]
        for start, (_, found) in zip(range(0, len(rows), batch_size), parts, strict=True):
            for row in np.flatnonzero(~np.all([np.isfinite(units).all(1) for _, units, _ in found], axis=0)):
                only = rows[[start + row]]
                raise not_finite(split, only, self.visits(split, only))
        maps = {name: np.concatenate([part[1][i][1] for part in parts]) for i, name in enumerate(names)}
        return maps if len(maps) > 1 else maps[names[0]]

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """One forward and one backward pass, compiled; what follows is small."""
        found, maps = self._maps(split, rows)
        lengths = [int(n) for n in found["lengths"]]
        total = [np.zeros((len(rows), n)) for n in lengths]
        notes: list[list[str]] = [_of_columns(split, rows) for _ in range(len(rows))]
        for _, units, views in maps:
            for view in views:
                here = range(len(rows))[view.rows]
                for site, length in enumerate(lengths):
                    total[site][view.rows] += self._stretched(units[view.rows], view, site, length)
                for row in here:
                    notes[row] += [view.note] if view.note else []
        real = [real_tokens(rows, found["masks"], site) for site in range(len(total))]
        relevance = tuple(self.shown(*each) for each in zip(total, real, strict=True))
        is_zero = ~np.any([np.any(heat != 0, axis=1) for heat in relevance], axis=0)
        for row in np.flatnonzero(is_zero & found["moved"]) if self.relu else ():
            notes[row].append(self._cut_off())
        return Attribution(
            relevance=relevance,
            masks=found["masks"],
            others=(),
            target=found["target"],
            value=found["value"],
            logits=found["logits"],
            probabilities=found["probabilities"],
            diagnostics={
                "layer": np.full(len(rows), ", ".join(layer_call.name for layer_call, _, _ in maps))
            },
            warnings=tuple(map(tuple, notes)),
        )

    def _cut_off(self) -> str:
        side = "for" if self.counterfactual else "against"
        other = "counterfactual=False" if self.counterfactual else "counterfactual=True"
        return f"relu=True cut everything off: at this layer all speaks {side} the target; pass relu=False or {other}"

    def _maps(
        self, split: SplitModel, rows: Rows
    ) -> tuple[dict[str, Any], list[tuple[LayerCall, Array, list[SeenByUnits]]]]:
        """What the model gave, and for each chosen layer its map (R, U) and what its units see."""
        known = all_layer_calls(split, rows)
        chosen = self.chosen(known, split.model)
        has_pads = any(pads is not None for pads in rows.pads)
        keys = tuple(layer_call.key for layer_call in chosen)
        found = split.program(_build, rows, options=(self._of_graph, keys, has_pads))
        lengths = tuple(int(n) for n in found["lengths"])
        maps = []
        for layer_call, result in zip(chosen, found["layers"], strict=True):
            count, units = next(iter(result.values())).shape[:2]
            if count != len(rows):
                raise not_whole(layer_call, known)
            measure = self.interpolation_kind == RECEPTIVE_FIELD
            views = seen_by_units(split, rows, layer_call, lengths, units, measure=measure)
            heat = result.get("map")
            if heat is None:
                counted = [
                    self.counted(rows[view.rows], _rows_of(found["masks"], view.rows), view, units)
                    for view in views
                ]
                shares = _shares(np.concatenate(counted), result["gradients"].dtype)
                heat = self.layer_map(result["activations"], result["gradients"], shares).numpy()
            maps.append((layer_call, self._signed(heat), views))
        return found, maps

    @cached_property
    def _of_graph(self) -> ActivationMap:
        """The same, but for options of which nothing is in the graph: they tell no compiled functions apart."""
        return replace(self, layer=None, relu=True, counterfactual=False, interpolation_kind="linear")

    def _signed(self, heat: Array) -> Array:
        heat = -heat if self.counterfactual else heat
        return np.maximum(heat, 0) if self.relu else heat

    def _stretched(self, units: Array, view: SeenByUnits, site: int, positions: int) -> Array:
        """The map of the units over the positions of a site."""
        seen, kind = view.seen[site], self.interpolation_kind
        if seen is not None and kind == RECEPTIVE_FIELD:
            return average_of_seers(seen, units)
        heat = np.zeros((len(units), positions))
        if seen is not None and not seen.nnz:
            return heat
        text = view.text[site] if view.text else np.ones(positions, bool)
        heat[:, text] = interpolated(units, int(text.sum()), "linear" if kind == RECEPTIVE_FIELD else kind)
        return heat


def _build(
    cut: Cut,
    targets: TargetTensors,
    _: dict[str, Any],
    method: ActivationMap,
    keys: tuple[tuple[str, int], ...],
    has_pads: bool,
) -> dict[str, Any]:
    """Graph code: the maps, where all units count; else what they are made of, for what counts is known later."""
    tf = tensorflow()
    with observed(cut.model) as calls:
        run = cut.run()
    targets = cut.fixed(run, targets)
    value = cut.value(run, targets)
    outputs = [output_of(cut, key, calls) for key in keys]
    slopes = tf.gradients(value, outputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    pairs = [(_flat(o), _flat(tf.convert_to_tensor(g))) for o, g in zip(outputs, slopes, strict=True)]
    if method.counts_all(has_padding=has_pads or any(mask is not None for mask in run.masks)):
        layers = [
            {"map": method.layer_map(a, g, tf.ones_like(g[..., 0]) / tf.cast(tf.shape(g)[1], g.dtype))}
            for a, g in pairs
        ]
    else:
        layers = [{"activations": a, "gradients": g} for a, g in pairs]
    moved = tf.stack([tf.reduce_any(g != 0, [1, 2]) for _, g in pairs])
    return {
        **outcome(cut, run, (), (), cut.classes(run, targets), value),
        "layers": tuple(layers),
        "moved": tf.reduce_any(moved, 0),
        "lengths": tuple(tf.shape(v)[1] for v in run.vectors),
    }


def _flat(tensor: Any) -> Any:
    """(R, U, ..., K) as float (R, U, everything else): a map sums over it all the same."""
    tensor = wide(tensor)
    return tensor if tensor.shape.rank == 3 else tensorflow().reshape(tensor, [*sizes(tensor)[:2], -1])


def weighted(activations: Any, gradients: Any, shares: Any) -> Any:
    """sum_k w_k A_uk with w_k = sum_u share_u g_uk."""
    tf = tensorflow()
    counted = tf.where(
        shares[..., None] == 0, tf.zeros_like(gradients), gradients
    )  # what has no share may be NaN
    weights = tf.einsum("ruk,ru->rk", counted, shares)
    return tf.einsum("ruk,rk->ru", activations, weights)


def _of_columns(split: SplitModel, rows: Rows) -> list[str]:
    """What to say of named columns beside the text, over which no layer has a map."""
    names = [text.name for text in split.known(rows.inputs).texts if text.is_beside]
    if not names:
        return []
    columns = f"a map over the tokens says nothing of the columns of {', '.join(map(str, names))}"
    return [f"{columns}: their weights are 0 for that reason; take another method to see whether they count"]


def normalized(gradients: Any) -> Any:
    """Divided by their L2 norm over the whole document."""
    tf = tensorflow()
    squares = tf.reduce_sum(tf.square(gradients), [1, 2], keepdims=True)
    return gradients * tf.math.rsqrt(tf.maximum(squares, tf.constant(1e-12, gradients.dtype)))


def _shares(counted: Array, dtype: Any) -> Array:
    shares: Array = (counted / counted.sum(1, keepdims=True)).astype(dtype)
    return shares


def _rows_of(masks: Sequence[Array | None], which: Any) -> list[Array | None]:
    return [None if mask is None else mask[which] for mask in masks]


def real_tokens(rows: Rows, masks: Sequence[Array | None], site: int) -> Array | None:
    """Which positions of a site are no padding, bool (R, P); None where no padding is known."""
    pads = rows.pads[site] if rows.pads else None
    known = [flags for flags in (masks[site], None if pads is None else ~pads) if flags is not None]
    return np.logical_and.reduce(known) if known else None
