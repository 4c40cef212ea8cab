"""A prediction from the dict of it, as `from_dict` reads an explanation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textattr.explanation import Prediction
from textattr.frozen import Array
from textattr.renderers.place import Place
from textattr.renderers.plain import array_of_numbers, read_dtype

_ADDED = ("token_labels",)  # since the first files of this version were written
_ROUNDING = 1e-3  # probabilities come from a model, which may compute in half precision


def read_prediction(place: Place) -> Prediction:
    """What the model said.

    Raises:
        TextAttrError: for what `format_as_dict` would not have written.
    """
    fields = place.fields(
        "task",
        "labels",
        "scores",
        "probabilities",
        "label",
        "activation",
        "output",
        "dtypes",
        optional=_ADDED,
    )
    dtypes = fields["dtypes"].fields("scores", "probabilities")
    labels = tuple(each.text() for each in fields["labels"].each())
    task = fields["task"].one_of(("binary", "multiclass", "multilabel", "regression"))
    of_tokens = fields["token_labels"].each() if "token_labels" in fields else []
    token_labels = tuple(each.one_of(labels) for each in of_tokens)
    probabilities = None
    if fields["probabilities"].value is None and dtypes["probabilities"].value is not None:
        raise dtypes["probabilities"].wrong("None, as there are no probabilities")
    if fields["probabilities"].value is not None:
        if task == "regression":
            raise fields["probabilities"].wrong("None, as a regression has none")
        probabilities = _per_label(fields["probabilities"], dtypes["probabilities"], labels, token_labels)
        for line in fields["probabilities"].each():
            for each in line.each() if token_labels else [line]:
                read_probability(each)
    return Prediction(
        task=task,
        labels=labels,
        scores=_per_label(fields["scores"], dtypes["scores"], labels, token_labels),
        probabilities=probabilities,
        label=fields["label"].one_of((" ".join(token_labels),) if token_labels else labels),
        activation=fields["activation"].text_or_none(),
        output=fields["output"].text_or_none(),
        token_labels=token_labels,
    )


def read_probability(place: Place) -> float | None:
    """A number from 0 to 1, or None."""
    if place.value is None:
        return None
    probability = place.number()
    if probability < -_ROUNDING or probability > 1 + _ROUNDING:
        raise place.wrong("a probability from 0 to 1")
    return probability


def names(prediction: Prediction, target: int) -> tuple[str, ...]:
    """What a target may be called: its label; of an entity, the label without the prefix of a scheme such as BIO."""
    label = prediction.labels[target]
    return (label, label[2:]) if prediction.token_labels and label[1:2] in ("-", "_") else (label,)


def _per_label(place: Place, dtype: Place, labels: Sequence[str], token_labels: Sequence[str]) -> Array:
    """Numbers (C,), one per label; (T, C) where each token has some."""
    kind = read_dtype(dtype, "f")
    if token_labels and len(place.each()) != len(token_labels):
        raise place.wrong(f"a list of numbers per token, {len(token_labels)}")
    lines = [array_of_numbers(each, kind) for each in (place.each() if token_labels else [place])]
    for line, each in zip(lines, place.each() if token_labels else [place], strict=True):
        if len(line) != len(labels):
            raise each.wrong(f"one number per label, {len(labels)}")
    return np.stack(lines) if token_labels else lines[0]
