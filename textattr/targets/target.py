"""`Target`: one number of a model's output that is to be explained, and how it is picked inside a trace.

A kind of target is one subclass of `Selector`. Targets of one form share a compiled function: what tells them apart,
such as the class, goes into it as whole numbers, one column per row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import shown
from textattr.errors import TargetError, TextAttrError
from textattr.split.family import tensorflow
from textattr.targets.log_odds import rest_of
from textattr.targets.scores import Scores

Columns = Mapping[str, Any]  # int32 (R,) by name: arrays outside a trace, tensors inside


class Selector(ABC):
    """Which number of each row's scores is picked; a subclass is one kind of target.

    `columns` names the whole numbers that tell selectors of one form apart.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    reads_every_output: ClassVar[bool] = False  # rather than one output of the model, as a class does
    is_code: ClassVar[bool] = (
        False  # whether its form is a function of the user's, which may be another at every call
    )

    @property
    def form(self) -> Hashable:
        """What selectors have in common that can share a compiled function."""
        return type(self)

    @abstractmethod
    def numbers(self, against: Class | None) -> tuple[int, ...]:
        """The selector as whole numbers, one for each of `columns`; `against` is the class to contrast with."""

    @abstractmethod
    def value(self, columns: Columns, scores: Scores) -> Any:
        """Graph code: the number that is picked in each row, less that of the contrast, float (R,)."""

    @abstractmethod
    def classes(self, columns: Columns, scores: Scores) -> Any:
        """Graph code: the class of each row, int32 (R,): for a function, which has none, the predicted one."""

    def fixed(self, columns: Columns, scores: Scores) -> Columns:  # noqa: ARG002  (only what is predicted changes)
        """Graph code: the columns with whatever is to be read off the true scores filled in, for perturbed copies."""
        return columns

    def fixed_to(self, index: int) -> Selector:  # noqa: ARG002  (likewise)
        """The same once it is known which class the model predicts."""
        return self

    def label(self, labels: Sequence[str], index: int) -> str:
        """What the target is called; `labels` are the names of the classes, `index` is that of the row's class."""
        return labels[index]


@dataclass(frozen=True)
class OneClass(Selector):
    """A class, given or predicted: both are one form, so that they share a compiled function."""

    columns = ("is_predicted", "index", "is_contrasted", "against")

    @property
    def form(self) -> Hashable:
        """One for both."""
        return OneClass

    def value(self, columns: Columns, scores: Scores) -> Any:
        """The score of the class, less that of the contrast."""
        tf = tensorflow()
        classes = self.classes(columns, scores)
        selected = pick(scores.values, classes)
        if scores.is_margin:
            return selected
        rest = rest_of(scores.values, classes) if scores.is_against_rest else tf.zeros_like(selected)
        contrast = pick(scores.values, columns["against"])
        # ops that do not broadcast: others take two dozen on the way back, to find out along which axes they did
        compared = tf.compat.v1.where(columns["is_contrasted"] > 0, contrast, rest)
        return tf.add_n([selected, -compared])

    def classes(self, columns: Columns, scores: Scores) -> Any:
        """The class, or the one that is predicted."""
        if "is_predicted" not in columns:  # they are fixed
            return columns["index"]
        tf = tensorflow()
        return tf.where(columns["is_predicted"] > 0, scores.predicted, columns["index"])

    def fixed(self, columns: Columns, scores: Scores) -> Columns:
        """With the class that is predicted."""
        rest = {name: column for name, column in columns.items() if name != "is_predicted"}
        return {**rest, "index": self.classes(columns, scores)}


@dataclass(frozen=True)
class Predicted(OneClass):
    """The class that the model predicts for the row."""

    def numbers(self, against: Class | None) -> tuple[int, ...]:
        """Predicted, whichever class that is."""
        return (1, 0, *_contrast(against))

    def fixed_to(self, index: int) -> Selector:
        """That class."""
        return Class(index)


@dataclass(frozen=True)
class Class(OneClass):
    """One class of an output.

    Args:
        index: which; 0 and 1, the negative and the positive one, of a single sigmoid unit.
    """

    index: int

    def numbers(self, against: Class | None) -> tuple[int, ...]:
        """The class."""
        return (0, self.index, *_contrast(against))


@dataclass(frozen=True)
class Function(Selector):
    """A user's function of the model's outputs.

    Args:
        function: outputs as the model returns them -> one score per row, (R,) or (R, 1).
        on_logits: give it the outputs with their last activation taken off, where they have one.
    """

    function: Callable[[Any], Any]
    on_logits: bool = False

    reads_every_output = True
    is_code = True

    @property
    def form(self) -> Hashable:
        """The function itself, which is part of the graph."""
        return self.function, self.on_logits

    def numbers(self, against: Class | None) -> tuple[int, ...]:  # noqa: ARG002  (a function subtracts by itself)
        """None: the function tells it all."""
        return ()

    def value(self, columns: Columns, scores: Scores) -> Any:  # noqa: ARG002  (as above)
        """What the function returns.

        Raises:
            TargetError: where that is not one score per row, or the function fails.
        """
        tf = tensorflow()
        logits = scores.without_activations if self.on_logits else None
        outputs = scores.outputs if logits is None else logits()
        try:
            value = self.function(outputs)
        except Exception as error:
            shapes = tf.nest.map_structure(lambda tensor: tuple(tensor.shape), outputs)
            reason = str(error) if isinstance(error, TextAttrError) else shown(str(error))
            raise TargetError(
                f"the function in targets= failed on outputs of the shape {shapes}, documents first: "
                f"{type(error).__name__}: {reason}"
            ) from error
        return _one_per_row(value)

    def classes(self, columns: Columns, scores: Scores) -> Any:  # noqa: ARG002  (as above)
        """The predicted one; of the first token, where each has its own."""
        predicted = scores.predicted
        return predicted if predicted.shape.rank == 1 else predicted[:, 0]

    def label(self, labels: Sequence[str], index: int) -> str:  # noqa: ARG002  (as above)
        """The function's name."""
        return str(getattr(self.function, "__name__", repr(self.function)))


@dataclass(frozen=True)
class Target:
    """One number of a model's output, to be explained.

    Args:
        selector: which number.
        against: the class to contrast it with, or None.
        output: the name of the model's output, where it has several.
    """

    selector: Selector
    against: Class | None = None
    output: str | None = None

    @property
    def form(self) -> Hashable:
        """What targets have in common that can be attributed side by side."""
        return self.output, self.selector.form

    def fixed_to(self, index: int) -> Target:
        """The same once it is known which class the model predicts."""
        return replace(self, selector=self.selector.fixed_to(index))


@dataclass(frozen=True, eq=False)
class TargetTensors:
    """The targets of some rows inside a trace.

    Args:
        selector: one of those of the rows, all of one form.
        columns: int32 (R,) by name: what tells them apart.
    """

    selector: Selector
    columns: Columns

    def at(self, rows: Any) -> TargetTensors:
        """Those of the rows int (R',)."""
        tf = tensorflow()
        return replace(self, columns={name: tf.gather(c, rows) for name, c in self.columns.items()})

    def fixed(self, scores: Scores) -> TargetTensors:
        """The same for perturbed copies: what is predicted stays the class that is predicted for the true rows."""
        return replace(self, columns=self.selector.fixed(self.columns, scores))

    def value(self, scores: Scores) -> Any:
        """What is attributed, float (R,)."""
        return self.selector.value(self.columns, scores)

    def classes(self, scores: Scores) -> Any:
        """The class of each row, int32 (R,)."""
        return self.selector.classes(self.columns, scores)


def as_columns(targets: Sequence[Target]) -> npt.NDArray[np.int32]:
    """Targets of one form as whole numbers, int32 (K, R), one line for each of their selectors' columns.

    Example:
        >>> as_columns([Target(Class(2)), Target(Predicted(), against=Class(1))]).tolist()
        [[0, 1], [2, 0], [0, 1], [0, 1]]
    """
    numbers = [target.selector.numbers(target.against) for target in targets]
    return np.array(numbers, np.int32).reshape(len(targets), -1).T.copy()


def _contrast(against: Class | None) -> tuple[int, int]:
    return (0, 0) if against is None else (1, against.index)


def pick(scores: Any, which: Any) -> Any:
    """One entry of each row: (R, C, ...) and int32 (R,) -> (R, ...); far fewer ops than `gather(batch_dims=1)`."""
    tf = tensorflow()
    return tf.gather_nd(scores, tf.stack([tf.range(tf.size(which)), which], axis=1))


def _one_per_row(value: Any) -> Any:
    """What a user's function made of the outputs, as (R,)."""
    tf = tensorflow()
    shape = value.shape.as_list() if tf.is_tensor(value) and value.shape.rank is not None else None
    if (
        not tf.is_tensor(value)
        or shape is not None
        and (len(shape) not in (1, 2) or shape[1:] not in ([], [1]))
    ):
        got = type(value).__name__ if shape is None else f"shape {tuple(shape)}"
        raise TargetError(
            f"expected of the function in targets= one score per document, a tensor of shape (documents,), got {got}"
        )
    return tf.reshape(value, [-1])
