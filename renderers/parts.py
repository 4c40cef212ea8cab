"""What a reader is shown of an explanation, as plain strings and pieces: HTML and text are made from the same."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from textattr.errors import OptionError
from textattr.explanation import Explanation, TargetExplanation
from textattr.renderers.chips import Piece, level_of, pieces_of, scale_of

SHOW = ("header", "document", "legend", "shares", "warnings")
"""The parts that `show` chooses from; the table of the strongest tokens is chosen by `top`."""


@dataclass(frozen=True)
class Strong:
    """A row in the table of the strongest tokens; `fraction` is |weight| / scale, from 0 to 1."""

    text: str
    weight: str
    level: int
    fraction: float


@dataclass(frozen=True)
class TargetParts:
    """One target: its name and numbers, the document in pieces, the strongest tokens, what lies beside them."""

    label: str
    against: str | None
    facts: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]
    strongest: tuple[Strong, ...]
    shares: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Parts:
    """One explanation: what holds for all its targets, and the targets. A part not to be shown is empty."""

    facts: tuple[tuple[str, str], ...]
    targets: tuple[TargetParts, ...]
    scale: str | None
    warnings: tuple[str, ...]


def parts_of(explanation: Explanation, *, top: int, show: str | Collection[str]) -> Parts:
    """Takes an explanation apart into what a page or a terminal shows.

    The scale of the colours is symmetric and one for the whole explanation: the largest |weight| of all targets.

    Args:
        explanation: the explanation.
        top: how many of the strongest tokens the table lists; 0 for no table.
        show: names from [SHOW][].

    Raises:
        OptionError: for an unknown name in `show`, or a negative `top`.
    """
    shown = _checked(show)
    if top < 0:
        raise OptionError(f"top: expected how many tokens to list, 0 or more; got {top!r}")
    scale = scale_of(span for target in explanation.targets for span in target.spans)
    return Parts(
        facts=_facts(explanation) if "header" in shown else (),
        targets=tuple(_target_parts(explanation, t, scale, top, shown) for t in explanation.targets),
        scale=number(scale) if "legend" in shown else None,
        warnings=tuple(explanation.warnings) if "warnings" in shown else (),
    )


def number(value: float) -> str:
    """4 significant digits.

    Example:
        >>> number(0.123456)
        '0.1235'
    """
    return f"{float(value):.4g}"


def signed(value: float) -> str:
    """4 significant digits with the sign; zero has none.

    Example:
        >>> signed(0.123456), signed(-0.0)
        ('+0.1235', '0')
    """
    return "0" if value == 0 else f"{float(value):+.4g}"


def visible(token: str) -> str:
    """A token for a table: blanks and line breaks in quotes, all else as it is.

    Example:
        >>> print(visible("good"), visible(" "))
        good ' '
    """
    return token if token.strip() and len(token.splitlines()) == 1 else repr(token)


def _checked(show: str | Collection[str]) -> frozenset[str]:
    names = frozenset((show,) if isinstance(show, str) else show)
    if unknown := names.difference(SHOW):
        raise OptionError(
            f"show: expected any of {', '.join(SHOW)}; got {', '.join(map(repr, sorted(unknown)))}"
        )
    return names


def _facts(explanation: Explanation) -> tuple[tuple[str, str], ...]:
    prediction = explanation.prediction
    facts = [("method", explanation.title)]
    if prediction.task != "regression":
        facts.append(("predicted", prediction.label))
    if explanation.truth is not None:
        facts.append(("truth", explanation.truth))
    return (*facts, ("model", explanation.model))


def _target_parts(
    explanation: Explanation, target: TargetExplanation, scale: float, top: int, shown: frozenset[str]
) -> TargetParts:
    facts = [("score", number(target.score))]
    if target.probability is not None:
        facts.insert(0, ("probability", number(target.probability)))
    strongest = sorted(target.spans, key=lambda span: _strength(span.weight, scale), reverse=True)[:top]
    return TargetParts(
        label=target.label,
        against=_label(explanation.prediction.labels, target.against),
        facts=tuple(facts) if "header" in shown else (),
        pieces=pieces_of(explanation.document, target.spans, scale) if "document" in shown else (),
        strongest=tuple(
            Strong(
                text=visible(span.text),
                weight=signed(span.weight),
                level=level_of(span.weight, scale),
                fraction=_strength(span.weight, scale),
            )
            for span in strongest
        ),
        shares=_shares(target.shares) if "shares" in shown else (),
    )


def _strength(weight: float, scale: float) -> float:
    """|weight| / scale, at most 1; 0 for NaN and where nothing has weight."""
    return 0.0 if scale == 0 or math.isnan(weight) else min(abs(float(weight)) / scale, 1.0)


def _label(labels: tuple[str, ...], index: int | None) -> str | None:
    if index is None:
        return None
    return labels[index] if 0 <= index < len(labels) else str(index)


def _shares(shares: Mapping[str, float]) -> tuple[tuple[str, str], ...]:
    return tuple((name, signed(share)) for name, share in shares.items())
