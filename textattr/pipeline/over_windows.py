"""What was attributed to the windows of a document, as one attribution of the document.

The weight of a token is its mean over the windows that it lies in; what stands beside the tokens gets its mean over all
windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.backend import Answer, Attributed, AttributedText, Job
from textattr.document import WindowedDocument
from textattr.explanation import Feature
from textattr.frozen import read_only
from textattr.targets.target import Class

Array = npt.NDArray[Any]

_ERROR = "standard_error"
_MOST_WARNINGS = 3  # that single windows have


def averaged(
    document: WindowedDocument, job: Job, value: float, answer: Answer, found: Sequence[Attributed]
) -> Attributed:
    """One target of a document, from what was found for it in each window.

    Where the method has a baseline, the weights and shares sum to the joined score less that of the baseline, which is
    the mean of those of the windows: what is missing is the share "windows".

    Args:
        document: the document.
        job: the target.
        value: its joined score.
        answer: what the model says of the document.
        found: one for each window.
    """
    texts = [_text(document, of_windows) for of_windows in zip(*(each.texts for each in found), strict=True)]
    features = tuple(_feature(each) for each in zip(*(each.features for each in found), strict=True))
    shares = _shares(document, found)
    diagnostics = _diagnostics(document, found)
    if "baseline_score" in diagnostics and len(found) > 1:
        summed = sum(float(text.relevance.sum()) for text in texts) + sum(each.weight for each in features)
        shares["windows"] = value - diagnostics["baseline_score"] - summed - sum(shares.values())
    return replace(
        found[0],
        job=job,
        index=found[0].index if isinstance(job[1].selector, Class) else answer.best,
        value=value,
        answer=answer,
        texts=tuple(texts),
        features=features,
        shares=shares,
        diagnostics=diagnostics,
        warnings=_warnings([each.warnings for each in found]),
        checks=tuple(check for each in found for check in each.checks),
    )


@dataclass(frozen=True, eq=False)
class _Places:
    """Where the tokens of each window stand in a text of `count` tokens; -1 for what is not in the text."""

    count: int
    at: Sequence[Array]

    def total(self, arrays: Sequence[Array]) -> Array:
        """Numbers of the tokens of each window, summed at the tokens of the text."""
        total = np.zeros(self.count)
        for array, at in zip(arrays, self.at, strict=True):
            np.add.at(total, at[at >= 0], array[at >= 0])
        return total

    def mean(self, arrays: Sequence[Array]) -> Array:
        """The mean over the windows that a token lies in; 0 where it lies in none."""
        return np.asarray(self.total(arrays) / self._seen)

    def of_mean(self, errors: Sequence[Array]) -> Array:
        """The standard errors of means of independent numbers, from those of the numbers."""
        return np.asarray(np.sqrt(self.total([np.square(each) for each in errors])) / self._seen)

    @property
    def _seen(self) -> Array:
        return np.maximum(self.total([np.ones(len(at)) for at in self.at]), 1)


def _text(document: WindowedDocument, of_windows: Sequence[AttributedText]) -> AttributedText:
    """A text of the document, whose tokens get the mean over the windows that they lie in."""
    first = of_windows[0]
    name = next(n for n, part in document.windows[0].parts.items() if part is first.part)
    part = document.document.parts[name]
    count = len(part.tokens)
    is_cut = name == document.text
    places = _Places(count, document.positions if is_cut else [np.arange(count)] * len(of_windows))
    per_token = {
        kind: (places.of_mean if kind == _ERROR else places.mean)([t.per_token[kind] for t in of_windows])
        for kind in first.per_token
    }
    return replace(
        first,
        part=part,
        relevance=places.mean([text.relevance for text in of_windows]),
        pads=places.total([~text.pads for text in of_windows]) == 0,
        per_token=per_token,
    )


def _only_in_window(document: WindowedDocument, found: Attributed, number: int) -> float:
    """The relevance of padding that only a window has."""
    at = document.positions[number]
    parts = document.windows[number].parts
    return sum(float(t.relevance[at < 0].sum()) for t in found.texts if t.part is parts[document.text])


def _shares(document: WindowedDocument, found: Sequence[Attributed]) -> dict[str, float]:
    """The mean share of each name; padding that only windows have belongs to no position of the document."""
    names = dict.fromkeys(name for each in found for name in each.shares)
    shares = {name: float(np.mean([each.shares.get(name, 0.0) for each in found])) for name in names}
    if any((at < 0).any() for at in document.positions):
        only_here = [_only_in_window(document, each, number) for number, each in enumerate(found)]
        shares["padding"] = shares.get("padding", 0.0) + float(np.mean(only_here))
    return shares


def _feature(of_windows: Sequence[Feature]) -> Feature:
    first = of_windows[0]
    return Feature(first.name, first.value, float(np.mean([each.weight for each in of_windows])))


def _diagnostics(document: WindowedDocument, found: Sequence[Attributed]) -> dict[str, Any]:
    """What the method says of its results in all windows.

    Counts of evaluations are summed, numbers averaged, but of how far off sums are the largest is taken; words are told
    once. What a method says of each position of all texts together is left out.
    """
    joined: dict[str, Any] = {}
    for name in found[0].diagnostics:
        values = [each.diagnostics.get(name) for each in found]
        if all(isinstance(value, str) for value in values):
            joined[name] = ", ".join(dict.fromkeys(map(str, values)))
        elif all(isinstance(value, int | float) for value in values):
            joined[name] = _number(name, values)
        elif name == _ERROR:
            errors = [np.asarray(value) for value in values]
            places = _Places(len(document.document.parts[document.text].tokens), document.positions)
            if all(len(each) == len(at) for each, at in zip(errors, places.at, strict=True)):
                joined[name] = read_only(places.of_mean(errors))
    return {**joined, "windows": len(found)}


def _number(name: str, values: Sequence[Any]) -> Any:
    if name == "evaluations":
        return sum(values)
    if name.endswith("error"):
        return max(values, key=abs)
    return values[0] if len(set(values)) == 1 else float(np.mean(values))


def _warnings(of_windows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What all windows are warned of, once; of single windows, the first few."""
    count = len(of_windows)
    common = [w for w in of_windows[0] if all(w in each for each in of_windows)]
    single = [
        f"in window {number} of {count}: {warning}"
        for number, each in enumerate(of_windows, 1)
        for warning in each
        if warning not in common
    ]
    more = len(single) - _MOST_WARNINGS
    told = [*common, *single[:_MOST_WARNINGS]]
    return tuple([*told, f"{more} more warnings of windows like these"] if more > 0 else told)
