"""What the model's output means: which task, how many classes, logits or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textattr.checks import choice
from textattr.errors import ModelOutputError, OptionError
from textattr.split.family import tensorflow

TASKS = ("binary", "multiclass", "multilabel", "regression")
SCORES = ("logit", "probability")


@dataclass(frozen=True)
class Head:
    """The model's output, understood.

    Args:
        task: one of "binary", "multiclass", "multilabel", "regression".
        units: how many numbers the model gives per document.
        activation: the last activation, which can be taken off; None where there is none.
        notes: what had to be guessed, for the explanation's warnings.
        output: the name of the model's output, where it has several.
        labels: the names of the classes, where the model itself gives them.
    """

    task: str
    units: int
    activation: str | None
    notes: tuple[str, ...] = ()
    output: str | None = None
    labels: tuple[str, ...] | None = None

    @property
    def is_one_unit(self) -> bool:
        """Whether one number stands for two classes, the negative 0 and the positive 1."""
        return self.task == "binary" and self.units == 1

    @property
    def classes(self) -> int:
        """How many targets there are to choose from."""
        return 2 if self.is_one_unit else self.units

    def scores(self, output: Any, logits: Any, kind: str) -> Any:
        """The (B, classes) scores of one kind, from the model's `output` and what `take_off` found before it."""
        tf = tensorflow()
        if kind == "logit" or self.task == "regression":
            return tf.concat([-logits, logits], -1) if self.is_one_unit else logits
        positive = self._probabilities(output)
        return tf.concat([1 - positive, positive], -1) if self.is_one_unit else positive

    def _probabilities(self, output: Any) -> Any:
        tf = tensorflow()
        if self.activation == "log_softmax":
            return tf.exp(output)
        if self.activation is not None:
            return output
        return tf.nn.softmax(output) if self.task == "multiclass" else tf.sigmoid(output)


def checked_task(task: Any) -> str | None:
    """`task`, if it is one or None."""
    return None if task is None else choice("task", task, TASKS)


def understand(
    model: Any, units: int, activation: str | None, task: str | None = None, output: str | None = None
) -> Head:
    """The head of an output with `units` numbers; `task` overrides what activation and compiled loss tell.

    Args:
        model: whose compiled loss is asked.
        units: how many numbers the output has per document.
        activation: what it ends in.
        task: what the user says it is.
        output: its name, where there are several: the key of its loss.

    Raises:
        OptionError: for a task that does not exist or does not fit the number of units.
        ModelOutputError: for a softmax over one single unit.
    """
    task = checked_task(task)
    if task is not None:
        if task == "binary" and units > 2 or task == "multiclass" and units < 2:
            raise OptionError(f"task={task!r} does not fit a model with {units} output{'s' * (units > 1)}")
        return Head("multiclass" if task == "binary" and units == 2 else task, units, activation)
    if activation in ("softmax", "log_softmax"):
        if units == 1:
            raise ModelOutputError(
                "the model ends in a softmax over one single unit, which is 1 whatever the text says: end it in a "
                "sigmoid, or in one unit per class"
            )
        return Head("multiclass", units, activation)
    if activation == "sigmoid":
        return Head("binary" if units == 1 else "multilabel", units, activation)
    from_loss = _task_of_loss(_loss_of(model, output), units)
    if from_loss is not None:
        return Head(from_loss, units, None)
    guess = "regression" if units == 1 else "multiclass"
    taken = (
        "its one linear output is taken for a regression"
        if units == 1
        else "its outputs are taken for logits"
    )
    note = f"the model ends in no softmax or sigmoid and was not compiled with a loss: {taken}; task= says otherwise"
    return Head(guess, units, None, (note,))


def _loss_of(model: Any, output: str | None) -> Any:
    """The compiled loss of one output, or None."""
    loss = getattr(model, "loss", None)
    if isinstance(loss, dict):
        return loss.get(output) if output is not None else next(iter(loss.values()), None)
    if isinstance(loss, list | tuple):
        return loss[int(output or 0)] if len(loss) > int(output or 0) else None
    return loss


def _task_of_loss(loss: Any, units: int) -> str | None:
    """The task that a compiled loss implies for a linear output, or None."""
    if loss is None:
        return None
    name = (
        loss if isinstance(loss, str) else str(getattr(loss, "name", None) or getattr(loss, "__name__", ""))
    )
    name = name.lower().replace("_", "")
    if "binarycrossentropy" in name or "binaryfocal" in name:
        return "binary" if units == 1 else "multilabel"
    if "crossentropy" in name or "hinge" in name and units > 1:
        return "multiclass" if units > 1 else None
    if any(
        part in name
        for part in ("squared", "absolute", "mse", "mae", "msle", "mape", "huber", "logcosh", "poisson")
    ):
        return "regression"
    return None
