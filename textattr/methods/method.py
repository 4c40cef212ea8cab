"""What methods have in common: one call on rows, and `attribute` for those who compute further."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.errors import OptionError, TargetError
from textattr.shown import shown
from textattr.split.head import SCORES, Head
from textattr.split.model import SplitModel, split_model
from textattr.split.rows import NOTHING, PREDICTED, Attribution, Rows, join
from textattr.split.survey import Survey
from textattr.split.texts import joined, texts_of


class Method(ABC):
    """A method of explaining a model from within: a frozen dataclass whose fields are its options."""

    name: ClassVar[str]
    title: ClassVar[str]
    score: ClassVar[str] = "logit"  # what it attributes, unless the user wishes otherwise
    heeds_masks: ClassVar[bool] = True  # whether tokens that the model masks are left out as padding

    @abstractmethod
    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """Attribute up to `batch_size` rows at once."""

    def explain_rows(self, split: SplitModel, rows: Rows) -> Attribution:
        """Attribute any number of rows, a group of `batch_size` at a time.

        Strings go one by one: a model that splits them itself fills up a shorter one, which can change its scores.
        """
        size = 1 if rows.hold_strings else rows.batch_size
        if len(rows) <= size:
            return self.explain_group(split, rows)
        return join([self.explain_group(split, rows[i : i + size]) for i in range(0, len(rows), size)])

    def cautions(self, survey: Survey) -> tuple[str, ...]:  # noqa: ARG002  (methods that have some override this)
        """What the reader should know before believing this method on a model of that kind."""
        return ()


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
                a one-unit sigmoid is 1.
            score: "logit" or "probability": what is attributed.
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
        relevance = self.explain_rows(split, rows).relevance
        arrays = {
            text.name: joined(text, relevance, rows.inputs) for text in texts_of(split.known(rows.inputs))
        }
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
        target=_classes(target, count, head),
        against=np.full(count, NOTHING, np.int32),
        head=head,
        score=checked_score(score),
        batch_size=checked_batch_size(batch_size),
    )
    return split, rows


def checked_score(score: Any) -> str:
    """`score`, if it is one."""
    if not isinstance(score, str) or score not in SCORES:
        raise OptionError(f"unknown score {shown(score)}: choose 'logit' or 'probability'")
    return str(score)


def checked_batch_size(batch_size: Any) -> int:
    """`batch_size`, if it is a positive whole number."""
    if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise OptionError(f"batch_size must be a positive whole number of rows, got {shown(batch_size)}")
    return int(batch_size)


def _classes(target: Any, count: int, head: Head) -> npt.NDArray[np.int32]:
    if target is None:
        return np.full(count, PREDICTED, np.int32)
    classes = np.asarray(target)
    if classes.dtype.kind not in "iu" or classes.shape not in ((), (count,)):
        raise TargetError(f"expected one class index, or one for each of {count} rows, got {target!r}")
    for wrong in np.atleast_1d(classes)[np.atleast_1d((classes < 0) | (classes >= head.classes))]:
        raise TargetError(
            f"target {wrong} is out of range: the model has the classes 0 to {head.classes - 1}"
        )
    return np.broadcast_to(classes.astype(np.int32), (count,)).copy()
