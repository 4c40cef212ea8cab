"""Of several texts, the one whose tokens an output has scores for: as a decoder's, of an encoder and a decoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.split.cut import pick_output
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.nests import leaves_of
from textattr.split.rows import Rows
from textattr.split.survey import Survey
from textattr.split.texts import TextInput

Array = npt.NDArray[Any]


def texts_as_long(survey: Survey, lengths: Mapping[int, int], positions: int) -> list[TextInput]:
    """The texts that have a token for each position of an output.

    Args:
        survey: where texts enter the model.
        lengths: how many tokens a text has, by its input.
        positions: how many the output has.
    """
    texts = [text for text in survey.texts if not text.is_features and not text.is_beside]
    return [text for text in texts if lengths.get(text.source) == positions]


def text_of_output(split: SplitModel, rows: Rows, alike: Sequence[TextInput], positions: int) -> TextInput:
    """Of texts that have a token for each position of an output, the one that it belongs to.

    Where there are several, each is shortened by a token to see whether the output becomes shorter too; what cannot be
    told in this way, as of a model that takes one length only, is the text that the model reads last.

    Args:
        split: the model.
        rows: documents, of which one is tried.
        alike: the texts, at least one.
        positions: how many the output has.
    """
    if len(alike) == 1:
        return alike[0]
    one = rows[:1]
    for text in alike:
        shortened = _positions_of(split, _shortened(one, text.source), rows.head.output)
        if shortened == positions - 1:
            return text
    return alike[-1]


def _shortened(row: Rows, source: int) -> Any:
    tf = tensorflow()
    leaves = leaves_of(row.inputs)
    length = leaves[source].shape[1]
    beside = [i == source or _goes_with(leaves, source, i) for i in range(len(leaves))]
    cut = [leaf[:, : length - 1] if own else leaf for leaf, own in zip(leaves, beside, strict=True)]
    return tf.nest.pack_sequence_as(row.inputs, cut)


def _goes_with(leaves: list[Array], source: int, other: int) -> bool:
    """Whether an input is a mask or the like of the text, and is shortened with it: it follows, and is as long."""
    is_mask = leaves[other].ndim == leaves[source].ndim and bool(np.isin(leaves[other], (0, 1)).all())
    return other > source and leaves[other].shape == leaves[source].shape and is_mask


def _positions_of(split: SplitModel, inputs: Any, output: str | None) -> int | None:
    """How many positions the output has for other inputs; None where the model does not take them."""
    try:
        found = pick_output(split.answer(inputs), output)
    except Exception:  # noqa: BLE001  (whatever a model raises, it does not take a text of that length)
        return None
    return int(found.shape[1]) if len(found.shape) == 3 else None
