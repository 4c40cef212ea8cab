"""Documents of textattr's own that a model takes, so that it can be tried without any of its user's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.errors import DocumentError
from textattr.split.answer import answer
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.nests import leaves_of
from textattr.split.probe import LENGTHS, Probe, blank, probe_of
from textattr.split.signature import specs

ROWS = 4  # two of them without padding, two with


@dataclass(frozen=True, eq=False)
class Documents:
    """Documents that share a batch.

    Args:
        inputs: nest of arrays (N, ...), as the model takes them.
        docs: the same, each as `Explainer.explain` takes it.
    """

    inputs: Any
    docs: tuple[Any, ...]


def own_documents(split: SplitModel, length: int | None = None) -> Documents:
    """Seeded documents, the first of `split.probe` that the model runs on.

    A model that declares no inputs is given ids.

    Args:
        split: the model.
        length: how many tokens, where the model takes any number; None: some.

    Raises:
        TextAttrError: where textattr cannot look into the model, or where it runs on none of them.
    """
    last: Exception | None = None
    for inputs in _candidates(split, LENGTHS if length is None else (length,)):
        try:
            answer(split.model, inputs)
        except Exception as error:  # noqa: BLE001  (whatever a model raises, it takes another batch or none)
            last = error
        else:
            count = len(leaves_of(inputs)[0])
            return Documents(inputs, tuple(_doc(inputs, row) for row in range(count)))
    reason = "" if last is None else f". It says of the last of them: {str(last).strip().splitlines()[-1]}"
    raise DocumentError(
        f"expected the model to run on one of the texts that textattr makes up, but it takes none of them: give "
        f"a text or ids that it takes{reason}"
    )


def _candidates(split: SplitModel, lengths: Sequence[int]) -> Iterator[Any]:
    """Batches to be tried in turn; the survey of the first that can be traced tells what others are made for."""
    tf, model = tensorflow(), split.model
    last: Exception | None = None
    for length in lengths:
        given = blank(model, rows=ROWS, length=length)
        try:
            probe = _probe(split, given)
        except DocumentError as error:  # of another length, it may do
            last = error
            continue
        for batch in probe.batches(lengths):
            for rows in (ROWS, 1):  # some models take one document at a time
                yield tf.nest.pack_sequence_as(given, [array[:rows] for array in batch])
        return
    if last is not None:
        raise last


def _probe(split: SplitModel, given: Any) -> Probe:
    """What documents are made for; those of strings need not know where tokens are looked up, if they are at all."""
    spec = specs(split.model, given, static=False)
    if _is_strings(given):
        return probe_of(split.model, spec, [None], None)
    survey = split.survey(split.arrays(given))
    return probe_of(split.model, spec, survey.names, survey.sites)


def _doc(inputs: Any, row: int) -> Any:
    """One document of a batch; an only string stands for itself."""
    doc = tensorflow().nest.map_structure(lambda leaf: leaf[row], inputs)
    return str(np.reshape(doc, -1)[0]) if _is_strings(inputs) else doc


def _is_strings(inputs: Any) -> bool:
    """Whether the only input is one of strings."""
    return not isinstance(inputs, dict) and bool(inputs.dtype == object)
