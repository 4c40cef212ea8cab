"""From relevance on vectors to an `Explanation`: sum, strip the padding, place on the characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.document import Document
from textattr.errors import DocumentError
from textattr.explanation import Explanation, TargetExplanation, read_only
from textattr.methods.method import VectorMethod
from textattr.methods.options import plain_options
from textattr.padding import padding_of
from textattr.prediction import prediction_of
from textattr.spans import place_tokens, weighted_spans
from textattr.split.head import Head
from textattr.split.rows import Attribution

PADDING_SHARE = 0.10  # of all relevance, by size: above, the explanation warns


@dataclass(frozen=True)
class Asked:
    """What was asked of one document: the classes (None: the predicted one), the contrast, the right label."""

    classes: tuple[int, ...] | None
    against: int | None
    truth: str | None


def assemble(
    document: Document,
    asked: Asked,
    attribution: Attribution,
    rows: npt.NDArray[np.int64],
    *,
    head: Head,
    labels: tuple[str, ...],
    method: VectorMethod,
    model_name: str,
    score: str,
    pad_value: Any,
    padding: str | None,
) -> Explanation:
    """The explanation of one document, whose targets stand in `rows` of the attribution.

    Raises:
        DocumentError: when the document is nothing but padding.
    """
    first = rows[0]
    mask = next((m[first] for m in attribution.masks if m is not None), None)
    pads = padding_of(document, pad_value=pad_value, padding=padding, mask=mask)
    if pads.all():
        raise DocumentError(f"expected at least one token, got {len(pads)} of padding")
    kept = np.flatnonzero(~pads)
    text, tokens = place_tokens(document, [int(i) for i in kept])
    special = np.array([token.is_special for token in tokens])
    prediction = prediction_of(head, labels, attribution.logits[first], attribution.probabilities[first])
    warnings = [*document.warnings, *head.notes]
    targets = []
    for row in rows:
        # two tables over the same ids: their shares of a token add up
        heat = np.add.reduce([r[row].astype(np.float64).sum(-1) for r in attribution.relevance])
        heatmap = heat[kept]
        shares = {}
        if pads.any():
            shares["padding"] = float(heat[pads].sum())
        if special.any():
            shares["special"] = float(heatmap[special].sum())
        target = int(attribution.target[row])
        warnings += [w for w in _suspicions(heat, pads) if w not in warnings]
        warnings += [w for w in attribution.warnings[row] if w not in warnings]
        targets.append(
            TargetExplanation(
                target=target,
                against=asked.against,
                label=labels[target],
                score=float(attribution.value[row]),
                probability=None if prediction.probabilities is None else float(prediction.probabilities[target]),
                heatmap=heatmap,
                spans=weighted_spans(text, tokens, heatmap),
                shares=shares,
                diagnostics={name: _plain(values[row]) for name, values in attribution.diagnostics.items()},
            )
        )
    return Explanation(
        method=method.name,
        title=method.title,
        options=plain_options(method),
        model=model_name,
        document=text,
        tokens=tokens,
        prediction=prediction,
        targets=tuple(targets),
        truth=asked.truth,
        warnings=tuple(warnings),
    )


def _suspicions(heat: npt.NDArray[Any], pads: npt.NDArray[np.bool_]) -> list[str]:
    """What looks wrong about one heatmap."""
    total = np.abs(heat).sum()
    if total == 0:
        return ["every token got exactly 0: the score does not depend on the vectors, or the gradient died on the way"]
    share = np.abs(heat[pads]).sum() / total
    if share > PADDING_SHARE:
        return [f"padding took {100 * share:.0f} % of the relevance: the model does not mask it"]
    return []


def _plain(value: Any) -> Any:
    """One row of a diagnostic: a Python number or string, or a read-only array."""
    return value.item() if np.ndim(value) == 0 and hasattr(value, "item") else read_only(value)
