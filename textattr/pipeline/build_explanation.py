"""From relevance of tokens to an explanation: strip the padding, place on the characters, say what looks wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.backend import Attributed, AttributedText
from textattr.comparison import worst
from textattr.document import Document
from textattr.explanation import (
    AnyExplanation,
    Explanation,
    MultiTextExplanation,
    Prediction,
    SharedTarget,
    TargetExplanation,
    Token,
)
from textattr.frozen import read_only
from textattr.methods.auto import hint
from textattr.pipeline.groups import grouped
from textattr.spans import place_tokens, placed_tokens, weighted_spans
from textattr.suspicions import infinite_scores, suspicions
from textattr.targets.token_class import TokenClass, TokenClasses
from textattr.targets.tokens import OutputTokens
from textattr.tokenizers.encoding import Encoding

Array = npt.NDArray[Any]
Fields = dict[str, Any]  # some of those of an explanation, or of one of its targets


@dataclass(frozen=True, eq=False)
class Found:
    """One target of one document.

    Args:
        attributed: its relevance.
        label: what it is called.
        prediction: what the model says at that output.
        tokens: those that the output has scores for; None where it has one row for the whole document.
    """

    attributed: Attributed
    label: str
    prediction: Prediction
    tokens: OutputTokens | None = None

    @property
    def positions(self) -> tuple[int, ...]:
        """The positions in the text whose own scores are explained."""
        selector = self.attributed.job[1].selector
        if not isinstance(selector, TokenClass | TokenClasses):
            return ()
        return tuple(int(token.position) for token in selector.tokens)

    @property
    def texts(self) -> list[AttributedText]:
        """The relevance of the tokens of each text, which knows which of them are explained."""
        of = None if self.tokens is None else self.tokens.text
        return [
            replace(text, explained=self.positions) if self.positions and text.name == of else text
            for text in self.attributed.texts
        ]


def build_explanation(
    document: Document,
    found: Sequence[Found],
    predictions: Sequence[Prediction],
    *,
    truth: str | None,
    notes: Sequence[str],
    model_name: str,
) -> AnyExplanation:
    """The explanation of one document.

    Args:
        document: the document.
        found: its targets.
        predictions: one per output of the model, that of the first target first.
        truth: the right label, if the caller gave it.
        notes: what the reader should know of the model and the method.
        model_name: the model's name.
    """
    applied = found[0].attributed.applied
    common: Fields = {
        "method": applied.method.name,
        "title": applied.method.title,
        "options": applied.options,
        "method_reason": _reason(found[0].attributed),
        "model": model_name,
        "prediction": predictions[0],
        "other_predictions": tuple(predictions[1:]),
        "truth": truth,
        "checks": worst(check for each in found for check in each.attributed.checks),
    }
    of_method = [warning for each in found for warning in each.attributed.warnings]
    infinite = [w for each in predictions for w in infinite_scores(each.scores, each.labels)]
    general = _unique([*document.warnings, *notes, *infinite, *of_method])
    targets = [_target_fields(each) for each in found]
    explained: dict[str | None, tuple[Fields, tuple[str, ...]]] = {}
    for texts in zip(*(each.texts for each in found), strict=True):
        warnings = _looks_wrong(texts, found)
        for name, fields in _text_fields(texts, targets).items():
            explained[name] = (
                fields,
                (*warnings, *_compared_with_unknown(fields["tokens"], fields["targets"])),
            )
    of_one_target = found[0].texts
    if set(explained) == {None}:
        fields, own = explained[None]
        whole = Explanation(**common, **fields, warnings=_unique([*general, *own]))
        return grouped(whole, of_one_target, applied.method)
    parts = {
        str(name): Explanation(**common, **fields, warnings=own) for name, (fields, own) in explained.items()
    }
    of_parts = [f"{name}: {warning}" for name, part in parts.items() for warning in part.warnings]
    shared = tuple(SharedTarget(**each) for each in targets)
    several = MultiTextExplanation(
        **common, texts=parts, targets=shared, warnings=_unique([*general, *of_parts])
    )
    return grouped(several, of_one_target, applied.method)


def _reason(attributed: Attributed) -> str:
    """Why this method, and which other one may be worth its time; empty where the user named it."""
    applied = attributed.applied
    if not applied.reason:
        return ""
    tokens = [
        token
        for text in attributed.texts
        for token, is_pad in zip(text.part.tokens, text.pads, strict=True)
        if not is_pad
    ]
    return "; ".join(filter(None, [applied.reason, hint(applied.method, tokens)]))


def _compared_with_unknown(tokens: Sequence[Token], targets: Sequence[TargetExplanation]) -> tuple[str, ...]:
    """A warning where unknown words have no weight, because the text was compared with them."""
    unknown = [i for i, token in enumerate(tokens) if token.is_unknown]
    if not unknown or any(each.heatmap[unknown].any() for each in targets):
        return ()
    if not any(each.diagnostics.get("baseline") == "unknown" for each in targets):
        return ()
    words = "an unknown word has" if len(unknown) == 1 else f"{len(unknown)} unknown words have"
    return (
        f"{words} a weight of exactly 0, as the baseline is the unknown token: baseline='zero' would weigh them",
    )


def _target_fields(found: Found) -> Fields:
    """What is said of a target whatever the text."""
    attributed, probabilities = found.attributed, found.prediction.probabilities
    _, target = attributed.job
    index = None if target.selector.reads_every_output else attributed.index
    probability = None
    if probabilities is not None and index is not None:
        probability = float(probabilities[index]) if found.tokens is None else _of_tokens(found)
    return {
        "target": index,
        "against": None if target.against is None else target.against.index,
        "label": found.label,
        "score": attributed.value,
        "probability": probability,
        "shares": attributed.shares,
        "diagnostics": attributed.diagnostics,
        "baseline_score": attributed.diagnostics.get("baseline_score"),
        "output": found.prediction.output,
        "features": attributed.features,
    }


def _of_tokens(found: Found) -> float:
    """The probability that all tokens of a target have the class that is explained, each for itself."""
    selector, probabilities = found.attributed.job[1].selector, found.prediction.probabilities
    assert isinstance(selector, TokenClass | TokenClasses)
    assert probabilities is not None
    classes = [
        found.attributed.index if token.index is None else int(token.index) for token in selector.tokens
    ]
    assert found.tokens is not None
    lines = [found.tokens.kept.index(position) for position in found.positions]
    return float(np.prod([probabilities[line, i] for line, i in zip(lines, classes, strict=True)]))


def _looks_wrong(texts: Sequence[AttributedText], found: Sequence[Found]) -> tuple[str, ...]:
    """What looks wrong about the heat maps of one text, one for each target."""
    return _unique(
        [
            warning
            for text, each in zip(texts, found, strict=True)
            for warning in suspicions(text.relevance, text.pads, bool(each.attributed.warnings))
        ]
    )


def _text_fields(texts: Sequence[AttributedText], targets: list[Fields]) -> dict[str | None, Fields]:
    """The fields of an `Explanation` that belong to one text, given once for each target; by the text's name.

    Several texts that are packed into one input are several.
    """
    first = texts[0]
    part, pads = first.part, first.pads
    if part.encoding is not None and part.encoding.texts is not None:
        return _packed(part.encoding, texts, targets)
    kept = np.flatnonzero(~pads)
    content, tokens = place_tokens(part, [int(i) for i in kept], "\n" if first.is_features else None)
    explained = tuple(
        _target(text, kept, _padding_share(text), tokens, content, fields)
        for text, fields in zip(texts, targets, strict=True)
    )
    layout = "features" if first.is_features else "text"
    unread = () if part.encoding is None else part.encoding.unread.get(None, ())
    return {
        first.name: {
            "document": content,
            "tokens": tokens,
            "targets": explained,
            "layout": layout,
            "unread": unread,
        }
    }


def _packed(
    encoding: Encoding, texts: Sequence[AttributedText], targets: list[Fields]
) -> dict[str | None, Fields]:
    """Several texts in one input, told apart by the encoding; what belongs to none becomes a share of all of them."""
    pads = texts[0].pads
    fields: dict[str | None, Fields] = {}
    for name, content in (encoding.texts or {}).items():
        kept = np.flatnonzero(_belongs(encoding, name) & ~pads)
        tokens = placed_tokens(encoding, list(kept))
        explained = tuple(
            _target(text, kept, {}, tokens, content, each) for text, each in zip(texts, targets, strict=True)
        )
        unread = encoding.unread.get(name, ())
        fields[name] = {"document": content, "tokens": tokens, "targets": explained, "unread": unread}
    of_none = _belongs(encoding, None) & ~pads
    for text, each in zip(texts, targets, strict=True):
        special = {"special": float(text.relevance[of_none].sum())} if of_none.any() else {}
        each["shares"] = {**_padding_share(text), **special, **each["shares"]}
    return fields


def _belongs(encoding: Encoding, name: str | None) -> Array:
    """Which positions belong to a text, bool (T,); None: to no text."""
    return np.array([each == name for each in encoding.text_of or ()], bool)


def _padding_share(text: AttributedText) -> dict[str, float]:
    return {"padding": float(text.relevance[text.pads].sum())} if text.pads.any() else {}


def _target(
    text: AttributedText,
    kept: Array,
    shares: Mapping[str, float],
    tokens: tuple[Token, ...],
    content: str,
    fields: Fields,
) -> TargetExplanation:
    """One target of one text, of which some tokens are kept."""
    heatmap = text.relevance[kept]
    special = np.array([token.is_special for token in tokens], bool)
    of_special = {"special": float(heatmap[special].sum())} if special.any() else {}
    per_token = {name: read_only(numbers[kept]) for name, numbers in text.per_token.items()}
    rest = {
        **fields,
        "shares": {**shares, **of_special, **fields["shares"]},
        "diagnostics": {**fields["diagnostics"], **per_token},
    }
    at = {int(position): number for number, position in enumerate(kept)}
    return TargetExplanation(
        **rest,
        heatmap=heatmap,
        spans=weighted_spans(content, tokens, list(heatmap)),
        positions=tuple(at[position] for position in text.explained if position in at),
        unseen=() if text.unseen is None else tuple(np.flatnonzero(text.unseen[kept]).tolist()),
    )


def _unique(warnings: Sequence[str]) -> tuple[str, ...]:
    """Each warning once, in order."""
    return tuple(dict.fromkeys(warnings))
