"""From rows of the table back to the explanation that they were made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from textattr.corpora.errors import TableError
from textattr.corpora.schema import COMMON
from textattr.explanation import AnyExplanation, Token
from textattr.renderers.from_dict import explanation_from_dict
from textattr.renderers.plain import encode
from textattr.spans import weighted_spans

_EMPTY: Mapping[str, Any] = {}


def explanation_of(rows: Sequence[Mapping[str, Any]]) -> AnyExplanation:
    """The explanation of one document.

    Args:
        rows: its rows, one per target, as dicts by column.

    Raises:
        TextAttrError: for rows that no run wrote.
    """
    first = rows[0]
    try:
        details = [json.loads(row["details"]) for row in rows]
        if "whole" in details[0]:
            return explanation_from_dict(details[0]["whole"])
        return explanation_from_dict(_as_dict(rows, details, json.loads(first["common"])))
    except (KeyError, TypeError, ValueError) as error:
        raise TableError(
            f"row {first.get('row')} of {first.get('source')!r} is none that explain_table wrote: {error}"
        ) from error


def _as_dict(
    rows: Sequence[Mapping[str, Any]], details: Sequence[Mapping[str, Any]], common: Mapping[str, Any]
) -> dict[str, Any]:
    """The dict that `format_as_dict` makes of the explanation."""
    first, about = rows[0], details[0]
    document = about.get("document", first["text"])
    tokens = _tokens(first, about.get("tokens", _EMPTY))
    spelled = [{"text": t.text, "start": t.start, "end": t.end, "is_special": t.is_special} for t in tokens]
    spelled = [
        {**each, "is_unknown": token.is_unknown, "word": token.word}
        for each, token in zip(spelled, tokens, strict=True)
    ]
    return {
        "version": 1,
        "method": first["method"],
        **{name: common[name] for name in COMMON},
        "document": document,
        "tokens": spelled,
        "prediction": {
            **common["prediction"],
            "label": first["predicted"],
            "scores": about["scores"],
            "probabilities": about.get("probabilities"),
            "token_labels": about.get("token_labels", []),
        },
        "other_predictions": about.get("other_predictions", []),
        "truth": first["truth"],
        "warnings": first["warnings"],
        "unread": about.get("unread", []),
        "targets": [_target(row, each, document, tokens) for row, each in zip(rows, details, strict=True)],
    }


def _tokens(row: Mapping[str, Any], about: Mapping[str, Any]) -> tuple[Token, ...]:
    special, unknown = set(about.get("special", ())), set(about.get("unknown", ()))
    words = about.get("words") or [None] * len(row["tokens"])
    columns = zip(row["tokens"], row["starts"], row["ends"], words, strict=True)
    return tuple(
        Token(text, start, end, i in special, i in unknown, word)
        for i, (text, start, end, word) in enumerate(columns)
    )


def _target(
    row: Mapping[str, Any], about: Mapping[str, Any], document: str, tokens: tuple[Token, ...]
) -> dict[str, Any]:
    return {
        "target": about.get("target"),
        "against": about.get("against"),
        "label": row["target"],
        "score": encode(row["score"]),
        "probability": encode(row["probability"]),
        "shares": {name: encode(value) for name, value in row["shares"]},
        "diagnostics": about.get("diagnostics", {}),
        "output": about.get("output"),
        "baseline_score": encode(row["baseline_score"]),
        "features": [{name: encode(value) for name, value in each.items()} for each in row["features"]],
        "heatmap": encode(row["weights"]),
        "spans": [
            {"text": span.text, "start": span.start, "end": span.end, "weight": encode(span.weight)}
            for span in weighted_spans(document, tokens, row["weights"])
        ],
        "positions": about.get("positions", []),
        "unseen": about.get("unseen", []),
    }
