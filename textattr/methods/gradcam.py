"""Grad-CAM: the activations of a hidden layer, weighted by their mean gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from textattr.checks import choice, flag
from textattr.gradcam.layer_calls import LayerCall
from textattr.gradcam.layer_choice import choose, last
from textattr.gradcam.seen_by_units import SeenByUnits
from textattr.methods.activation_map import ActivationMap, Array, normalized, real_tokens, weighted
from textattr.methods.gradcam_eli5 import FirstGradCAM
from textattr.methods.rounding import caution_of_rounding
from textattr.split.rows import Rows
from textattr.split.survey import Survey


@dataclass(frozen=True, eq=False)
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
        flag("include_padding", self.include_padding)
        if self.normalize is not None:
            choice("normalize", self.normalize, ("l2",))

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

    def cautions(self, survey: Survey) -> tuple[str, ...]:
        """Rounded numbers have no gradient, and a map is read as if a layer's steps stood in the order of the text."""
        names = survey.reversed_layers
        if not names:
            return caution_of_rounding(survey)
        mirrored = (
            f"the layer {', '.join(names)} reads the text backwards and hands its steps on in that order: the map of "
            "such a layer, and of those behind it until one turns them round, is in reverse, so that its weights stand "
            "on the wrong tokens: choose a layer= before it, or another method"
        )
        return (*caution_of_rounding(survey), mirrored)

    def chosen(self, known: Sequence[LayerCall], model: Any) -> list[LayerCall]:
        """What the user named, else the last of each branch."""
        return last(known) if self.layer is None else choose(self.layer, known, model)

    def counted(self, rows: Rows, masks: Sequence[Array | None], seen: SeenByUnits, units: int) -> Array:
        """Units that see a token which is no padding."""
        count = np.ones((len(rows), units), bool)
        if self.include_padding:
            return count
        real = [real_tokens(rows, masks, site) for site in range(len(masks))]
        if all(each is None for each in real):
            return count
        found = np.zeros_like(count)
        for each, matrix in zip(real, seen.seen, strict=True):
            if matrix is None:
                return each if each is not None and each.shape == count.shape else count
            tokens = np.ones((len(rows), matrix.shape[1]), bool) if each is None else each
            found |= (matrix @ tokens.T.astype(np.int32)).T > 0
        return np.asarray(found | ~found.any(1, keepdims=True))

    def counts_all(self, *, has_padding: bool) -> bool:
        """Where no padding is known, or it is to be included."""
        return self.include_padding or not has_padding

    def layer_map(self, activations: Any, gradients: Any, shares: Any) -> Any:
        """The sum over the channels, weighted by the mean gradient of the units that count."""
        gradients = normalized(gradients) if self.normalize == "l2" else gradients
        return weighted(activations, gradients, shares)

    def shown(self, heat: Array, real: Array | None) -> Array:
        """After relu=True nothing is negative, whatever a spline made of it; padding has no part."""
        heat = np.maximum(heat, 0) if self.relu else heat
        return heat if real is None or self.include_padding else np.where(real, heat, 0)
