"""Explanations as one tidy data frame: a row per token of a text, for each target of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from textattr.explanation import AnyExplanation
from textattr.renderers.kinds import one_or_many, prediction_at, targets_in, texts_in

if TYPE_CHECKING:
    import pandas as pd

_DTYPES = {
    "document": "int64",
    "text": "object",
    "output": "object",
    "prediction": "object",
    "truth": "object",
    "target": "Int64",
    "against": "Int64",
    "label": "object",
    "token_index": "int64",
    "token": "object",
    "start": "int64",
    "end": "int64",
    "is_special": "bool",
    "weight": "float64",
}


def format_as_dataframe(explanations: AnyExplanation | Iterable[AnyExplanation]) -> pd.DataFrame:
    """One explanation or many as a data frame, one row per document, target, text and token.

    Columns: `document` (which explanation, from 0), `text` (its name, or None for the only text), `output` (of the
    model; None where it has one), `prediction` (the label predicted there), `truth` (or None), `target`, `against`
    (indices of classes; NA for a function given as target, and where there is no contrast), `label` (the target's
    name), `token_index`, `token`, `start`, `end` (characters in the text), `is_special`, `weight`.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> format_as_dataframe(EXAMPLE).query("weight > 0.5")["token"].tolist()
        ['great']
    """
    import pandas as pd

    each = enumerate(one_or_many(explanations))
    rows = (row for index, explanation in each for row in _rows(index, explanation))
    return pd.DataFrame(list(rows), columns=list(_DTYPES), dtype=object).astype(_DTYPES)


def _rows(index: int, explanation: AnyExplanation) -> Iterator[tuple[Any, ...]]:
    """One tuple per target, text and token, in the order of the columns."""
    for number, target in enumerate(targets_in(explanation)):
        for name, text in texts_in(explanation):
            heatmap = text.targets[number].heatmap
            for i, (token, weight) in enumerate(zip(text.tokens, heatmap, strict=True)):
                yield (
                    index,
                    name,
                    target.output,
                    prediction_at(explanation, target.output).label,
                    explanation.truth,
                    target.target,
                    target.against,
                    target.label,
                    i,
                    token.text,
                    token.start,
                    token.end,
                    token.is_special,
                    weight,
                )
