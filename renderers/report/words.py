"""Words over all documents: their mean weight for each class, how many documents hold them, how many are wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from textattr.explanation import AnyExplanation
from textattr.renderers.kinds import targets_in, texts_in
from textattr.renderers.report.documents import Document
from textattr.renderers.strongest import weighted
from textattr.renderers.wording import wording

MOST_CLASSES = 6
MOST_WORDS = 400


@dataclass(frozen=True)
class WordRow:
    """One word.

    Args:
        word: in lower case.
        documents: how many hold it.
        mistakes: how many of these the model got wrong; None where that was not counted.
        means: its mean weight for each class, None where no explanation of that class has it.
    """

    word: str
    documents: int
    mistakes: int | None
    means: tuple[float | None, ...]


@dataclass(frozen=True)
class WordTable:
    """The table.

    Args:
        classes: what the means are for; of two classes whose scores are each other's negative, the second.
        rows: the words, from the largest mean of the first class to the smallest.
        omitted: how many weaker words are left out.
        documents: over how many it counts; None where these are those of the report.
    """

    classes: tuple[str, ...]
    rows: tuple[WordRow, ...]
    omitted: int
    documents: int | None = None


class CountedWords(Protocol):
    """Whatever has counted words elsewhere, such as a [Summary][textattr.corpora.summary.Summary]."""

    def word_table(self) -> WordTable:
        """The words as a report shows them."""
        ...


def strongest_words(
    classes: Sequence[str], rows: Iterable[WordRow], documents: int | None = None
) -> WordTable:
    """The rows that a report has room for: those of several documents first, then by their largest mean.

    Example:
        >>> rows = [WordRow("plot", 3, 1, (-0.5,)), WordRow("good", 2, 0, (0.9,)), WordRow("the", 9, 2, (0.0,))]
        >>> [row.word for row in strongest_words(["positive"], rows).rows]
        ['good', 'plot']
    """
    known = [row for row in rows if any(row.means)]
    kept = sorted(known, key=lambda row: (-min(row.documents, 2), -_largest(row), row.word))[:MOST_WORDS]
    kept.sort(key=lambda row: (-(row.means[0] or 0.0), row.word))
    return WordTable(tuple(classes), tuple(kept), len(known) - len(kept), documents)


@dataclass
class _Counted:
    documents: set[int] = field(default_factory=set)
    mistakes: set[int] = field(default_factory=set)
    sums: dict[str, list[float]] = field(default_factory=dict)


def word_table(documents: Sequence[Document]) -> WordTable:
    """Counts the words of all documents by the method that each is shown with first; punctuation is left out."""
    found: dict[str, _Counted] = {}
    labels: dict[str, None] = {}
    for document in documents:
        for word, label, weight in _weights(document.first):
            counted = found.setdefault(word, _Counted())
            counted.documents.add(document.number)
            if document.verdict.is_wrong:
                counted.mistakes.add(document.number)
            counted.sums.setdefault(label, []).append(weight)
            labels[label] = None
    classes = tuple(labels)[:MOST_CLASSES]
    rows = [
        WordRow(word, len(c.documents), len(c.mistakes), tuple(_mean(c.sums.get(label)) for label in classes))
        for word, c in found.items()
    ]
    return strongest_words(classes, rows)


def _weights(explanation: AnyExplanation) -> Iterator[tuple[str, str, float]]:
    """Each word with its class and weight; of two classes in log-odds all as the second's, once."""
    labels = explanation.prediction.labels
    targets = targets_in(explanation)
    is_pair = len(labels) == 2 and all(wording(explanation, t).unit == "log-odds" for t in targets)
    for i, target in enumerate(targets[:1] if is_pair else targets):
        turn = is_pair and target.label == labels[0]
        label = labels[1] if is_pair else target.label
        for _, text in texts_in(explanation):
            for span in weighted(text, text.targets[i]):
                word = span.text.strip().lower()
                if math.isfinite(span.weight) and any(map(str.isalnum, word)):
                    yield word, label, -span.weight if turn else span.weight


def _mean(weights: list[float] | None) -> float | None:
    return None if not weights else sum(weights) / len(weights)


def _largest(row: WordRow) -> float:
    return max(abs(mean) for mean in row.means if mean is not None)
