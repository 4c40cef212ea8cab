"""Grad-CAM as eli5's fork for Keras text models computed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textattr.errors import OptionError
from textattr.gradcam.layer_calls import LayerCall
from textattr.gradcam.layer_choice import choose, first
from textattr.gradcam.stretch import KINDS
from textattr.methods.activation_map import RECEPTIVE_FIELD, ActivationMap, Array, normalized, weighted


@dataclass(frozen=True, eq=False)
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

    def chosen(self, known: Sequence[LayerCall], model: Any) -> list[LayerCall]:
        """What the user named, else the first there is."""
        return first(known) if self.layer is None else choose(self.layer, known, model)

    def layer_map(self, activations: Any, gradients: Any, shares: Any) -> Any:
        """The sum over the channels, weighted by the mean of the normalized gradient."""
        return weighted(activations, normalized(gradients), shares)

    def shown(self, heat: Array, real: Array | None) -> Array:  # noqa: ARG002
        """As it is."""
        return heat
