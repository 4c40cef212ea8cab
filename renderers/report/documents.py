"""The explanations of a report, those of one document by several methods put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from textattr.explanation import AnyExplanation
from textattr.renderers.kinds import targets_in, texts_in
from textattr.renderers.numbers import nice_scale
from textattr.renderers.strongest import weighted
from textattr.renderers.verdict import Verdict, verdicts

_ALMOST_ALL = 99  # per cent of all |weight| lie within the common scale


@dataclass(frozen=True)
class Document:
    """One document.

    Args:
        number: from 1 on, in the order that the explanations came.
        verdict: what the model said of it.
        views: its explanations, by the title of the method.
    """

    number: int
    verdict: Verdict
    views: dict[str, AnyExplanation]

    @property
    def first(self) -> AnyExplanation:
        """The explanation that is shown first."""
        return next(iter(self.views.values()))


def documents_of(explanations: Iterable[AnyExplanation]) -> list[Document]:
    """Explanations of the same document, by the same model and with the same truth but another method, are one row.

    Example:
        >>> from dataclasses import replace
        >>> from textattr.renderers.example import EXAMPLE
        >>> found = documents_of([EXAMPLE, replace(EXAMPLE, title="DeepLIFT"), EXAMPLE])
        >>> [list(document.views) for document in found]
        [['Integrated gradients', 'DeepLIFT'], ['Integrated gradients']]
    """
    found: list[Document] = []
    known: dict[object, list[Document]] = {}
    for explanation in explanations:
        texts = tuple((name, text.document) for name, text in texts_in(explanation))
        alike = known.setdefault((explanation.model, explanation.truth, texts), [])
        lacking = next((d for d in alike if explanation.title not in d.views), None)
        if lacking is None:
            lacking = Document(len(found) + 1, verdicts(explanation)[0], {})
            found.append(lacking)
            alike.append(lacking)
        lacking.views[explanation.title] = explanation
    return found


def common_scale(documents: Sequence[Document]) -> float:
    """A round number that 99 % of all |weight| do not exceed.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> common_scale(documents_of([EXAMPLE]))
        1.0
    """
    sizes = [
        abs(span.weight)
        for document in documents
        for explanation in document.views.values()
        for i, _ in enumerate(targets_in(explanation))
        for _, text in texts_in(explanation)
        for span in weighted(text, text.targets[i])
    ]
    finite = np.array([size for size in sizes if np.isfinite(size) and size > 0])
    return nice_scale(float(np.percentile(finite, _ALMOST_ALL))) if len(finite) else 1.0
