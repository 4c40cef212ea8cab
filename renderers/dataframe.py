"""Explanations as one tidy data frame: a row per token of a target of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from textattr.explanation import Explanation

if TYPE_CHECKING:
    import pandas as pd

_DTYPES = {
    "document": "int64",
    "prediction": "object",
    "truth": "object",
    "target": "int64",
    "against": "Int64",
    "label": "object",
    "token_index": "int64",
    "token": "object",
    "start": "int64",
    "end": "int64",
    "is_special": "bool",
    "weight": "float64",
}


def format_as_dataframe(explanations: Explanation | Iterable[Explanation]) -> pd.DataFrame:
    """One explanation or many as a data frame, one row per document, target and token.

    Columns: `document` (which explanation, from 0), `prediction` (the predicted label), `truth` (or None),
    `target`, `against` (indices of classes; NA where there is no contrast), `label` (the target's name),
    `token_index`, `token`, `start`, `end` (characters in the document), `is_special`, `weight`.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> format_as_dataframe(EXAMPLE).query("weight > 0.5")["token"].tolist()
        ['great']
    """
    import pandas as pd

    if isinstance(explanations, Explanation):
        explanations = [explanations]
    rows = (row for index, explanation in enumerate(explanations) for row in _rows(index, explanation))
    return pd.DataFrame(list(rows), columns=list(_DTYPES)).astype(_DTYPES)


def _rows(index: int, explanation: Explanation) -> Iterator[tuple[Any, ...]]:
    """One tuple per target and token, in the order of the columns."""
    for target in explanation.targets:
        for i, (token, weight) in enumerate(zip(explanation.tokens, target.heatmap, strict=True)):
            yield (
                index,
                explanation.prediction.label,
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
