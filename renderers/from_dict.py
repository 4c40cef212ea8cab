"""An explanation from the dict of it: whatever is not exactly one is refused, with the place named."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from textattr.comparison import Comparison
from textattr.errors import TextAttrError
from textattr.explanation import (
    AnyExplanation,
    Explanation,
    Feature,
    MultiTextExplanation,
    Prediction,
    SharedTarget,
    Span,
    TargetExplanation,
    Token,
)
from textattr.renderers.dictionary import VERSION
from textattr.renderers.place import Place
from textattr.renderers.plain import array_of_numbers, decode
from textattr.renderers.read_prediction import names, read_prediction, read_probability
from textattr.spans import weighted_spans

_COMMON = ("method", "title", "options", "model", "prediction", "other_predictions", "truth", "warnings")
_ADDED = ("checks", "method_reason")  # since the first files of this version were written
_ADDED_TO_TEXT = ("unread", "unit")  # likewise
_SHARED = ("target", "against", "label", "score", "probability", "shares", "diagnostics", "output")
_LATER = ("baseline_score", "features", "positions", "unseen")  # of a target; likewise
_UNITS = ("token", "word", "sentence", "group")
_SAME = ("target", "against", "label", "output")


def explanation_from_json(text: str) -> AnyExplanation:
    """The explanation that `format_as_dict` and `json.dumps` made this text of.

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


def explanation_from_dict(data: object) -> AnyExplanation:
    """The explanation, of one text or of several, that `format_as_dict` made this dict of.

    What comes back is consistent: a weight per token, the spans follow from tokens and weights, every label, target and
    output is one of the prediction's. It takes no more memory than the dict does, but for a constant factor.

    Raises:
        TextAttrError: when it is not such a dict, is of another version, or contradicts itself.
    """
    version = data.get("version") if isinstance(data, dict) else type(data).__name__
    if type(version) is not int or version != VERSION:
        found = version if isinstance(version, str | float | bool | None) else type(version).__name__
        raise TextAttrError(f'expected a dict from format_as_dict with "version": {VERSION}; got {found!r}')
    place = Place(data)
    place.check_tree()
    return _several(place) if "texts" in place.value else _one(place, "version")


def _one(place: Place, *further: str) -> Explanation:
    names = (*_COMMON, "document", "layout", "tokens", "targets", *further)
    fields = place.fields(*names, optional=(*_ADDED, *_ADDED_TO_TEXT))
    common, document = _common(fields), fields["document"].text()
    predictions = (common["prediction"], *common["other_predictions"])
    targets = tuple(_target(each, document, predictions) for each in fields["targets"].each())
    tokens = tuple(_token(each, document) for each in fields["tokens"].each())
    for target, each in zip(targets, fields["targets"].each(), strict=True):
        _check_weights(each, target, document, tokens)
    layout = fields["layout"].one_of(("text", "features"))
    stretches = fields["unread"].each() if "unread" in fields else []
    unread = tuple(_stretch(each, len(document)) for each in stretches)
    return Explanation(
        **common,
        document=document,
        layout=layout,
        tokens=tokens,
        targets=targets,
        unread=unread,
        unit=fields["unit"].one_of(_UNITS) if "unit" in fields else _UNITS[0],
    )


def _several(place: Place) -> MultiTextExplanation:
    fields = place.fields(*_COMMON, "texts", "targets", "version", optional=_ADDED)
    common = _common(fields)
    predictions = (common["prediction"], *common["other_predictions"])
    targets = tuple(
        SharedTarget(**_shared(each.fields(*_SHARED, optional=_LATER[:2]), predictions))
        for each in fields["targets"].each()
    )
    texts = {name: _one(each) for name, each in fields["texts"].items().items()}
    for name, text in texts.items():
        _check_part(fields["texts"].items()[name], text, predictions, targets)
    return MultiTextExplanation(**common, texts=texts, targets=targets)


def _common(fields: Mapping[str, Place]) -> dict[str, Any]:
    """The fields of either kind of explanation that do not depend on its texts."""
    common: dict[str, Any] = {
        **{name: fields[name].text() for name in ("method", "title", "model")},
        "options": _named(fields["options"]),
        "prediction": read_prediction(fields["prediction"]),
        "other_predictions": tuple(map(read_prediction, fields["other_predictions"].each())),
        "truth": fields["truth"].text_or_none(),
        "warnings": tuple(each.text() for each in fields["warnings"].each()),
        "checks": tuple(map(_check, fields["checks"].each())) if "checks" in fields else (),
        "method_reason": fields["method_reason"].text() if "method_reason" in fields else "",
    }
    predictions: list[Prediction] = [common["prediction"], *common["other_predictions"]]
    outputs = [prediction.output for prediction in predictions]
    if len(set(outputs)) < len(outputs):
        raise fields["other_predictions"].wrong("every output of the model once")
    return common


def _check(place: Place) -> Comparison:
    fields = place.fields("name", "difference", "bound")
    return Comparison(fields["name"].text(), fields["difference"].number(), fields["bound"].number())


def _probability_of(target: int | None, place: Place, prediction: Prediction) -> float | None:
    """A target's probability, which is the one that the model predicted where both are known."""
    probability = read_probability(place)
    if probability is None or target is None or prediction.probabilities is None or prediction.token_labels:
        return probability
    predicted = float(prediction.probabilities[target])
    if probability != predicted and not np.isnan([probability, predicted]).all():
        raise place.wrong(f"the probability that the model predicted, {predicted!r}")
    return probability


def _named(place: Place) -> dict[str, Any]:
    """A dict of anything, by name."""
    value = decode(place)
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise place.wrong("a dict with strings as keys")
    return value


def _shared(fields: Mapping[str, Place], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """The fields of a target that do not depend on its texts."""
    output = fields["output"].text_or_none()
    if output is not None:
        fields["output"].one_of([p.output for p in predictions if p.output is not None])
    prediction = next((p for p in predictions if p.output == output), predictions[0])
    labels = prediction.labels
    target = None if fields["target"].value is None else fields["target"].whole(0, len(labels) - 1)
    shares = _named(fields["shares"])
    if not all(isinstance(share, float | int) and not isinstance(share, bool) for share in shares.values()):
        raise fields["shares"].wrong("a number per name")
    return {
        "target": target,
        "against": None if fields["against"].value is None else fields["against"].whole(0, len(labels) - 1),
        "label": fields["label"].text()
        if target is None
        else fields["label"].one_of(names(prediction, target)),
        "score": fields["score"].number(),
        "probability": _probability_of(target, fields["probability"], prediction),
        "shares": shares,
        "diagnostics": _named(fields["diagnostics"]),
        "output": output,
        "features": tuple(map(_feature, fields["features"].each())) if "features" in fields else (),
        "baseline_score": fields["baseline_score"].number_or_none() if "baseline_score" in fields else None,
    }


def _target(place: Place, document: str, predictions: Sequence[Prediction]) -> TargetExplanation:
    fields = place.fields(*_SHARED, "heatmap", "spans", optional=_LATER)
    heatmap = array_of_numbers(fields["heatmap"], np.dtype(float))
    last = len(heatmap) - 1
    positions, unseen = (
        tuple(each.whole(0, last) for each in fields[name].each()) if name in fields else ()
        for name in ("positions", "unseen")
    )
    return TargetExplanation(
        **_shared(fields, predictions),
        positions=positions,
        unseen=unseen,
        heatmap=heatmap,
        spans=tuple(_span(each, document) for each in fields["spans"].each()),
    )


def _feature(place: Place) -> Feature:
    fields = place.fields("name", "value", "weight")
    return Feature(fields["name"].text(), fields["value"].number(), fields["weight"].number())


def _span(place: Place, document: str) -> Span:
    fields = place.fields("text", "start", "end", "weight")
    text, (start, end) = fields["text"].text(), _bounds(fields, len(document))
    if document[start:end] != text:
        raise TextAttrError(
            f"{place.path}: expected the span {text[:60]!r} at characters {start} to {end} of the document; "
            f"found {document[start : min(end, start + 60)]!r} there"
        )
    return Span(text, start, end, fields["weight"].number())


def _token(place: Place, document: str) -> Token:
    fields = place.fields("text", "start", "end", "is_special", optional=("is_unknown", "word"))
    has_word = "word" in fields and fields["word"].value is not None
    return Token(
        fields["text"].text(),
        *_bounds(fields, len(document)),
        is_special=fields["is_special"].flag(),
        is_unknown="is_unknown" in fields and fields["is_unknown"].flag(),
        word=fields["word"].whole(0, 2**31) if has_word else None,
    )


def _stretch(place: Place, length: int) -> tuple[int, int]:
    """A stretch [start, end] of a text."""
    ends = place.each()
    if len(ends) != 2:
        raise place.wrong("a list of two numbers, where a stretch starts and where it ends")
    start = ends[0].whole(0, length)
    return start, ends[1].whole(start, length)


def _bounds(fields: Mapping[str, Place], length: int) -> tuple[int, int]:
    start = fields["start"].whole(0, length)
    return start, fields["end"].whole(start, length)


def _check_weights(place: Place, target: TargetExplanation, document: str, tokens: tuple[Token, ...]) -> None:
    """A weight per token, and a span with that weight for every token that stands for characters."""
    fields = place.fields(*_SHARED, "heatmap", "spans", optional=_LATER)
    if len(target.heatmap) != len(tokens):
        raise fields["heatmap"].wrong(f"one weight per token, {len(tokens)}")
    meant = weighted_spans(document, tokens, list(target.heatmap))
    if len(target.spans) != len(meant):
        raise fields["spans"].wrong(f"a span per token that stands for characters, {len(meant)}")
    for span, other, each in zip(target.spans, meant, fields["spans"].each(), strict=True):
        if (span.start, span.end) != (other.start, other.end):
            raise each.wrong(f"the characters {other.start} to {other.end} of its token")
        if span.weight != other.weight and not np.isnan([span.weight, other.weight]).all():
            raise each.fields("text", "start", "end", "weight")["weight"].wrong(
                f"the weight {other.weight!r} of its token in the heatmap"
            )


def _check_part(
    place: Place, text: Explanation, predictions: Sequence[Prediction], targets: Sequence[SharedTarget]
) -> None:
    """One of several texts has the predictions and targets of them all."""
    if (text.prediction, *text.other_predictions) != tuple(predictions):
        raise place.items()["prediction"].wrong("the predictions of the whole")
    each = place.items()["targets"]
    if len(text.targets) != len(targets):
        raise each.wrong(f"the targets of the whole, {len(targets)}")
    for part, whole, its in zip(text.targets, targets, each.each(), strict=True):
        if any(getattr(part, name) != getattr(whole, name) for name in _SAME):
            raise its.wrong("the target of the whole at that place")
