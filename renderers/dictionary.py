"""An explanation as a dict of what JSON knows, without loss; `from_dict` reads it."""

from __future__ import annotations

import dataclasses
from typing import Any

from textattr.explanation import (
    AnyExplanation,
    MultiTextExplanation,
    Prediction,
    SharedTarget,
    TargetExplanation,
)
from textattr.frozen import Array
from textattr.renderers.kinds import one
from textattr.renderers.plain import encode, numbers
from textattr.units.merge import Merge, merged_for

VERSION = 1


def format_as_dict(explanation: AnyExplanation, *, merge: Merge = None) -> dict[str, Any]:
    """The explanation as a dict that `json.dumps(..., allow_nan=False)` takes; `Explanation.from_dict` reads it.

    Strings, whole numbers, finite floats, lists and dicts stand for themselves; `heatmap`, `scores` and
    `probabilities` are lists of numbers, the last two lists of such lists where each token has scores. The dict of
    several texts has `texts`, a dict of dicts, and neither a document nor tokens. Nothing is lost as long as `merge`
    is None; else the dict is that of `explanation.merge(...)`, which cannot be taken apart again. What JSON does not
    know is a dict with one key that starts with `$`:

        {"$float": "nan"}  "inf"  "-inf"
        {"$tuple": [...]}
        {"$array": [values in C order], "dtype": "<f4", "shape": [2, 3]}
        {"$mapping": [[key, value], ...]}        where a key is no string, or starts with "$"
        {"$repr": "..."}                         anything else; this one comes back as a string

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> from textattr.explanation import Explanation
        >>> Explanation.from_dict(format_as_dict(EXAMPLE)) == EXAMPLE
        True
    """
    return {"version": VERSION, **_explanation_as_dict(merged_for(one(explanation), merge))}


def _explanation_as_dict(explanation: AnyExplanation) -> dict[str, Any]:
    return {
        "method": explanation.method,
        "title": explanation.title,
        "method_reason": explanation.method_reason,
        "options": encode(explanation.options),
        "model": explanation.model,
        **_content_as_dict(explanation),
        "prediction": _prediction_as_dict(explanation.prediction),
        "other_predictions": [_prediction_as_dict(p) for p in explanation.other_predictions],
        "truth": explanation.truth,
        "warnings": list(explanation.warnings),
        "checks": [encode(dataclasses.asdict(check)) for check in explanation.checks],
    }


def _content_as_dict(explanation: AnyExplanation) -> dict[str, Any]:
    if isinstance(explanation, MultiTextExplanation):
        return {
            "texts": {name: _explanation_as_dict(text) for name, text in explanation.texts.items()},
            "targets": [_shared_as_dict(target) for target in explanation.targets],
        }
    return {
        "document": explanation.document,
        "layout": explanation.layout,
        "unit": explanation.unit,
        "unread": [list(stretch) for stretch in explanation.unread],
        "tokens": [encode(dataclasses.asdict(token)) for token in explanation.tokens],
        "targets": [_target_as_dict(target) for target in explanation.targets],
    }


def _prediction_as_dict(prediction: Prediction) -> dict[str, Any]:
    scores, probabilities = prediction.scores, prediction.probabilities
    return {
        "task": prediction.task,
        "labels": list(prediction.labels),
        "scores": _lines(scores),
        "probabilities": None if probabilities is None else _lines(probabilities),
        "label": prediction.label,
        "activation": prediction.activation,
        "output": prediction.output,
        "token_labels": list(prediction.token_labels),
        "dtypes": {
            "scores": scores.dtype.str,
            "probabilities": None if probabilities is None else probabilities.dtype.str,
        },
    }


def _lines(array: Array) -> list[Any]:
    """Numbers (C,) as a list, (T, C) as a list of lists."""
    return numbers(array) if array.ndim == 1 else [numbers(line) for line in array]


def _shared_as_dict(target: TargetExplanation | SharedTarget) -> dict[str, Any]:
    return {
        "target": encode(target.target),
        "against": encode(target.against),
        "label": target.label,
        "score": encode(target.score),
        "probability": encode(target.probability),
        "shares": encode(target.shares),
        "diagnostics": encode(target.diagnostics),
        "output": target.output,
        "baseline_score": encode(target.baseline_score),
        "features": [encode(dataclasses.asdict(feature)) for feature in target.features],
    }


def _target_as_dict(target: TargetExplanation) -> dict[str, Any]:
    return {
        **_shared_as_dict(target),
        "heatmap": numbers(target.heatmap),
        "spans": [encode(dataclasses.asdict(span)) for span in target.spans],
        "positions": list(target.positions),
        "unseen": list(target.unseen),
    }
