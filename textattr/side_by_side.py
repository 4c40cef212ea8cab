"""`SideBySide`: several explanations of one document, and how far they agree on the order of its words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from textattr.errors import OptionError
from textattr.explanation import Explanation, TargetExplanation
from textattr.frozen import Array, Plain

if TYPE_CHECKING:
    import pandas as pd

_FEWEST = 2  # words that have an order


@dataclass(frozen=True)
class Differing:
    """One word, and its weight in each explanation.

    Args:
        word: as it stands in the document.
        weights: one for each explanation.
        strengths: the same, divided by the largest |weight| of each explanation.
    """

    word: str
    weights: tuple[float, ...]
    strengths: tuple[float, ...]

    @property
    def difference(self) -> float:
        """How far the explanations are apart, from 0 to 2."""
        return max(self.strengths) - min(self.strengths)


@dataclass(frozen=True, eq=False)
class SideBySide(Plain):
    """Explanations of one document by several methods, models or settings: it shows itself.

    Args:
        explanations: at least two, all of the same document.
        names: what each is called.
        labels: the targets that all of them explain.
    """

    explanations: tuple[Explanation, ...]
    names: tuple[str, ...]
    labels: tuple[str, ...]

    def __iter__(self) -> Iterator[Explanation]:
        return iter(self.explanations)

    @property
    def agreement(self) -> pd.DataFrame:
        """Kendall's tau of each pair, the mean over the targets: 1 the same order, 0 no relation, -1 the reverse.

        Tau-b, which knows ties; over the words that all explanations weigh. NaN where one weighs all words alike.
        """
        import pandas as pd

        taus = [self.agreement_of(label).to_numpy() for label in self.labels]
        return pd.DataFrame(np.mean(taus, axis=0), index=list(self.names), columns=list(self.names))

    def agreement_of(self, label: str) -> pd.DataFrame:
        """The same for one target."""
        import pandas as pd

        weights = self.weights(label)
        taus = np.eye(len(weights))
        for i, j in combinations(range(len(weights)), 2):
            taus[i, j] = taus[j, i] = _tau(weights[i], weights[j])
        return pd.DataFrame(taus, index=list(self.names), columns=list(self.names))

    def weights(self, label: str) -> Array:
        """The weights of the common words, float (explanations, words)."""
        places = self._common(label)
        rows = []
        for explanation in self.explanations:
            weight = {(s.start, s.end): float(s.weight) for s in _target(explanation, label).spans}
            rows.append([weight[place] for place in places])
        return np.array(rows, dtype=float).reshape(len(self.explanations), len(places))

    def differing(self, label: str, most: int) -> tuple[Differing, ...]:
        """The words on which the explanations differ most, after division by the largest |weight| of each."""
        weights = self.weights(label)
        if not weights.size:
            return ()
        largest = np.abs(weights).max(axis=1, keepdims=True)
        strengths = np.divide(weights, largest, out=np.zeros_like(weights), where=largest > 0)
        document = self.explanations[0].document
        found = [
            Differing(document[start:end], tuple(weights[:, i].tolist()), tuple(strengths[:, i].tolist()))
            for i, (start, end) in enumerate(self._common(label))
        ]
        differ = [each for each in found if each.difference > 0]
        return tuple(sorted(differ, key=lambda each: -each.difference)[:most])

    def _common(self, label: str) -> list[tuple[int, int]]:
        """Where the words stand that all explanations weigh, in the order of the text."""
        places = [{(s.start, s.end) for s in _target(e, label).spans} for e in self.explanations]
        return sorted(set.intersection(*places))

    def __str__(self) -> str:
        from textattr.renderers.comparison import format_comparison_for_stdout

        return format_comparison_for_stdout(self)

    def __repr__(self) -> str:
        return f"SideBySide({', '.join(self.names)}: {', '.join(self.labels)})"

    def _repr_html_(self) -> str:
        from textattr.renderers.comparison import format_comparison_as_html

        return format_comparison_as_html(self)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """What Jupyter shows; `include` and `exclude` say which mime types it wants."""
        forms = {"text/plain": self.__str__, "text/html": self._repr_html_}
        return {
            mime: form()
            for mime, form in forms.items()
            if (not include or mime in include) and mime not in (exclude or ())
        }


def side_by_side(explanations: Sequence[Explanation], names: Sequence[str] | None = None) -> SideBySide:
    """Explanations of one document, in units that all of them have.

    Where their tokens differ, words are compared.

    Raises:
        OptionError: for fewer than two, different documents, and explanations without a common target or word.
    """
    if len(explanations) < _FEWEST:
        raise OptionError(f"compare: expected two explanations or more, got {len(explanations)}")
    if wrong := [each for each in explanations if not isinstance(each, Explanation)]:
        raise OptionError(
            f"compare: expected explanations of one text, got {wrong[0]!r}; of several texts, compare those of one of "
            "them: explanation[name]"
        )
    if len({each.document for each in explanations}) > 1:
        raise OptionError(
            "compare: expected explanations of the same document, got different ones; for a table of many documents, "
            "write_report"
        )
    labels = [t.label for t in explanations[0].targets]
    common = [label for label in labels if all(label in [t.label for t in e.targets] for e in explanations)]
    if not common:
        told = "; ".join(", ".join(t.label for t in e.targets) for e in explanations)
        raise OptionError(
            f"compare: expected a target that all explanations have, got {told}; give the same targets= to all"
        )
    found = SideBySide(
        _in_common_units(explanations), tuple(names or _names(explanations)), tuple(dict.fromkeys(common))
    )
    if len(found.weights(found.labels[0])[0]) < 1:
        raise OptionError("compare: the explanations have no word in common: their tokens overlap nowhere")
    return found


def _in_common_units(explanations: Sequence[Explanation]) -> tuple[Explanation, ...]:
    units = {tuple((s.start, s.end) for s in e.targets[0].spans) for e in explanations if e.targets}
    return tuple(explanations) if len(units) == 1 else tuple(each.merge("words") for each in explanations)


def _names(explanations: Sequence[Explanation]) -> list[str]:
    """By what differs: the method, the model or both; a number where nothing does."""
    titles, models = [e.title for e in explanations], [e.model for e in explanations]
    for names in (titles, models, [f"{m} · {t}" for m, t in zip(models, titles, strict=True)]):
        if len(set(names)) == len(names):
            return names
    return [f"{i}. {title}" for i, title in enumerate(titles, start=1)]


def _target(explanation: Explanation, label: str) -> TargetExplanation:
    return next(target for target in explanation.targets if target.label == label)


def _tau(one: Array, other: Array) -> float:
    from scipy.stats import kendalltau

    if len(one) < _FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.clip(kendalltau(one, other).statistic, -1, 1))
