"""Weights of one's own, of attention, a colleague's method or people's marks, as an explanation like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from textattr.checks import finite_array, number, shown, text
from textattr.errors import OptionError, TokensError
from textattr.explanation import Explanation, Prediction, TargetExplanation, Token
from textattr.frozen import Array
from textattr.spans import join_tokens, weighted_spans

METHOD = "from_weights"


def explanation_from_weights(
    text_or_tokens: Any,
    weights: Any,
    *,
    tokens: Any = None,
    label: Any = None,
    title: Any = None,
    probability: Any = None,
    score: Any = None,
    baseline_score: Any = None,
    truth: Any = None,
    model: Any = None,
) -> Explanation:
    """See `Explanation.from_weights`."""
    document, placed = _placed(text_or_tokens, tokens)
    by_label = _by_label(weights, label, len(placed), given=tokens is not None)
    labels = tuple(by_label)
    scores = np.array(
        [_number("score", score, _sum(each) if score is None else None) for each in by_label.values()]
    )
    p = _number("probability", probability, None, least=0, most=1)
    if p is not None and len(labels) > 1:
        raise OptionError(
            f"probability= is that of one label; the weights are of {len(labels)}: leave it out"
        )
    targets = tuple(
        TargetExplanation(
            target=i,
            against=None,
            label=name,
            score=float(scores[i]),
            probability=p,
            heatmap=heatmap,
            spans=weighted_spans(document, placed, list(heatmap)),
            baseline_score=_number("baseline_score", baseline_score, None),
        )
        for i, (name, heatmap) in enumerate(by_label.items())
    )
    return Explanation(
        method=METHOD,
        title=_text("title", title, "Own weights"),
        options={},
        model=_text("model", model, ""),
        document=document,
        tokens=placed,
        prediction=Prediction(
            "multiclass", labels, scores, None if p is None else np.array([p]), label=labels[0]
        ),
        targets=targets,
        truth=None if truth is None else text("truth", truth),
    )


def _sum(weights: Array) -> float:
    with np.errstate(over="ignore"):
        total = float(weights.sum())
    if not np.isfinite(total):
        raise OptionError(
            "weights: their sum, which is the score, is too large for a number: divide them, or give score="
        )
    return total


def _placed(text_or_tokens: Any, tokens: Any) -> tuple[str, tuple[Token, ...]]:
    if isinstance(text_or_tokens, str):
        return text_or_tokens, _in_text(text_or_tokens, text_or_tokens.split() if tokens is None else tokens)
    if tokens is not None:
        raise OptionError("tokens= is for a text; leave it out where the first argument is the tokens")
    return join_tokens(_strings(text_or_tokens))


def _in_text(document: str, tokens: Any) -> tuple[Token, ...]:
    """The tokens one after another in the text."""
    placed: list[Token] = []
    end = 0
    for i, token in enumerate(_strings(tokens)):
        start = document.find(token, end)
        if start < 0:
            raise TokensError(
                f"tokens: expected each to stand in the text after the one before, got {shown(token)} at position {i}, "
                f"which does not: give them as the text has them, or without the text"
            )
        end = start + len(token)
        placed.append(Token(token, start, end))
    return tuple(placed)


def _strings(tokens: Any) -> list[str]:
    if not isinstance(tokens, Sequence | np.ndarray) or isinstance(tokens, str | bytes):
        raise TokensError(f"expected a text, or tokens as a list of strings, got {shown(tokens)}")
    found = list(tokens)
    if wrong := [token for token in found if not isinstance(token, str)]:
        raise TokensError(f"expected tokens as a list of strings, got {shown(wrong[0])} among them")
    return [str(token) for token in found]


def _by_label(weights: Any, label: Any, count: int, *, given: bool) -> dict[str, Array]:
    """The weights of each label, as many as there are tokens."""
    if isinstance(weights, Mapping):
        if label is not None:
            raise OptionError("label= is for the weights of one label; a dict of weights names its own")
        if not weights:
            raise OptionError(
                "weights: expected numbers, or {label: numbers} of one label at least, got none"
            )
        named = {text("a label of weights", name): each for name, each in weights.items()}
    else:
        named = {_text("label", label, "target"): weights}
    return {name: _checked(each, count, given=given) for name, each in named.items()}


def _checked(weights: Any, count: int, *, given: bool) -> Array:
    found: Array = finite_array("weights", _as_numbers(weights)).astype(float)
    if found.ndim != 1 or len(found) != count:
        of = "tokens" if given else "tokens (words between blanks, where there is a text)"
        raise TokensError(
            f"weights: expected one number for each of the {count} {of}, got an array of shape {found.shape}; "
            "tokens= says what the text is made of"
        )
    return found


def _as_numbers(weights: Any) -> Any:
    """Marks that people made, true or false, as 1 and 0; an empty list as no numbers."""
    is_array = isinstance(weights, list | tuple | np.ndarray)
    if is_array and (len(weights) == 0 or all(isinstance(each, bool | np.bool_) for each in weights)):
        return np.asarray(weights, dtype=float)
    return weights


def _number(name: str, value: Any, default: float | None, **bounds: float) -> float | None:
    return default if value is None else number(name, value, **bounds)


def _text(name: str, value: Any, default: str) -> str:
    return default if value is None else text(name, value)
