"""Grad-CAM: the activations of a hidden layer, weighted by their mean gradient."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.errors import OptionError
from textattr.methods.gradient import outcome
from textattr.methods.layer_choice import choose, first, last
from textattr.methods.method import Method, rows_of
from textattr.methods.receptive_field import average_of_seers
from textattr.methods.sight import Sight, all_moments, call_of, sights
from textattr.methods.stretch import KINDS, interpolated
from textattr.methods.timeline import Moment
from textattr.split.calls import observed
from textattr.split.cut import Cut, wide
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows

Array = npt.NDArray[Any]

RECEPTIVE_FIELD = "receptive_field"


@dataclass(frozen=True)
class ActivationMap(Method):
    """What Grad-CAM and its first version for text share: one gradient at hidden layers, and a map of each."""

    name: ClassVar[str] = "gradcam"

    layer: Any = None
    relu: bool = True
    counterfactual: bool = False
    interpolation_kind: str = RECEPTIVE_FIELD

    def __post_init__(self) -> None:
        if self.interpolation_kind not in (RECEPTIVE_FIELD, *KINDS):
            raise OptionError(
                f"unknown interpolation_kind {self.interpolation_kind!r}: choose one of "
                f"{', '.join((RECEPTIVE_FIELD, *KINDS))}"
            )
        for name in ("relu", "counterfactual"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise OptionError(f"{name} must be True or False, got {getattr(self, name)!r}")

    @abstractmethod
    def chosen(self, known: Sequence[Moment], model: Any) -> list[Moment]:
        """Which calls of layers to look at."""

    @abstractmethod
    def counted(self, rows: Rows, masks: Sequence[Array | None], seen: Sight, units: int) -> Array:
        """Which units take part in the mean of the gradient: bool (R, U)."""

    @abstractmethod
    def counts_all(self, rows: Rows, masks: Sequence[Any]) -> bool:
        """Whether it is plain before the model runs that all units take part in the mean."""

    @abstractmethod
    def layer_map(self, activations: Any, gradients: Any, shares: Any) -> Any:
        """The map of a layer, in TensorFlow: (R, U, K), (R, U, K), each unit's share in the mean (R, U) -> (R, U)."""

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
            score: "logit" or "probability"; None: what the method is for.
            batch_size: rows that the model sees at once.

        Returns:
            float (B, T'), T' units of the layer; for several layers a dict of such arrays by the layers' names.

        Raises:
            TextAttrError: as `attribute` of the other methods; LayerError for a layer without a time axis.
        """
        wish = self.score if score is None else score
        split, rows = rows_of(
            model, ids, target=target, score=wish, embedding_layer=None, batch_size=batch_size
        )
        parts = [self._maps(split, rows[i : i + batch_size]) for i in range(0, len(rows), batch_size)]
        names = [moment.name for moment, _, _ in parts[0][1]]
        maps = {name: np.concatenate([part[1][i][1] for part in parts]) for i, name in enumerate(names)}
        return maps if len(maps) > 1 else maps[names[0]]

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """One forward and one backward pass, compiled; what follows is small."""
        found, maps = self._maps(split, rows)
        lengths = [int(n) for n in found["lengths"]]
        total = [np.zeros((len(rows), n)) for n in lengths]
        notes: list[list[str]] = [[] for _ in range(len(rows))]
        for _, units, views in maps:
            for view in views:
                here = range(len(rows))[view.rows]
                for site, seen in enumerate(view.seen):
                    total[site][view.rows] += self._stretched(units[view.rows], seen, lengths[site])
                for row in here:
                    notes[row] += [view.note] if view.note else []
        real = [_real(rows, found["masks"], site) for site in range(len(total))]
        relevance = tuple(self.shown(*each)[..., None] for each in zip(total, real, strict=True))
        is_zero = ~np.any([np.any(heat != 0, axis=(1, 2)) for heat in relevance], axis=0)
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
            diagnostics={"layer": np.full(len(rows), ", ".join(moment.name for moment, _, _ in maps))},
            warnings=tuple(map(tuple, notes)),
        )

    def _cut_off(self) -> str:
        side = "for" if self.counterfactual else "against"
        other = "counterfactual=False" if self.counterfactual else "counterfactual=True"
        return f"relu=True cut everything off: at this layer all speaks {side} the target; pass relu=False or {other}"

    def _maps(
        self, split: SplitModel, rows: Rows
    ) -> tuple[dict[str, Any], list[tuple[Moment, Array, list[Sight]]]]:
        """What the model gave, and for each chosen layer its map (R, U) and what its units see."""
        chosen = self.chosen(all_moments(split, rows), split.model)
        is_padded = any(pads is not None for pads in rows.pads)
        names = tuple(moment.name for moment in chosen)
        # what is not in the graph does not tell one compiled function from another
        key = replace(self, layer=None, relu=True, counterfactual=False, interpolation_kind="linear")
        found = split.program((key, names, is_padded), self._build(chosen, rows), rows, {})
        lengths = tuple(int(n) for n in found["lengths"])
        maps = []
        for moment, result in zip(chosen, found["layers"], strict=True):
            units = next(iter(result.values())).shape[1]
            measure = self.interpolation_kind == RECEPTIVE_FIELD
            views = sights(split, rows, moment, lengths, units, measure=measure)
            heat = result.get("map")
            if heat is None:
                counted = [
                    self.counted(rows[view.rows], _rows_of(found["masks"], view.rows), view, units)
                    for view in views
                ]
                shares = _shares(np.concatenate(counted), result["gradients"].dtype)
                heat = self.layer_map(result["activations"], result["gradients"], shares).numpy()
            maps.append((moment, self._signed(heat), views))
        return found, maps

    def _build(self, chosen: Sequence[Moment], rows: Rows) -> Any:
        """Graph code: the maps, where all units count; else what they are made of, for what counts is known later."""

        def build(cut: Cut, target: Any, against: Any, _: dict[str, Any]) -> dict[str, Any]:
            tf = tensorflow()
            with observed(cut.model) as calls:
                run = cut.run()
            resolved = cut.resolve(run, target)
            value = cut.value(run, resolved, against)
            outputs = [call_of(moment, calls).output for moment in chosen]
            slopes = tf.gradients(value, outputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            pairs = [(_flat(o), _flat(tf.convert_to_tensor(g))) for o, g in zip(outputs, slopes, strict=True)]
            if self.counts_all(rows, run.masks):
                layers = [
                    {"map": self.layer_map(a, g, tf.ones_like(g[..., 0]) / tf.cast(tf.shape(g)[1], g.dtype))}
                    for a, g in pairs
                ]
            else:
                layers = [{"activations": a, "gradients": g} for a, g in pairs]
            moved = tf.stack([tf.reduce_any(g != 0, [1, 2]) for _, g in pairs])
            return {
                **outcome(run, (), (), resolved, value),
                "layers": tuple(layers),
                "moved": tf.reduce_any(moved, 0),
                "lengths": tuple(tf.shape(v)[1] for v in run.vectors),
            }

        return build

    def _signed(self, heat: Array) -> Array:
        heat = -heat if self.counterfactual else heat
        return np.maximum(heat, 0) if self.relu else heat

    def _stretched(self, units: Array, seen: Any, positions: int) -> Array:
        if seen is not None and self.interpolation_kind == RECEPTIVE_FIELD:
            return average_of_seers(seen, units)
        if seen is not None and not seen.nnz:
            return np.zeros((len(units), positions))
        return interpolated(
            units,
            positions,
            "linear" if self.interpolation_kind == RECEPTIVE_FIELD else self.interpolation_kind,
        )


@dataclass(frozen=True)
class GradCAM(ActivationMap):
    """Where a hidden layer sees what speaks for the target.

    L_t = sum_k w_k A_tk with w_k = mean over t of d score / d A_tk, A the layer's activations (Selvaraju et al. 2016,
    https://arxiv.org/abs/1610.02391). Units that see nothing but padding take no part in the mean. Each token gets
    the average of the units that see it; maps of several layers are added.

    Args:
        layer: index, name, path, layer, "path:call" for a layer that is called several times, or a list of these;
            None: the last layer whose output still has a value per token, in each branch of the model.
        relu: keep only the units that speak for the target; a token may still be seen by units of either kind.
        counterfactual: what speaks against the target instead.
        interpolation_kind: "receptive_field", or a kind of `scipy.interpolate.interp1d`: linear, nearest, nearest-up,
            zero, slinear, quadratic, cubic, previous, next.
        normalize: None, or "l2": divide the gradient by its L2 norm over the whole document.
        include_padding: let padding take part in the mean of the gradient.

    Raises:
        OptionError: for an unknown interpolation or normalization.
        LayerError: when used, for a layer that is not there or has no value per token.

    Example:
        >>> GradCAM(layer="conv", relu=False).interpolation_kind
        'receptive_field'
    """

    title: ClassVar[str] = "Grad-CAM"

    normalize: str | None = None
    include_padding: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.include_padding, bool | np.bool_):
            raise OptionError(f"include_padding must be True or False, got {self.include_padding!r}")
        if self.normalize not in (None, "l2"):
            raise OptionError(f"unknown normalize {self.normalize!r}: choose None or 'l2'")

    @staticmethod
    def eli5(
        layer: Any = None,
        *,
        relu: bool = True,
        counterfactual: bool = False,
        interpolation_kind: str = "linear",
    ) -> FirstGradCAM:
        """Grad-CAM as eli5's fork for Keras text models computed it, faults included; to compare with it.

        Args:
            layer: as for `GradCAM`; None: the first layer with a value per token, the embedding.
            relu: as for `GradCAM`.
            counterfactual: as for `GradCAM`.
            interpolation_kind: a kind of `scipy.interpolate.interp1d`.
        """
        return FirstGradCAM(layer, relu, counterfactual, interpolation_kind)

    def chosen(self, known: Sequence[Moment], model: Any) -> list[Moment]:
        """What the user named, else the last of each branch."""
        return last(known) if self.layer is None else choose(self.layer, known, model)

    def counted(self, rows: Rows, masks: Sequence[Array | None], seen: Sight, units: int) -> Array:
        """Units that see a token which is no padding."""
        count = np.ones((len(rows), units), bool)
        if self.include_padding:
            return count
        real = [_real(rows, masks, site) for site in range(len(masks))]
        if all(each is None for each in real):
            return count
        found = np.zeros_like(count)
        for each, matrix in zip(real, seen.seen, strict=True):
            if matrix is None:
                return each if each is not None and each.shape == count.shape else count
            tokens = np.ones((len(rows), matrix.shape[1]), bool) if each is None else each
            found |= (matrix @ tokens.T.astype(np.int32)).T > 0
        return np.asarray(found | ~found.any(1, keepdims=True))

    def counts_all(self, rows: Rows, masks: Sequence[Any]) -> bool:
        """Where nobody knows of padding, or it is to be included."""
        nobody_knows = all(each is None for each in (*masks, *rows.pads))
        return self.include_padding or nobody_knows

    def layer_map(self, activations: Any, gradients: Any, shares: Any) -> Any:
        """The sum over the channels, weighted by the mean gradient of the units that count."""
        gradients = _normalized(gradients) if self.normalize == "l2" else gradients
        return _weighted(activations, gradients, shares)

    def shown(self, heat: Array, real: Array | None) -> Array:
        """After relu=True nothing is negative, whatever a spline made of it; padding has no part."""
        heat = np.maximum(heat, 0) if self.relu else heat
        return heat if real is None or self.include_padding else np.where(real, heat, 0)


@dataclass(frozen=True)
class FirstGradCAM(ActivationMap):
    """Grad-CAM with the numbers of eli5's fork for Keras text models: see `GradCAM.eli5`.

    The gradient of the probability, divided by its L2 norm; padding takes part in the mean; the map is stretched over
    the text with its padding, end on end, and not clipped afterwards; padding is what `pad_value` says, masks aside.
    """

    title: ClassVar[str] = "Grad-CAM (eli5)"
    score: ClassVar[str] = "probability"
    heeds_masks: ClassVar[bool] = False

    interpolation_kind: str = "linear"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.interpolation_kind == RECEPTIVE_FIELD:
            raise OptionError(
                f"GradCAM.eli5 knows no interpolation_kind={RECEPTIVE_FIELD!r}: choose one of {', '.join(KINDS)}"
            )

    def chosen(self, known: Sequence[Moment], model: Any) -> list[Moment]:
        """What the user named, else the first there is."""
        return first(known) if self.layer is None else choose(self.layer, known, model)

    def counted(self, rows: Rows, masks: Sequence[Array | None], seen: Sight, units: int) -> Array:  # noqa: ARG002
        """All of them."""
        return np.ones((len(rows), units), bool)

    def counts_all(self, rows: Rows, masks: Sequence[Any]) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def layer_map(self, activations: Any, gradients: Any, shares: Any) -> Any:
        """The sum over the channels, weighted by the mean of the normalized gradient."""
        return _weighted(activations, _normalized(gradients), shares)

    def shown(self, heat: Array, real: Array | None) -> Array:  # noqa: ARG002
        """As it is."""
        return heat


def _flat(tensor: Any) -> Any:
    """(R, U, ..., K) as float (R, U, everything else): a map sums over it all the same."""
    tf = tensorflow()
    tensor = wide(tensor)
    return (
        tensor if tensor.shape.rank == 3 else tf.reshape(tensor, tf.concat([tf.shape(tensor)[:2], [-1]], 0))
    )


def _weighted(activations: Any, gradients: Any, shares: Any) -> Any:
    """sum_k w_k A_uk with w_k = sum_u share_u g_uk."""
    tf = tensorflow()
    weights = tf.einsum("ruk,ru->rk", gradients, shares)
    return tf.einsum("ruk,rk->ru", activations, weights)


def _shares(counted: Array, dtype: Any) -> Array:
    shares: Array = (counted / counted.sum(1, keepdims=True)).astype(dtype)
    return shares


def _normalized(gradients: Any) -> Any:
    tf = tensorflow()
    squares = tf.reduce_sum(tf.square(gradients), [1, 2], keepdims=True)
    return gradients * tf.math.rsqrt(tf.maximum(squares, tf.constant(1e-12, gradients.dtype)))


def _rows_of(masks: Sequence[Array | None], which: Any) -> list[Array | None]:
    return [None if mask is None else mask[which] for mask in masks]


def _real(rows: Rows, masks: Sequence[Array | None], site: int) -> Array | None:
    """Which positions of a site are no padding, bool (R, P); None where nobody says."""
    pads = rows.pads[site] if rows.pads else None
    told = [flags for flags in (masks[site], None if pads is None else ~pads) if flags is not None]
    return np.logical_and.reduce(told) if told else None
