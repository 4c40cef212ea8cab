"""What a reader is shown of an explanation, as plain strings, numbers and pieces; HTML and text are made of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textattr.explanation import AnyExplanation, Explanation, SharedTarget, Span, TargetExplanation
from textattr.renderers.balance import Balance, Term, balance, equation
from textattr.renderers.excerpt import Fold, excerpt
from textattr.renderers.facts import Facts, missed_facts, share_facts
from textattr.renderers.kinds import noun_of, one, targets_in, texts_in
from textattr.renderers.numbers import Digits, short
from textattr.renderers.segments import Piece, pieces_of, scale_of
from textattr.renderers.shown import COMMON, OWN, Options
from textattr.renderers.strongest import FEATURES, Strong, row, strongest, unlisted, weighted
from textattr.renderers.target_names import (
    contrasted_label,
    explained_tokens,
    is_predicted,
    unseen_tokens,
)
from textattr.renderers.verdict import Verdict, verdicts
from textattr.renderers.wording import Wording, wording
from textattr.units.merge import Merge, merged_for

_MOST_WHOLE = 5_000  # tokens of a text that is also shown whole, below the excerpt


@dataclass(frozen=True)
class TextParts:
    """One text's part in a target.

    Args:
        name: the text's name; None for the only text.
        noun: what its tokens are called: "token", "word", ..., or "feature" where there is no text around them.
        total: the sum of its weights.
        pieces: the document; none for features, which are a table only, and of a document too long to be shown whole.
        excerpt: of a long document what is shown first; else empty.
        strongest: the table.
        unlisted: how many features the table leaves out; None where a document shows them all.
        shares: what lies beside the tokens of this text.
    """

    name: str | None
    noun: str
    total: str
    pieces: tuple[Piece, ...]
    excerpt: tuple[Piece | Fold, ...]
    strongest: tuple[Strong, ...]
    unlisted: str | None
    shares: Facts


@dataclass(frozen=True)
class TargetParts:
    """One target: its name and numbers, the texts, and what lies beside all of them.

    Args:
        output: the output's name, where the model has several.
        label: the target.
        token: what the tokens are called whose own scores are explained.
        against: the class it is contrasted with.
        is_verdict: whether it is just what the model predicted, so that the verdict has said all of this.
        probability: of the target.
        balance: what the score is made of, in numbers.
        equation: the same in words.
        words: what its weights do.
        scale: the weight of the strongest colour.
        digits: of all its numbers.
        texts: the texts.
        shares: what lies beside all of them.
        unseen: how many tokens the score cannot see, in words.
        features: the numbers beside the text.
        spans: all weighted tokens of all texts.
    """

    output: str | None
    label: str
    token: str | None
    against: str | None
    is_verdict: bool
    probability: float | None
    balance: Balance
    equation: tuple[Term, ...]
    words: Wording
    scale: float
    digits: Digits
    texts: tuple[TextParts, ...]
    shares: Facts
    unseen: str | None
    features: tuple[Strong, ...]
    spans: tuple[Span, ...]

    @property
    def bars(self) -> tuple[Strong, ...]:
        """The strongest tokens of all texts, and the numbers beside them."""
        return (*(row for text in self.texts for row in text.strongest), *self.features)

    def strongest(self, each_side: int) -> tuple[Strong, ...]:
        """The strongest tokens for the target, and then those against it."""
        return tuple(
            found
            for sign in (1, -1)
            for found in strongest(
                [span for span in self.spans if sign * span.weight > 0],
                frozenset(),
                self.scale,
                each_side,
                self.digits,
            )
        )


@dataclass(frozen=True)
class Parts:
    """One explanation: what holds for all its targets, and the targets. A part not to be shown is empty.

    Args:
        verdicts: what the model said, at each of its outputs.
        source: the method and the model.
        reason: why this method, where it was left to the model; else empty.
        missed: how much of the texts the model did not know or read, where it is much.
        targets: the targets, as they were asked for.
        noun: what tokens are called.
        scale: how the scale was chosen: "common", "own" or "given".
        shown: which parts were asked for.
        has_unknown: the legend explains the mark of unknown tokens.
        has_unread: the legend explains the mark of what was not read.
        warnings: what to know before believing it.
    """

    verdicts: tuple[Verdict, ...]
    source: str
    reason: str
    missed: Facts
    targets: tuple[TargetParts, ...]
    noun: str
    scale: str
    shown: frozenset[str]
    has_unknown: bool
    has_unread: bool
    warnings: tuple[str, ...]

    @property
    def primary(self) -> TargetParts | None:
        """The target whose text is shown first: the one that was predicted, else the most probable one."""
        return min(self.targets, key=lambda t: (not t.is_verdict, -(t.probability or 0.0)), default=None)

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest number that the bars of all targets have to reach."""
        numbers = [end for target in self.targets for end in target.balance.ends]
        return (min(numbers), max(numbers)) if numbers else (0.0, 0.0)


def parts_of(explanation: AnyExplanation, options: Options, merge: Merge = "auto") -> Parts:
    """Takes an explanation apart into what a page or a terminal shows.

    Args:
        explanation: the explanation.
        options: what to show.
        merge: what is shown as one, as `explanation.merge` takes it; "auto": words where the tokenizer makes pieces of
            them; None: tokens.

    Raises:
        OptionError: for an unknown `merge`, or what is no explanation.
    """
    explanation = merged_for(one(explanation), merge)
    texts = texts_in(explanation)
    noun = noun_of(*(text for _, text in texts))
    scales = _scales(explanation, options)
    targets = tuple(_target_parts(explanation, i, scales[i], options) for i in range(len(scales)))
    shown_texts = [text for target in targets for text in target.texts]
    pieces = [piece for text in shown_texts for piece in text.pieces]
    header = "header" in options.parts
    return Parts(
        verdicts=verdicts(explanation) if header else (),
        source=" · ".join(filter(None, (explanation.title, explanation.model))),
        reason=explanation.method_reason,
        missed=missed_facts(explanation) if header else (),
        targets=targets,
        noun=noun,
        scale=str(options.scale) if options.scale in (COMMON, OWN) else "given",
        shown=options.parts,
        has_unknown=any(p.is_unknown for p in pieces)
        or any(r.is_unknown for text in shown_texts for r in text.strongest),
        has_unread=any(piece.is_unread for piece in pieces),
        warnings=tuple(explanation.warnings) if "warnings" in options.parts else (),
    )


def _scales(explanation: AnyExplanation, options: Options) -> list[float]:
    """For each target the weight of its strongest colour."""
    targets = targets_in(explanation)
    if not isinstance(options.scale, str):
        return [options.scale] * len(targets)
    own = []
    for i, target in enumerate(targets):
        spans = [s for _, text in texts_in(explanation) for s in weighted(text, text.targets[i])]
        own.append(scale_of((*spans, *(Span("", 0, 0, f.weight) for f in target.features))))
    return own if options.scale == OWN else [max(own, default=0.0)] * len(own)


def _target_parts(explanation: AnyExplanation, i: int, scale: float, options: Options) -> TargetParts:
    target, texts = targets_in(explanation)[i], texts_in(explanation)
    digits, words = Digits.of(scale), wording(explanation, target)
    shares = [*target.shares.items()] + [
        (f"{share} in {name}" if name else share, value)
        for name, text in texts
        for share, value in _own_shares(text.targets[i], target).items()
    ]
    spans = tuple(s for _, text in texts for s in weighted(text, text.targets[i]))
    found = balance(target, [s.weight for s in spans], shares)
    noun = noun_of(*(text for _, text in texts))
    token, against = explained_tokens(i, texts), contrasted_label(explanation, target)
    return TargetParts(
        output=target.output,
        label=target.label,
        token=token,
        against=against,
        is_verdict=token is None and against is None and is_predicted(explanation, target),
        probability=None
        if target.target is None
        else target.probability,  # a function of the user's has none
        balance=found,
        equation=equation(found, words, digits, noun) if "header" in options.parts else (),
        words=words,
        scale=scale,
        digits=digits,
        texts=tuple(
            _text_parts(name, text, text.targets[i], target, scale, options, digits) for name, text in texts
        ),
        shares=share_facts(target.shares, digits, target.baseline_score) if "shares" in options.parts else (),
        unseen=unseen_tokens(i, texts, noun) if "legend" in options.parts else None,
        features=tuple(row(f.name, f.weight, scale, digits, short(f.value)) for f in target.features),
        spans=spans,
    )


def _text_parts(
    name: str | None,
    text: Explanation,
    target: TargetExplanation,
    whole: TargetExplanation | SharedTarget,
    scale: float,
    options: Options,
    digits: Digits,
) -> TextParts:
    """The part of one text in a target; `whole` is the target of all texts, whose shares are not repeated."""
    is_features = text.layout == "features"
    spans = weighted(text, target)
    unknown = [(t.start, t.end) for t in text.tokens if t.is_unknown and t.start < t.end]
    rows = options.top if options.top is not None else FEATURES if is_features else options.rows
    pieces: tuple[Piece, ...] = ()
    if "document" in options.parts and not is_features:
        pieces = pieces_of(
            text.document,
            spans,
            scale,
            explained=_bounds(text, target.positions),
            unseen=_bounds(text, target.unseen),
            unknown=unknown,
            unread=text.unread,
            threshold=options.threshold,
        )
    is_long = options.max_tokens is not None and len(spans) > options.max_tokens
    return TextParts(
        name=name,
        noun=noun_of(text),
        total=digits.signed(sum(s.weight for s in spans)),
        pieces=pieces if not is_long or len(spans) <= _MOST_WHOLE else (),
        excerpt=excerpt(pieces, options.max_tokens or 0) if is_long else (),
        strongest=strongest(spans, frozenset(unknown), scale, rows, digits),
        unlisted=unlisted(spans, rows) if is_features and rows else None,
        shares=share_facts(_own_shares(target, whole), digits, target.baseline_score)
        if "shares" in options.parts
        else (),
    )


def _own_shares(
    target: TargetExplanation | SharedTarget, whole: TargetExplanation | SharedTarget
) -> dict[str, float]:
    """What lies beside the tokens of one text alone."""
    return {name: value for name, value in target.shares.items() if name not in whole.shares}


def _bounds(text: Explanation, positions: Sequence[int]) -> list[tuple[int, int]]:
    return [(text.tokens[i].start, text.tokens[i].end) for i in positions]
