"""An explanation written by hand: to try a renderer without a model, and for the examples in these docs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np

from textattr.explanation import (
    Explanation,
    MultiTextExplanation,
    Prediction,
    SharedTarget,
    Span,
    TargetExplanation,
    Token,
)


def explanation_of(
    document: str,
    tokens: Sequence[str],
    *heatmaps: Sequence[float],
    labels: Sequence[str] = ("negative", "positive"),
    against: int | None = None,
    truth: str | None = None,
    shares: Mapping[str, float] | None = None,
    warnings: Sequence[str] = (),
    layout: str = "text",
) -> Explanation:
    """An explanation of these weights; with one heatmap of the last class, with several of each class in turn.

    Args:
        document: the text.
        tokens: parts of the document, in order; what is between them belongs to no token.
        heatmaps: one per target, each with one weight per token.
        labels: one per class.
        against: the class that every target is contrasted with.
        truth: the right label.
        shares: relevance beside the tokens.
        warnings: what to warn of.
        layout: "text", or "features" where the tokens name features.

    Raises:
        ValueError: when a token is not in the document, after the one before.

    Example:
        >>> explanation_of("so bad", ["so", "bad"], [0.1, -0.4]).targets[0].spans[1]
        Span(text='bad', start=3, end=6, weight=-0.4)
    """
    placed: list[Token] = []
    for text in tokens:
        start = document.index(text, placed[-1].end if placed else 0)
        placed.append(Token(text, start, start + len(text)))
    probabilities = np.linspace(0.2, 1.0, len(labels)) / np.linspace(0.2, 1.0, len(labels)).sum()
    scores = np.log(probabilities)
    first = 0 if len(heatmaps) > 1 else len(labels) - 1
    return Explanation(
        method="integrated_gradients",
        title="Integrated gradients",
        options={"steps": 50, "baseline": "zero"},
        model="reviews",
        document=document,
        tokens=tuple(placed),
        prediction=Prediction(
            "multiclass", tuple(labels), scores, probabilities, label=labels[-1], activation="softmax"
        ),
        targets=tuple(
            TargetExplanation(
                target=target,
                against=against,
                label=labels[target],
                score=float(scores[target]),
                probability=float(probabilities[target]),
                heatmap=np.asarray(weights, dtype=float),
                spans=tuple(
                    Span(t.text, t.start, t.end, float(weight))
                    for t, weight in zip(placed, weights, strict=True)
                ),
                shares=dict(shares or {}),
                diagnostics={"completeness_error": 0.0004, "steps": 50},
            )
            for target, weights in enumerate(heatmaps, start=first)
        ),
        truth=truth,
        warnings=tuple(warnings),
        layout=layout,
    )


def explanation_of_several(texts: Mapping[str, Explanation]) -> MultiTextExplanation:
    """An explanation of these texts together; all else is as the first one has it.

    Example:
        >>> explanation_of_several({"review": EXAMPLE})["review"] is EXAMPLE
        True
    """
    first = next(iter(texts.values()))
    shared = [field.name for field in fields(SharedTarget) if field.name != "shares"]
    return MultiTextExplanation(
        **{name: getattr(first, name) for name in ("method", "title", "options", "model", "prediction")},
        texts=dict(texts),
        targets=tuple(SharedTarget(**{name: getattr(t, name) for name in shared}) for t in first.targets),
        truth=first.truth,
        warnings=first.warnings,
        other_predictions=first.other_predictions,
    )


_REVIEW = "The plot was awful, but the acting was great."

EXAMPLE = explanation_of(
    _REVIEW,
    re.findall(r"\w+", _REVIEW),
    [0.01, -0.06, 0.02, -0.87, 0.04, 0.0, 0.22, 0.03, 0.71],
    shares={"padding": 0.0123},
)
"""A review, explained for "positive"."""

_INFERENCE = ("entailment", "neutral", "contradiction")

PAIR = explanation_of_several(
    {
        "premise": explanation_of(
            "A man is sleeping on a bench.",
            ["A", "man", "is", "sleeping", "on", "a", "bench"],
            [0.01, 0.12, 0.02, 0.8, 0.0, 0.01, -0.05],
            labels=_INFERENCE,
            shares={"padding": 0.004},
        ),
        "hypothesis": explanation_of(
            "The man runs.", ["The", "man", "runs"], [0.02, -0.22, 0.55], labels=_INFERENCE
        ),
    }
)
"""A premise and a hypothesis, explained for "contradiction"."""

FEATURES = explanation_of(
    "awful\nplot\nacting\ngreat\nboring",
    ["awful", "plot", "acting", "great", "boring"],
    [-0.87, -0.06, 0.22, 0.71, 0.0],
    layout="features",
)
"""A review as a bag of words, explained for "positive"."""
