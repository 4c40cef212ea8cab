"""What methods have in common: one call on rows, and `attribute` for those who compute further."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from types import NoneType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import choice, shown, whole_number
from textattr.errors import TargetError
from textattr.methods.compiled import explain_compiled
from textattr.origin import Visit
from textattr.proof.copies import InfluencedError
from textattr.proof.proof import one_at_a_time, proof_of
from textattr.split.model import SplitModel, split_model
from textattr.split.rows import Attribution, Rows, join
from textattr.split.survey import Survey
from textattr.suspicions import THE_TEXT, require_finite
from textattr.targets.head import SCORES, Head
from textattr.targets.target import Class, Predicted, Target
from textattr.targets.token_class import TokenClass

NO_GRADIENT = (
    "use a method that takes no gradient there, such as integrated_gradients, occlusion or shapley_sampling"
)

PLAIN = (int, float, str, np.generic, NoneType)  # option values that hash


class Method(ABC):
    """A method of explaining a model from within: a frozen dataclass whose fields are its options."""

    name: ClassVar[str]
    title: ClassVar[str]
    conserves: ClassVar[bool] = False  # whether all shares, with those of what is no text, sum to the score
    score: ClassVar[str] = "logit"  # what it attributes, unless the user chooses otherwise
    without_xla: ClassVar[str] = ""  # why XLA is not asked to compile it; "": it is
    heeds_masks: ClassVar[bool] = True  # whether tokens that the model masks are left out as padding

    @abstractmethod
    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """Attribute up to `batch_size` rows at once."""

    def explain_rows(self, split: SplitModel, rows: Rows) -> Attribution:
        """Attribute any number of rows, a group of `batch_size` at a time, or one by one where they must run alone."""
        proof = proof_of(split, rows.op_by_op)
        try:
            return proof.noted(self._in_groups(split, proof.prepared(rows)))
        except (
            InfluencedError
        ):  # run again, and compared again, one row at a time: what differs then is refused
            found = self._in_groups(split, replace(rows, batch_size=1))
            return one_at_a_time(split, rows).noted(found)

    def _in_groups(self, split: SplitModel, rows: Rows) -> Attribution:
        size = 1 if rows.run_alone else rows.batch_size
        return join([self._explain_finite(split, part) for part in rows.in_groups(size)])

    def _explain_finite(self, split: SplitModel, rows: Rows) -> Attribution:
        found = explain_compiled(self, split, rows)
        plain = rows.op_by_op
        return require_finite(found, split, plain, lambda row: self.visits(split, row))

    def visits(self, split: SplitModel, row: Rows) -> Iterator[Visit]:  # noqa: ARG002  (methods that go further do)
        """What the model is run on to explain a row, to find out where a number that is not finite comes from."""
        yield THE_TEXT
        yield replace(THE_TEXT, takes_gradient=True, advice=NO_GRADIENT)

    def refusal(self, split: SplitModel, rows: Rows) -> str | None:  # noqa: ARG002  (methods that walk over ops may)
        """Why the method cannot explain such rows, found in what is traced of the model; None where it can."""
        return None

    def __eq__(self, other: object) -> bool:
        """Whether it is the same method with the same options, arrays compared number by number."""
        return type(self) is type(other) and all(
            is_same(getattr(self, name), getattr(other, name)) for name in option_names(type(self))
        )

    def __hash__(self) -> int:
        """Of the method and its plain options; arrays, which cannot be hashed, do not count."""
        values = [getattr(self, name) for name in option_names(type(self))]
        return hash((type(self), *(value for value in values if isinstance(value, PLAIN))))

    def cautions(self, survey: Survey) -> tuple[str, ...]:  # noqa: ARG002  (methods that have some override this)
        """What the reader should know before believing this method on a model of that kind."""
        return ()


def option_names(kind: type) -> list[str]:
    """The names of a method's options."""
    return [each.name for each in fields(kind)] if is_dataclass(kind) else []


def is_same(a: Any, b: Any) -> bool:
    """Whether two values of an option are equal: of the same kind, and arrays number by number."""
    if a is b:
        return True
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(is_same, a, b))
    if hasattr(a, "__array__") or hasattr(b, "__array__"):
        return np.shape(a) == np.shape(b) and bool(np.all(np.asarray(a) == np.asarray(b)))
    return bool(a == b)


class VectorMethod(Method):
    """A method that works on the vectors behind the lookup."""

    def attribute(
        self,
        model: Any,
        ids: Any,
        *,
        target: Any = None,
        score: str = "logit",
        embedding_layer: Any = None,
        batch_size: int = 64,
    ) -> Any:
        """The relevance of every number in every vector, before the sum over the embedding axis.

        Args:
            model: Keras 3 or tf_keras model.
            ids: whatever the model takes, with a batch axis: ids (B, T), vectors (B, T, D), strings, a dict.
            target: a class, or one per row, int (B,); None: the predicted class of each row. The positive class of
                a one-unit sigmoid is 1. Where each token has scores, a `TokenClass` of whole numbers, or one per row.
            score: "logit", "log_odds" or "probability": what is attributed.
            embedding_layer: the lookup, where it is not the obvious one.
            batch_size: rows in one chunk; bounds the memory.

        Returns:
            float (B, T, D), unscaled, padding in place; several tables over the same ids stand side by side on the
            last axis. For a model of several texts a dict of such arrays, by the names of its inputs.

        Raises:
            TextAttrError: for a model without lookup, a target out of range, ids that do not fit the model.
        """
        split, rows = rows_of(
            model, ids, target=target, score=score, embedding_layer=embedding_layer, batch_size=batch_size
        )
        numbers = self.explain_rows(split, replace(rows, per_number=True)).numbers
        arrays = {text.name: text.joined(numbers, rows.inputs) for text in split.known(rows.inputs).texts}
        return arrays if len(arrays) > 1 else next(iter(arrays.values()))


def rows_of(
    model: Any, ids: Any, *, target: Any, score: str, embedding_layer: Any, batch_size: int
) -> tuple[SplitModel, Rows]:
    """The model, cut, and one row per document of `ids`; arguments as for `VectorMethod.attribute`."""
    split = split_model(model, embedding_layer)
    inputs = split.checked(ids)
    head = split.head(inputs)
    count = split.count(inputs)
    rows = Rows(
        inputs,
        targets=_targets(target, count, head),
        head=head,
        score=checked_score(score),
        batch_size=checked_batch_size(batch_size),
    )
    return split, rows


def checked_score(score: Any) -> str:
    """`score`, if it is one."""
    return choice("score", score, SCORES)


def checked_batch_size(batch_size: Any) -> int:
    """`batch_size`, if it is a positive whole number."""
    return whole_number("batch_size", batch_size)


def _as_array(target: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(target)
    except Exception as error:
        raise TargetError(f"expected one class index, or one for each row, got {shown(target)}") from error


def _token_targets(target: Any, count: int, head: Head) -> tuple[Target, ...]:
    """The targets of rows that have scores for each token."""
    each = tuple(target) if isinstance(target, list | tuple) else (target,) * count
    for one in each:
        is_placed = isinstance(one, TokenClass) and isinstance(one.position, int | np.integer)
        if len(each) != count or not is_placed or isinstance(one.index, str):
            raise TargetError(
                "the model has scores for each token: expected target= as TokenClass(position, class) of whole "
                f"numbers, or one for each of {count} rows, got {shown(target)}"
            )
        if one.position < 0 or one.index is not None and not 0 <= one.index < head.classes:
            raise TargetError(
                f"target {one} is out of range: positions count from 0, classes are 0 to {head.classes - 1}"
            )
    return tuple(Target(one, output=head.output) for one in each)


def _targets(target: Any, count: int, head: Head) -> tuple[Target, ...]:
    if head.is_per_token:
        return _token_targets(target, count, head)
    if target is None:
        return (Target(Predicted(), output=head.output),) * count
    classes = _as_array(target)
    if classes.dtype.kind not in "iu" or classes.shape not in ((), (count,)):
        raise TargetError(f"expected one class index, or one for each of {count} rows, got {shown(target)}")
    for wrong in np.atleast_1d(classes)[np.atleast_1d((classes < 0) | (classes >= head.classes))]:
        raise TargetError(
            f"target {wrong} is out of range: the model has the classes 0 to {head.classes - 1}"
        )
    return tuple(
        Target(Class(int(index)), output=head.output) for index in np.broadcast_to(classes, (count,))
    )
