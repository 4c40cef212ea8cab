"""From an explanation to the rows of the table, one per target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from textattr.corpora.key import RowKey
from textattr.corpora.schema import COMMON
from textattr.explanation import AnyExplanation, Explanation, MultiTextExplanation, TargetExplanation, Token
from textattr.renderers.dictionary import format_as_dict
from textattr.renderers.plain import encode, numbers

Row = dict[str, Any]


class RowsOf:
    """Makes rows; what most explanations share is written as JSON once, and then found again.

    A row is a dict by column; columns that are left out are null.
    """

    def __init__(self) -> None:
        self._shared: tuple[Any, ...] | None = None
        self._common = ""

    def explanation(self, key: RowKey, explanation: AnyExplanation) -> list[Row]:
        """One row for each target."""
        first = {
            **key.as_row(),
            "predicted": explanation.prediction.label,
            "truth": explanation.truth,
            "method": explanation.method,
            "warnings": list(explanation.warnings),
        }
        if isinstance(explanation, MultiTextExplanation) or not explanation.targets:
            return [{**first, "number": 0, "details": _json({"whole": format_as_dict(explanation)})}]
        tokens = explanation.tokens
        first |= {
            "tokens": [token.text for token in tokens],
            "starts": [token.start for token in tokens],
            "ends": [token.end for token in tokens],
            "common": self._common_of(explanation),
        }
        details = [_about_target(target) for target in explanation.targets]
        details[0] |= _about_document(explanation, key.text)
        return [
            {
                **first,
                "number": i,
                **_target(target),
                "details": _json(details[i]),
            }
            for i, target in enumerate(explanation.targets)
        ]

    def _common_of(self, explanation: Explanation) -> str:
        """What most rows of a run share, as JSON."""
        prediction = explanation.prediction
        shared = (
            explanation.title,
            explanation.method_reason,
            explanation.options,
            explanation.model,
            explanation.layout,
            explanation.unit,
            explanation.checks,
            *(prediction.labels, prediction.task, prediction.activation, prediction.output),
            *(
                prediction.scores.dtype.str,
                None if prediction.probabilities is None else prediction.probabilities.dtype.str,
            ),
        )
        if not _is_same(shared, self._shared):
            whole = format_as_dict(explanation)
            said = whole["prediction"]
            self._common = _json(
                {name: whole[name] for name in COMMON}
                | {
                    "prediction": {
                        name: said[name] for name in ("labels", "task", "activation", "output", "dtypes")
                    }
                }
            )
            self._shared = shared
        return self._common


def failed_row(key: RowKey, error: str) -> Row:
    """The row of a document that could not be explained."""
    return {**key.as_row(), "number": 0, "error": error}


def _is_same(shared: tuple[Any, ...], before: tuple[Any, ...] | None) -> bool:
    try:
        return bool(shared == before)
    except ValueError:  # an option is an array, of which equality is no single answer
        return False


def _target(target: TargetExplanation) -> Row:
    """What anyone reads of a target."""
    return {
        "target": target.label,
        "probability": None if target.probability is None else float(target.probability),
        "score": float(target.score),
        "baseline_score": None if target.baseline_score is None else float(target.baseline_score),
        "weights": target.heatmap,
        "features": [
            {"name": each.name, "value": float(each.value), "weight": float(each.weight)}
            for each in target.features
        ],
        "shares": [(name, float(value)) for name, value in target.shares.items()],
    }


def _about_target(target: TargetExplanation) -> dict[str, Any]:
    """What else makes the target: what is not as mostly."""
    found = {
        "target": target.target,
        "against": target.against,
        "output": target.output,
        "positions": list(target.positions),
        "unseen": list(target.unseen),
        "diagnostics": encode(target.diagnostics),
    }
    return {name: value for name, value in found.items() if value is not None and value != [] and value != {}}


def _about_document(explanation: Explanation, text: str) -> dict[str, Any]:
    """What else makes the explanation."""
    prediction, probabilities = explanation.prediction, explanation.prediction.probabilities
    found: dict[str, Any] = {
        "scores": _lines(prediction.scores),
        "probabilities": None if probabilities is None else _lines(probabilities),
        "tokens": _about_tokens(explanation.tokens),
        "token_labels": list(prediction.token_labels),
        "unread": [list(stretch) for stretch in explanation.unread],
        "document": None if explanation.document == text else explanation.document,
    }
    if explanation.other_predictions:
        found["other_predictions"] = format_as_dict(explanation)["other_predictions"]
    return {name: value for name, value in found.items() if value is not None and value != [] and value != {}}


def _about_tokens(tokens: tuple[Token, ...]) -> Mapping[str, Any]:
    """Which tokens are special or unknown, and the words that they are pieces of."""
    found: dict[str, Any] = {
        "special": [i for i, token in enumerate(tokens) if token.is_special],
        "unknown": [i for i, token in enumerate(tokens) if token.is_unknown],
        "words": [token.word for token in tokens] if any(token.word is not None for token in tokens) else [],
    }
    return {name: value for name, value in found.items() if value}


def _lines(array: Any) -> list[Any]:
    return numbers(array) if array.ndim == 1 else [numbers(line) for line in array]


_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
