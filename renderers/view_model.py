"""What a reader is shown of an explanation, as plain strings and pieces: HTML and text are made from the same."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from textattr.checks import shown, whole_number
from textattr.errors import OptionError
from textattr.explanation import AnyExplanation, Explanation, SharedTarget, Span, TargetExplanation
from textattr.renderers.facts import (
    Facts,
    header_facts,
    number,
    output_facts,
    share_facts,
    signed,
    target_facts,
)
from textattr.renderers.kinds import noun_of, one, prediction_at, targets_in, texts_in
from textattr.renderers.segments import Piece, Stretch, level_of, pieces_of, scale_of
from textattr.units.merge import AUTO, Merge, merged_for

SHOW = ("header", "document", "legend", "shares", "warnings")
"""The parts that `show` chooses from; the table of the strongest tokens is chosen by `top`."""

_FEATURES = 20


@dataclass(frozen=True)
class _View:
    """What holds for every text and target: the scale of the colours, and what is asked for."""

    scale: float
    top: int | None
    shown: frozenset[str]


@dataclass(frozen=True)
class Strong:
    """A row in a table: one of the strongest tokens, or a number beside the text with its value.

    `fraction` is |weight| / scale, from 0 to 1; `is_unknown`: the model read the id of unknown words here.
    """

    text: str
    weight: str
    level: int
    fraction: float
    value: str = ""
    is_unknown: bool = False


@dataclass(frozen=True)
class TextParts:
    """One text's part in a target.

    Args:
        name: the text's name; None for the only text.
        noun: what its tokens are called: "token", "word", ..., or "feature" where there is no text around them.
        pieces: the document; none for features, which are a table only.
        strongest: the table.
        unlisted: how many features the table leaves out; None where a document shows them all.
        shares: what lies beside the tokens of this text.
    """

    name: str | None
    noun: str
    pieces: tuple[Piece, ...]
    strongest: tuple[Strong, ...]
    unlisted: str | None
    shares: Facts


@dataclass(frozen=True)
class TargetParts:
    """One target: its name and numbers, the texts, and what lies beside all of them.

    `token` is what the tokens are called whose own scores are explained; `unseen` says how many the score cannot see.
    `features` are the numbers beside the text.
    """

    output: str | None
    label: str
    token: str | None
    against: str | None
    facts: Facts
    texts: tuple[TextParts, ...]
    shares: Facts
    unseen: str | None
    features: tuple[Strong, ...]


@dataclass(frozen=True)
class Parts:
    """One explanation: what holds for all its targets, and the targets. A part not to be shown is empty.

    `outputs` is what the model said at each of its outputs, where it has several. The legend explains the marks of
    unknown tokens and of what was not read where there are such.
    """

    facts: Facts
    outputs: tuple[tuple[str, Facts], ...]
    targets: tuple[TargetParts, ...]
    noun: str
    scale: str | None
    has_unknown: bool
    has_unread: bool
    warnings: tuple[str, ...]


def parts_of(
    explanation: AnyExplanation, *, top: int | None, show: str | Collection[str], merge: Merge = AUTO
) -> Parts:
    """Takes an explanation apart into what a page or a terminal shows.

    The scale of the colours is symmetric and one for the whole explanation: the largest |weight| of all targets
    and texts.

    Args:
        explanation: the explanation.
        top: how many of the strongest tokens the table lists; 0 for no table. None: no table beside a document,
            which shows them all, and 20 rows where the tokens are features without a text around them.
        show: names from [SHOW][].
        merge: what is shown as one, as `explanation.merge` takes it; "auto": words where the tokenizer makes pieces of
            them; None: tokens.

    Raises:
        OptionError: for an unknown name in `show`, a negative `top`, or an unknown `merge`.
    """
    shown = _checked(show)
    if top is not None:
        whole_number("top", top, least=0)
    explanation = merged_for(one(explanation), merge)
    texts = texts_in(explanation)
    weighted = [s for _, text in texts for t in text.targets for s in _weighted(text, t)]
    beside = [Span("", 0, 0, f.weight) for target in targets_in(explanation) for f in target.features]
    scale = scale_of((*weighted, *beside))
    view = _View(scale, top, shown)
    header = "header" in shown
    noun = noun_of(*(text for _, text in texts))
    targets = tuple(
        TargetParts(
            output=target.output,
            label=target.label,
            token=_token(i, texts),
            against=_label(prediction_at(explanation, target.output).labels, target.against),
            facts=target_facts(target) if header else (),
            texts=tuple(_text_parts(name, text, text.targets[i], target, view) for name, text in texts),
            shares=share_facts(target.shares, target.baseline_score) if "shares" in shown else (),
            unseen=_unseen(i, texts, noun) if "legend" in shown else None,
            features=tuple(_row(f.name, f.weight, scale, number(f.value)) for f in target.features),
        )
        for i, target in enumerate(targets_in(explanation))
    )
    shown_texts = [text for target in targets for text in target.texts]
    pieces = [piece for text in shown_texts for piece in text.pieces]
    rows = [row for text in shown_texts for row in text.strongest]
    return Parts(
        facts=header_facts(explanation) if header else (),
        outputs=output_facts(explanation) if header else (),
        targets=targets,
        noun=noun,
        scale=number(scale) if "legend" in shown else None,
        has_unknown=any(p.is_unknown for p in pieces) or any(row.is_unknown for row in rows),
        has_unread=any(piece.is_unread for piece in pieces),
        warnings=tuple(explanation.warnings) if "warnings" in shown else (),
    )


def visible(token: str) -> str:
    """A token for a table: blanks and line breaks in quotes, all else as it is.

    Example:
        >>> print(visible("good"), visible(" "))
        good ' '
    """
    return token if token.strip() and len(token.splitlines()) == 1 else repr(token)


def _checked(show: str | Collection[str]) -> frozenset[str]:
    names = (show,) if isinstance(show, str) else tuple(show) if isinstance(show, Iterable) else (show,)
    if unknown := [name for name in names if name not in SHOW]:
        raise OptionError(f"show: expected any of {', '.join(SHOW)}; got {', '.join(map(shown, unknown))}")
    return frozenset(names)


def _is_features(text: Explanation) -> bool:
    return text.layout == "features"


def _weighted(text: Explanation, target: TargetExplanation) -> Sequence[Span]:
    """What is coloured: the spans; where there is no text for them, every token that is not special."""
    if not _is_features(text):
        return target.spans
    return [
        Span(t.text, t.start, t.end, float(weight))
        for t, weight in zip(text.tokens, target.heatmap, strict=True)
        if not t.is_special
    ]


def _text_parts(
    name: str | None,
    text: Explanation,
    target: TargetExplanation,
    whole: TargetExplanation | SharedTarget,
    view: _View,
) -> TextParts:
    """The part of one text in a target; `whole` is the target of all texts, whose shares are not repeated."""
    is_features = _is_features(text)
    weighted = _weighted(text, target)
    unknown = [
        (token.start, token.end) for token in text.tokens if token.is_unknown and token.start < token.end
    ]
    strongest, unlisted = _strongest(weighted, frozenset(unknown), is_features, view)
    own = {share: value for share, value in target.shares.items() if share not in whole.shares}
    return TextParts(
        name=name,
        noun=noun_of(text),
        pieces=pieces_of(
            text.document,
            weighted,
            view.scale,
            explained=_bounds(text, target.positions),
            unseen=_bounds(text, target.unseen),
            unknown=unknown,
            unread=text.unread,
        )
        if "document" in view.shown and not is_features
        else (),
        strongest=strongest,
        unlisted=unlisted,
        shares=share_facts(own, target.baseline_score) if "shares" in view.shown else (),
    )


def _bounds(text: Explanation, positions: Sequence[int]) -> list[tuple[int, int]]:
    return [(text.tokens[i].start, text.tokens[i].end) for i in positions]


def _token(number: int, texts: Sequence[tuple[str | None, Explanation]]) -> str | None:
    """The tokens whose own scores a target explains, with a space between."""
    named = [text.tokens[i].text for _, text in texts for i in text.targets[number].positions]
    return " ".join(map(visible, named)) or None


def _unseen(number: int, texts: Sequence[tuple[str | None, Explanation]], noun: str) -> str | None:
    """How many tokens the score of a target cannot depend on, in words."""
    count = sum(len(text.targets[number].unseen) for _, text in texts)
    return f"grey: {count} {noun}{'s' * (count != 1)} that this score cannot depend on" if count else None


def _strongest(
    weighted: Sequence[Span], unknown: frozenset[Stretch], is_features: bool, view: _View
) -> tuple[tuple[Strong, ...], str | None]:
    """The table, which never lists what has no weight, and what it leaves out of the features."""
    rows = (_FEATURES if is_features else 0) if view.top is None else view.top
    heavy = (span for span in weighted if span.weight != 0)
    ranked = sorted(heavy, key=lambda span: _strength(span.weight, view.scale), reverse=True)
    unlisted = None
    if is_features and rows:
        unlisted = _unlisted(weaker=len(ranked[rows:]), without=len(weighted) - len(ranked))
    strongest = tuple(
        _row(s.text, s.weight, view.scale, is_unknown=(s.start, s.end) in unknown) for s in ranked[:rows]
    )
    return strongest, unlisted


def _row(text: str, weight: float, scale: float, value: str = "", *, is_unknown: bool = False) -> Strong:
    return Strong(
        text=visible(text),
        weight=signed(weight),
        level=level_of(weight, scale),
        fraction=_strength(weight, scale),
        value=value,
        is_unknown=is_unknown,
    )


def _strength(weight: float, scale: float) -> float:
    """|weight| / scale, at most 1; 0 for NaN and where nothing has weight."""
    return 0.0 if scale == 0 or math.isnan(weight) else min(abs(float(weight)) / scale, 1.0)


def _unlisted(*, weaker: int, without: int) -> str | None:
    """What the table of features leaves out, in words."""
    counts = [f"{weaker} weaker"] * bool(weaker) + [f"{without} without weight"] * bool(without)
    return f"not listed: {', '.join(counts)}" if counts else None


def _label(labels: tuple[str, ...], index: int | None) -> str | None:
    if index is None:
        return None
    return labels[index] if 0 <= index < len(labels) else str(index)
