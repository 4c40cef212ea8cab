"""What the loss that a model was compiled with tells of its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_OF_REGRESSION = ("squared", "absolute", "mse", "mae", "msle", "mape", "huber", "logcosh", "poisson")


@dataclass(frozen=True)
class Loss:
    """A compiled loss.

    Args:
        name: in small letters, without underscores; empty where there is no loss.
        from_logits: whether it takes logits rather than probabilities; None where it does not say.
    """

    name: str = ""
    from_logits: bool | None = None

    @property
    def is_binary_crossentropy(self) -> bool:
        """Whether it takes each unit for a label of its own."""
        return "binarycrossentropy" in self.name or "binaryfocal" in self.name

    @property
    def says_probabilities(self) -> bool:
        """Whether it takes each unit for the probability of a label of its own."""
        return self.is_binary_crossentropy and self.from_logits is False

    @property
    def is_of_regression(self) -> bool:
        """Whether it compares values."""
        return any(part in self.name for part in _OF_REGRESSION)

    def task(self, units: int) -> str | None:
        """The task that it implies for an output with `units` numbers, or None."""
        if self.is_binary_crossentropy:
            return "binary" if units == 1 else "multilabel"
        if "crossentropy" in self.name or "hinge" in self.name and units > 1:
            return "multiclass" if units > 1 else None
        return "regression" if self.is_of_regression else None


def compiled_loss(model: Any, output: str | None) -> Loss:
    """The loss of one output of a model; an empty one where it was not compiled with any."""
    loss = _loss_of(model, output)
    if loss is None:
        return Loss()
    name = loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", "")
    known = Loss(str(name).lower().replace("_", ""))
    return Loss(known.name, _from_logits(loss, default=False if "crossentropy" in known.name else None))


def _loss_of(model: Any, output: str | None) -> Any:
    loss = getattr(model, "loss", None)
    if isinstance(loss, dict):
        return loss.get(output) if output is not None else next(iter(loss.values()), None)
    if isinstance(loss, list | tuple):
        return loss[int(output or 0)] if len(loss) > int(output or 0) else None
    return loss


def _from_logits(loss: Any, default: bool | None) -> bool | None:
    """What a loss object says in its config; a name, or a function, stands for what Keras takes by default."""
    if not hasattr(loss, "get_config"):
        return default
    try:
        said = loss.get_config().get("from_logits")
    except Exception:  # noqa: BLE001  (a loss of one's own need not have a config)
        return None
    return None if said is None else bool(said)
