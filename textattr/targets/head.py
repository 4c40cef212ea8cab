"""What the model's output means: which task, how many classes, logits or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from textattr.checks import choice
from textattr.errors import ModelOutputError, OptionError
from textattr.split.family import tensorflow
from textattr.targets.evidence import Evidence, interpretation_of
from textattr.targets.log_odds import of_logits, of_probabilities

TASKS = ("binary", "multiclass", "multilabel", "regression")
SCORES = ("logit", "log_odds", "probability")

NO_LOGITS = (
    "no logits are found before the model's probabilities: what is explained is the probability itself"
)


@dataclass(frozen=True)
class Head:
    """One output of the model, understood.

    Args:
        task: one of "binary", "multiclass", "multilabel", "regression".
        units: how many numbers the model gives per document, or per token.
        activation: the last activation, which can be taken off; None where there is none.
        notes: what had to be guessed, for the explanation's warnings.
        output: the name of the model's output, where it has several.
        labels: the names of the classes, where the model itself gives them.
        is_probability: whether the output is the probability itself, and no logits are found before it.
        is_per_token: whether each token has scores of its own, (T, C) for a document.
        is_for_functions: whether it has other axes than these, so that only a function of it can be explained: `units`
            are all of its numbers.
    """

    task: str
    units: int
    activation: str | None
    notes: tuple[str, ...] = ()
    output: str | None = None
    labels: tuple[str, ...] | None = None
    is_probability: bool = False
    is_per_token: bool = False
    is_for_functions: bool = False

    @property
    def is_one_unit(self) -> bool:
        """Whether one number stands for two classes, the negative 0 and the positive 1."""
        return self.task == "binary" and self.units == 1

    @property
    def classes(self) -> int:
        """How many targets there are to choose from."""
        return 2 if self.is_one_unit else self.units

    @property
    def is_of_two(self) -> bool:
        """Whether one of two classes is predicted."""
        return self.is_one_unit or self.task == "multiclass" and self.units == 2

    def for_functions(self, lines: int) -> Head:
        """As many lines of scores, which are no tokens': only a function of them can be explained."""
        return Head("regression", lines * self.units, None, output=self.output, is_for_functions=True)

    def kind_of(self, wanted: str | None, default: str) -> str:
        """The kind of score that is explained: what the user wants, else the log-odds for logits of two classes.

        Args:
            wanted: "logit", "log_odds", "probability", or None: left open.
            default: what the method is for.
        """
        if wanted is not None:
            return wanted
        return "log_odds" if default == "logit" and self.is_of_two and not self.is_probability else default

    def is_margin(self, kind: str) -> bool:
        """Whether the scores of one kind are s and -s, those of two classes of which one is predicted."""
        if kind == "log_odds":
            return self.is_of_two
        return self.is_one_unit and kind == "logit" and not self.is_probability

    def is_against_rest(self, kind: str) -> bool:
        """Whether a score of one kind is a logit against those of all other classes of a softmax."""
        is_of_many = self.task == "multiclass" and self.units > 2
        return kind == "log_odds" and is_of_many and not self.is_probability

    def predicted(self, probabilities: Any) -> Any:
        """The class that is predicted, from probabilities, float (C,); of each token, int (T,), from (T, C)."""
        best = probabilities[..., 1] >= 0.5 if self.is_one_unit else probabilities.argmax(-1)
        return best.astype(int) if self.is_per_token else int(best)

    def cautions(self, kind: str) -> tuple[str, ...]:
        """What had to be guessed, and whether another kind of score is explained than the one that is asked for."""
        if self.is_probability and kind == "logit":
            return (*self.notes, NO_LOGITS)
        return self.notes

    def scores(self, output: Any, logits: Any, kind: str) -> Any:
        """The (B, classes) scores of one kind, from the model's `output` and what `take_off` found before it.

        Where no logits are found, those are the probabilities as well.
        """
        tf = tensorflow()
        if kind == "log_odds" and self.task != "regression":
            return self._log_odds(output, logits)
        if self.task == "regression" or kind == "logit" and not self.is_probability:
            return tf.concat([-logits, logits], -1) if self.is_one_unit else logits
        positive = self._probabilities(output)
        return tf.concat([1 - positive, positive], -1) if self.is_one_unit else positive

    def _log_odds(self, output: Any, logits: Any) -> Any:
        if self.is_probability:
            return of_probabilities(self.scores(output, logits, "probability"))
        if self.task == "multiclass":
            return of_logits(logits)
        return self.scores(output, logits, "logit")  # of a sigmoid they are the same

    def _probabilities(self, output: Any) -> Any:
        tf = tensorflow()
        if self.activation == "log_softmax":
            return tf.exp(output)
        if self.activation is not None or self.is_probability:
            return output
        return tf.nn.softmax(output) if self.task == "multiclass" else tf.sigmoid(output)


def checked_task(task: Any) -> str | None:
    """`task`, if it is one or None."""
    return None if task is None else choice("task", task, TASKS)


@lru_cache(maxsize=256)  # asked at every call
def understand(evidence: Evidence, output: str | None = None, *, is_per_token: bool = False) -> Head:
    """The head of an output, as the evidence says.

    Args:
        evidence: what is known of the output.
        output: its name, where there are several.
        is_per_token: whether each token has scores of its own.

    Raises:
        OptionError: for a task that does not exist or does not fit the number of units.
        ModelOutputError: for a softmax over one single unit.
    """
    task, units, activation = checked_task(evidence.task), evidence.units, evidence.activation
    if task == "binary" and units > 2 or task == "multiclass" and units < 2:
        raise OptionError(f"task={task!r} does not fit a model with {units} output{'s' * (units > 1)}")
    if task is None and activation in ("softmax", "log_softmax") and units == 1:
        raise ModelOutputError(
            "the model ends in a softmax over one single unit, which is 1 whatever the text says: end it in a sigmoid, "
            "or in one unit per class"
        )
    interpretation = interpretation_of(evidence)
    task = "multiclass" if interpretation.task == "binary" and units == 2 else interpretation.task
    notes = (interpretation.note,) if interpretation.note else ()
    return Head(
        task,
        units,
        activation,
        notes,
        output,
        is_probability=interpretation.is_probability,
        is_per_token=is_per_token,
    )
