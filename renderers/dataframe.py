"""Explanations as one tidy data frame: a row per token of a text, for each target of a document."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from textattr.explanation import AnyExplanation, Explanation
from textattr.renderers.kinds import one_or_many, prediction_at, targets_in, texts_in
from textattr.units.merge import AUTO, Merge, merged_for

if TYPE_CHECKING:
    import pandas as pd

DTYPES: Mapping[str, str] = {
    "document": "int64",
    "input": "object",
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
    "kind": "object",
    "value": "float64",
    "method": "object",
    "model": "object",
    "score": "float64",
    "probability": "float64",
    "baseline_score": "float64",
    "position": "Int64",
    "is_unknown": "bool",
}


def format_as_dataframe(
    explanations: AnyExplanation | Iterable[AnyExplanation], *, merge: Merge = AUTO
) -> pd.DataFrame:
    """One explanation or many as a data frame, one row per document, target, text and token.

    `merge` says what a row is of: "words", "sentences" or whatever else `explanation.merge` takes; "auto": words
    where the tokenizer makes several pieces of one, else tokens; None: the tokens.

    A name means the same wherever textattr writes columns: `document` (which explanation, from 0), `input` (the name of
    the text; None for the only one), `text` (the document's, that `start` and `end` index), `output` (of the model;
    None where it has one), `prediction` (the label predicted there), `truth` (or None), `target`, `against` (indices of
    classes; NA for a function given as target, and where there is no contrast), `label` (the target's name),
    `token_index`, `token`, `start`, `end` (characters in the text), `is_special`, `weight`, `kind` ("token"; "feature"
    for a number beside the text, whose name stands under `token`, without characters: `start` and `end` are 0), `value`
    (of a feature; NaN for tokens), `method`, `model`, `score`, `probability`, `baseline_score` (NaN where there is
    none), `position` (the token whose own score is explained, or NA), `is_unknown` (whether the model read the id of
    unknown words here). Beside several texts, features have no `text`.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> format_as_dataframe(EXAMPLE).query("weight > 0.5")["token"].tolist()
        ['great']
    """
    return frame_of(rows_of(explanations, merge))


def rows_of(
    explanations: AnyExplanation | Iterable[AnyExplanation], merge: Merge = AUTO
) -> Iterator[tuple[Any, ...]]:
    """The rows of the frame, as plain values in the order of the columns."""
    for index, explanation in enumerate(one_or_many(explanations)):
        yield from _rows(index, merged_for(explanation, merge))


def frame_of(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """The frame of these rows, with one dtype per column whatever is in it."""
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(DTYPES), dtype=object).astype(DTYPES)


def _rows(index: int, explanation: AnyExplanation) -> Iterator[tuple[Any, ...]]:
    """One tuple per target, text and token, in the order of the columns."""
    for number, target in enumerate(targets_in(explanation)):
        about = (
            explanation.method,
            explanation.model,
            float(target.score),
            math.nan if target.probability is None else float(target.probability),
            math.nan if target.baseline_score is None else float(target.baseline_score),
        )
        said = (
            target.output,
            prediction_at(explanation, target.output).label,
            explanation.truth,
            _whole(target.target),
            _whole(target.against),
            target.label,
        )
        for name, text in texts_in(explanation):
            heatmap = text.targets[number].heatmap
            for i, (token, weight) in enumerate(zip(text.tokens, heatmap, strict=True)):
                yield (
                    index,
                    name,
                    text.document,
                    *said,
                    i,
                    token.text,
                    int(token.start),
                    int(token.end),
                    bool(token.is_special),
                    float(weight),
                    "token",
                    math.nan,
                    *about,
                    _whole(text.targets[number].position),
                    bool(token.is_unknown),
                )
        document = explanation.document if isinstance(explanation, Explanation) else None
        for i, feature in enumerate(target.features):
            named = (i, feature.name, 0, 0, False, float(feature.weight), "feature", float(feature.value))
            yield (index, None, document, *said, *named, *about, None, False)


def _whole(index: int | None) -> int | None:
    return None if index is None else int(index)
