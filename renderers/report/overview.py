"""How the model did on all documents: accuracy, confusion, and the distribution of what it said."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from textattr.renderers.numbers import short
from textattr.renderers.report.documents import Document

BINS = 20
MOST_CLASSES = 6  # of a matrix; more are a list of the pairs that are most confused
_PAIRS = 8


@dataclass(frozen=True)
class Cell:
    """How many documents of one class the model took for another, or for what they are."""

    truth: str
    predicted: str
    count: int

    @property
    def is_wrong(self) -> bool:
        """Whether these are mistakes."""
        return self.truth != self.predicted


@dataclass(frozen=True)
class Bin:
    """One column of the histogram, from 0 to 1 of the height: what is right, or of unknown truth, above the line."""

    above: float
    below: float


@dataclass(frozen=True)
class Overview:
    """The numbers of the overview.

    Args:
        right: documents that the model got right.
        wrong: documents that it got wrong; both 0 where nobody said what is right.
        chance: what always saying the most frequent class would get right, from 0 to 1.
        most_frequent: that class.
        classes: the rows and columns of the matrix; empty where there is none.
        cells: of the matrix, row by row; or the most confused pairs.
        bins: the histogram; empty where the model gave no probability and no value.
        axis: what the histogram counts.
        ends: the labels at its ends.
        has_middle: whether one half is one class and the other half the other.
    """

    right: int
    wrong: int
    chance: float
    most_frequent: str
    classes: tuple[str, ...]
    cells: tuple[Cell, ...]
    bins: tuple[Bin, ...]
    axis: str
    ends: tuple[str, str]
    has_middle: bool

    @property
    def accuracy(self) -> float | None:
        """Right ones among those of which the truth is known."""
        known = self.right + self.wrong
        return self.right / known if known else None


def overview(documents: Sequence[Document]) -> Overview:
    """Counts all documents once."""
    verdicts = [document.verdict for document in documents]
    judged = [v for v in verdicts if v.mark is not None]
    wrong = sum(v.is_wrong for v in judged)
    truths = Counter(str(v.truth) for v in judged)
    frequent, count = truths.most_common(1)[0] if truths else ("", 0)
    classes, cells = _confusion(documents)
    values, axis, ends, has_middle = _distribution(documents)
    return Overview(
        right=len(judged) - wrong,
        wrong=wrong,
        chance=count / len(judged) if judged else 0.0,
        most_frequent=frequent,
        classes=classes,
        cells=cells,
        bins=_bins(values, [v.is_wrong for v in verdicts]),
        axis=axis,
        ends=ends,
        has_middle=has_middle,
    )


def _confusion(documents: Sequence[Document]) -> tuple[tuple[str, ...], tuple[Cell, ...]]:
    pairs = Counter((str(d.verdict.truth), d.verdict.label) for d in documents if d.verdict.mark is not None)
    seen = {name for pair in pairs for name in pair}
    labels = [label for d in documents for label in d.first.prediction.labels] if pairs else []
    classes = tuple(dict.fromkeys([label for label in labels if label in seen] + sorted(seen)))
    if len(classes) > MOST_CLASSES:
        mistakes = [(pair, n) for pair, n in pairs.most_common() if pair[0] != pair[1]]
        return (), tuple(Cell(*pair, n) for pair, n in mistakes[:_PAIRS])
    return classes, tuple(Cell(t, p, pairs[t, p]) for t in classes for p in classes)


def _distribution(documents: Sequence[Document]) -> tuple[list[float], str, tuple[str, str], bool]:
    """A number from 0 to 1 for each document, NaN where there is none, and what it means."""
    labels = {d.first.prediction.labels for d in documents}
    regression = any(d.verdict.value is not None for d in documents)
    if regression:
        scores = [float(d.first.prediction.scores.flat[0]) for d in documents]
        finite = [score for score in scores if math.isfinite(score)]
        low, high = min(finite, default=0.0), max(finite, default=0.0)
        width = high - low or 1.0
        name = documents[0].verdict.label
        return [(s - low) / width for s in scores], f"Value of {name}", (short(low), short(high)), False
    is_binary = len(labels) == 1 and len(next(iter(labels))) == 2
    if is_binary and all(d.first.prediction.task != "multilabel" for d in documents):
        name = next(iter(labels))[1]
        return [_of_second(d) for d in documents], f"Probability of {name}", ("0", "1"), True
    values = [math.nan if d.verdict.probability is None else d.verdict.probability for d in documents]
    return values, "Probability of the predicted class", ("0", "1"), False


def _of_second(document: Document) -> float:
    probabilities = document.first.prediction.probabilities
    return math.nan if probabilities is None or probabilities.ndim != 1 else float(probabilities[1])


def _bins(values: Sequence[float], wrong: Sequence[bool]) -> tuple[Bin, ...]:
    above, below = [0] * BINS, [0] * BINS
    for value, is_wrong in zip(values, wrong, strict=True):
        if math.isfinite(value):
            (below if is_wrong else above)[min(int(value * BINS), BINS - 1)] += 1
    most = max(*above, *below)
    return tuple(Bin(a / most, b / most) for a, b in zip(above, below, strict=True)) if most else ()
