"""An explanation as a dict of what JSON knows, and back, without loss."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from textattr.errors import TextAttrError
from textattr.explanation import (
    AnyExplanation,
    Explanation,
    MultiTextExplanation,
    Prediction,
    SharedTarget,
    Span,
    TargetExplanation,
    Token,
    read_only,
)

VERSION = 1
_KINDS_OF_ARRAY = "biufUO"


def format_as_dict(explanation: AnyExplanation) -> dict[str, Any]:
    """The explanation as a dict that `json.dumps(..., allow_nan=False)` takes; [explanation_from_dict][] reads it.

    Strings, whole numbers, finite floats, lists and dicts stand for themselves; `heatmap`, `scores` and
    `probabilities` are lists of numbers. That of several texts has `texts`, a dict of dicts, and neither a document
    nor tokens. What JSON does not know is a dict with one key that starts with `$`:

        {"$float": "nan"}  "inf"  "-inf"
        {"$tuple": [...]}
        {"$array": [values in C order], "dtype": "<f4", "shape": [2, 3]}
        {"$mapping": [[key, value], ...]}        where a key is no string, or starts with "$"
        {"$repr": "..."}                         anything else; this one comes back as a string

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> explanation_from_dict(format_as_dict(EXAMPLE)) == EXAMPLE
        True
    """
    return {"version": VERSION, **_explanation_as_dict(explanation)}


def explanation_from_dict(data: object) -> AnyExplanation:
    """The explanation, of one text or of several, that [format_as_dict][] made this dict of.

    Raises:
        TextAttrError: when it is not such a dict, of another version, or lacks something.
    """
    if not isinstance(data, Mapping) or data.get("version") != VERSION:
        found = data.get("version") if isinstance(data, Mapping) else type(data).__name__
        raise TextAttrError(f'expected a dict from format_as_dict with "version": {VERSION}; got {found!r}')
    try:
        return _several(data) if "texts" in data else _one(data)
    except KeyError as error:
        raise TextAttrError(f"the dict of an explanation lacks the key {error}") from error


def explanation_from_json(text: str) -> AnyExplanation:
    """The explanation that [format_as_dict][] and `json.dumps` made this text of.

    Raises:
        TextAttrError: when it is no such text.
    """
    try:
        data = json.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # no JSON, numbers of thousands of digits, or nested without end
        raise TextAttrError(f"expected the JSON of an explanation, as save writes it: {error}") from error
    return explanation_from_dict(data)


def _explanation_as_dict(explanation: AnyExplanation) -> dict[str, Any]:
    return {
        "method": explanation.method,
        "title": explanation.title,
        "options": _encode(explanation.options),
        "model": explanation.model,
        **_content_as_dict(explanation),
        "prediction": _prediction_as_dict(explanation.prediction),
        "other_predictions": [_prediction_as_dict(p) for p in explanation.other_predictions],
        "truth": explanation.truth,
        "warnings": list(explanation.warnings),
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
        "tokens": [_encode(dataclasses.asdict(token)) for token in explanation.tokens],
        "targets": [_target_as_dict(target) for target in explanation.targets],
    }


def _one(data: Mapping[str, Any]) -> Explanation:
    document = data["document"]
    return Explanation(
        **_common(data),
        document=document,
        layout=data["layout"],
        tokens=tuple(Token(t["text"], t["start"], t["end"], t["is_special"]) for t in data["tokens"]),
        targets=tuple(_target(target, document) for target in data["targets"]),
    )


def _several(data: Mapping[str, Any]) -> MultiTextExplanation:
    return MultiTextExplanation(
        **_common(data),
        texts={name: _one(text) for name, text in data["texts"].items()},
        targets=tuple(SharedTarget(**_shared(target)) for target in data["targets"]),
    )


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of either kind of explanation that do not depend on its texts."""
    return {
        "method": data["method"],
        "title": data["title"],
        "options": _decode(data["options"]),
        "model": data["model"],
        "prediction": _prediction(data["prediction"]),
        "other_predictions": tuple(map(_prediction, data["other_predictions"])),
        "truth": data["truth"],
        "warnings": tuple(data["warnings"]),
    }


def _prediction_as_dict(prediction: Prediction) -> dict[str, Any]:
    scores, probabilities = prediction.scores, prediction.probabilities
    return {
        "task": prediction.task,
        "labels": list(prediction.labels),
        "scores": _numbers(scores),
        "probabilities": None if probabilities is None else _numbers(probabilities),
        "label": prediction.label,
        "activation": prediction.activation,
        "output": prediction.output,
        "dtypes": {
            "scores": scores.dtype.str,
            "probabilities": None if probabilities is None else probabilities.dtype.str,
        },
    }


def _prediction(data: Mapping[str, Any]) -> Prediction:
    dtypes, probabilities = data["dtypes"], data["probabilities"]
    return Prediction(
        task=data["task"],
        labels=tuple(data["labels"]),
        scores=np.array(_decode(data["scores"]), dtype=dtypes["scores"]),
        probabilities=None
        if probabilities is None
        else np.array(_decode(probabilities), dtype=dtypes["probabilities"]),
        label=data["label"],
        activation=data["activation"],
        output=data["output"],
    )


def _shared_as_dict(target: TargetExplanation | SharedTarget) -> dict[str, Any]:
    return {
        "target": _encode(target.target),
        "against": _encode(target.against),
        "label": target.label,
        "score": _encode(target.score),
        "probability": _encode(target.probability),
        "shares": _encode(target.shares),
        "diagnostics": _encode(target.diagnostics),
        "output": target.output,
    }


def _target_as_dict(target: TargetExplanation) -> dict[str, Any]:
    return {
        **_shared_as_dict(target),
        "heatmap": _numbers(target.heatmap),
        "spans": [_encode(dataclasses.asdict(span)) for span in target.spans],
    }


def _shared(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a target that do not depend on its texts."""
    return {
        "target": data["target"],
        "against": data["against"],
        "label": data["label"],
        "score": _decode(data["score"]),
        "probability": _decode(data["probability"]),
        "shares": _decode(data["shares"]),
        "diagnostics": _decode(data["diagnostics"]),
        "output": data["output"],
    }


def _target(data: Mapping[str, Any], document: str) -> TargetExplanation:
    spans = tuple(Span(s["text"], s["start"], s["end"], _decode(s["weight"])) for s in data["spans"])
    for span in spans:
        if document[span.start : span.end] != span.text:
            raise TextAttrError(
                f"expected the span {span.text!r} at characters {span.start} to {span.end} of the document; "
                f"found {document[span.start : span.end]!r} there"
            )
    heatmap = np.array(_decode(data["heatmap"]), dtype=float)
    return TargetExplanation(**_shared(data), heatmap=heatmap, spans=spans)


def _numbers(array: np.ndarray[Any, Any]) -> list[Any]:
    return [_encode(value) for value in array.tolist()]


def _encode(value: Any) -> Any:
    """The value as JSON knows it; see [format_as_dict][] for what stands for what."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [_encode(item) for item in value]}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _encode(item) for key, item in value.items()}
        return {"$mapping": [[_encode(key), _encode(item)] for key, item in value.items()]}
    if isinstance(value, np.ndarray) and value.dtype.kind in _KINDS_OF_ARRAY and value.dtype.itemsize:
        values = [_encode(item) for item in value.ravel().tolist()]
        return {"$array": values, "dtype": value.dtype.str, "shape": list(value.shape)}
    return {"$repr": repr(value)}


def _decode(value: Any) -> Any:
    """What [_encode][] was given."""
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    match value:
        case {"$float": text}:
            return float(text)
        case {"$tuple": items}:
            return tuple(_decode(item) for item in items)
        case {"$mapping": pairs}:
            return {_decode(key): _decode(item) for key, item in pairs}
        case {"$array": values, "dtype": dtype, "shape": shape}:
            return read_only(_array(values, dtype, shape))
        case {"$repr": text}:
            return text
        case _:
            return {key: _decode(item) for key, item in value.items()}


def _array(values: list[Any], dtype: str, shape: list[int]) -> np.ndarray[Any, Any]:
    array = np.empty(len(values), dtype=dtype)
    array[:] = [_decode(value) for value in values]
    return array.reshape(shape)
