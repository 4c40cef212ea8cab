"""`Summary`: the words of each class with their weights, as plain data that shows itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from textattr.corpora.summary_view import Block, Line, as_html, as_text
from textattr.corpora.word_tally import OUTCOME
from textattr.errors import OptionError
from textattr.renderers.report.words import MOST_CLASSES, WordRow, WordTable, strongest_words

if TYPE_CHECKING:
    import pandas as pd

_INTERVAL = 1.96  # standard errors on either side, of 95 %
Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Summary:
    """What `summarize` returns.

    Args:
        groups: the columns that tell groups apart, "target" first.
        words: sums of each group and word.
        documents: how many documents each group has.
        texts: how many there are at all: one that is explained for two classes is in two groups.
        examples: of each group the documents whose scores are highest, with these.
        min_documents: words in fewer documents are not shown.
        other: the sums of another run, where two are compared.
        notes: what a reader should know of the runs: one is not finished, two are of different methods.
    """

    groups: tuple[str, ...]
    words: pd.DataFrame
    documents: Mapping[Key, int]
    texts: int
    examples: Mapping[Key, Sequence[tuple[float, str]]]
    min_documents: int
    other: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each group and word, those of a group by falling mean.

        Columns: those of the groups, `word`, `mean` with `low` and `high`, `total`, `count`, `documents`; where two
        runs are compared `other_mean`, `other_count`, `other_documents`, and the `difference` of the means (the other's
        less this one's) with `difference_low` and `difference_high`, by how large it is.
        """
        return self._frame.copy()

    def of_class(self, label: str) -> Summary:
        """The groups of one class.

        Raises:
            OptionError: for an unknown class; it lists those that there are.
        """
        labels = list(dict.fromkeys(key[0] for key in self.documents))
        if label not in labels:
            there = ", ".join(sorted(map(str, labels)))
            raise OptionError(f"no document was explained for the class {label!r}: there are {there}")
        return Summary(
            self.groups,
            self.words[self.words["target"] == label],
            {key: count for key, count in self.documents.items() if key[0] == label},
            self.texts,
            {key: found for key, found in self.examples.items() if key[0] == label},
            self.min_documents,
            None if self.other is None else self.other[self.other["target"] == label],
            self.notes,
        )

    def text(self, top: int = 10, sort: str = "mean") -> str:
        """The `top` words for and against of each group, by "mean" or "total", as text."""
        return as_text(self._blocks(top, sort), self.notes)

    def word_table(self) -> WordTable:
        """The words as [write_report][textattr.write_report] shows them: their mean weight for each class.

        Mistakes are counted where one of the groups is "outcome". Of two runs it is the first.
        """
        classes = list(dict.fromkeys(self.words["target"]))[:MOST_CLASSES]
        sums = self.words.groupby(["word", "target"], sort=False)[["count", "texts", "total"]].sum()
        texts = sums["texts"].groupby(level="word", sort=False).sum()
        means = (sums["total"] / sums["count"]).to_dict()
        wrong = None
        if OUTCOME in self.groups:
            wrong = self.words[self.words[OUTCOME] == "wrong"].groupby("word")["texts"].sum()
        rows = [
            WordRow(
                str(word),
                int(count),
                None if wrong is None else int(wrong.get(word, 0)),
                tuple(means.get((word, label)) for label in classes),
            )
            for word, count in texts[texts >= self.min_documents].items()
            if any(map(str.isalnum, str(word)))
        ]
        return strongest_words(classes, rows, self.texts)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        own = _with_means(self.words)
        keys = [*self.groups, "word"]
        if self.other is None:
            frame = own[own["documents"] >= self.min_documents]
            order = [*self.groups, "mean", "word"]
            frame = frame.sort_values(order, ascending=[True] * len(self.groups) + [False, True])
            return frame[[*keys, "mean", "low", "high", "total", "count", "documents"]].reset_index(drop=True)
        from pandas.api.types import is_numeric_dtype

        other = _with_means(self.other)
        for name in self.groups:
            if is_numeric_dtype(own[name]) != is_numeric_dtype(other[name]):
                own[name], other[name] = own[name].map(_written), other[name].map(_written)
        both = own.merge(other, on=keys, suffixes=("", "_other"))
        both = both[
            (both["documents"] >= self.min_documents) & (both["documents_other"] >= self.min_documents)
        ]
        both = both.assign(difference=both["mean_other"] - both["mean"])
        wide = _INTERVAL * np.sqrt(both["error"] ** 2 + both["error_other"] ** 2)
        both = both.assign(
            difference_low=both["difference"] - wide, difference_high=both["difference"] + wide
        )
        both = both.sort_values([*self.groups, "word"])
        both = both.iloc[np.argsort(-both["difference"].abs().to_numpy(), kind="stable")]
        others = {f"{name}_other": f"other_{name}" for name in ("mean", "count", "documents")}
        chosen = ["mean", "count", "documents", *others, "difference", "difference_low", "difference_high"]
        return both[[*keys, *chosen]].rename(columns=others).reset_index(drop=True)

    def _blocks(self, top: int, sort: str) -> list[Block]:
        column = "difference" if self.other is not None else sort
        blocks = []
        for key, count in sorted(self.documents.items(), key=lambda each: tuple(map(str, each[0]))):
            mine = self._frame[_is_key(self._frame, self.groups, key)]
            ordered = mine.iloc[np.argsort(-mine[column].to_numpy(), kind="stable")]
            speaking = [ordered[ordered[column] > 0].head(top), ordered[ordered[column] < 0][::-1].head(top)]
            lines = [[self._line(row, column) for row in part.to_dict("records")] for part in speaking]
            blocks.append(
                Block(
                    title=", ".join(f"{name} {value}" for name, value in zip(self.groups, key, strict=True)),
                    documents=count,
                    column=column,
                    positive=tuple(lines[0]),
                    negative=tuple(lines[1]),
                    examples=tuple(self.examples.get(key, ())),
                    least=self.min_documents,
                )
            )
        return blocks

    def _line(self, row: Mapping[str, Any], column: str) -> Line:
        low, high = ("difference_low", "difference_high") if column == "difference" else ("low", "high")
        is_mean = column != "total"
        return Line(
            str(row["word"]),
            float(row[column]),
            float(row[low]) if is_mean else None,
            float(row[high]) if is_mean else None,
            int(row["count"]),
            int(row["documents"]),
        )

    def __repr__(self) -> str:
        return f"Summary({len(self.documents)} groups by {', '.join(self.groups)}, {len(self._frame)} words)"

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": as_html(self._blocks(10, "mean"), self.notes)}


def _with_means(sums: pd.DataFrame) -> pd.DataFrame:
    """Means with their standard errors and intervals; of a word that stands there once, these are not known."""
    count, total = sums["count"].astype(float), sums["total"].astype(float)
    mean = total / count
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (sums["squares"].astype(float) - count * mean**2).clip(lower=0) / (count - 1)
        error = np.sqrt(variance / count)
    return sums.assign(mean=mean, error=error, low=mean - _INTERVAL * error, high=mean + _INTERVAL * error)


def _written(value: Any) -> str | None:
    """A value of a column that holds numbers in one run and strings in the other, as a string."""
    if value is None or value != value:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_key(frame: pd.DataFrame, groups: Sequence[str], key: Key) -> Any:
    found = np.ones(len(frame), bool)
    for name, value in zip(groups, key, strict=True):
        is_missing = value is None or value != value
        found &= (frame[name].isna() if is_missing else frame[name] == value).to_numpy()
    return found
