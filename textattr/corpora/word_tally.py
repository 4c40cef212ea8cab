"""Words and their weights, counted batch by batch: memory grows with the words, not with the documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textattr._optional import require
from textattr.corpora.errors import TableError
from textattr.corpora.schema import RESERVED
from textattr.corpora.words_of_rows import Words, words_of
from textattr.targets.truth import BETWEEN

if TYPE_CHECKING:
    import pandas as pd

READ = [
    "target",
    "number",
    "predicted",
    "truth",
    "tokens",
    "weights",
    "starts",
    "ends",
    "text",
    "score",
    "probability",
    "common",
    "details",
]
OUTCOME, PAIR = "outcome", "pair"
SUMS = ["count", "documents", "texts", "total", "squares"]
"""Of a group and word; `texts` are the documents, each counted in the group of its first target alone."""

COLUMNS = ["mean", "low", "high", "error", "difference"]  # that are computed of these
_HALF = 0.5  # the probability from which on a label is predicted
_EVERY = 32  # batches after which their tallies are joined


class WordTally:
    """Counts the words of each group, and keeps the documents with the highest scores.

    Args:
        groups: the columns that tell groups apart, "target" first.
        examples: how many documents of each group are kept.
    """

    def __init__(self, groups: Sequence[str], examples: int = 3) -> None:
        self.groups = list(groups)
        self.texts = 0  # documents, however many targets of each were explained
        self.documents: dict[tuple[Any, ...], int] = {}
        self.examples: dict[tuple[Any, ...], list[tuple[float, str]]] = {}
        self._examples = examples
        self._tallies: list[pd.DataFrame] = []

    def add(self, batch: Any) -> None:
        """Count the rows of an Arrow table, failed ones apart."""
        batch = batch.filter(batch.column("weights").is_valid())
        if not batch.num_rows:
            return
        rows = batch.select(
            [
                "target",
                "number",
                "predicted",
                "truth",
                "text",
                "score",
                "probability",
                "common",
                *self._kept(),
            ]
        ).to_pandas()
        if OUTCOME in self.groups:
            rows[OUTCOME] = [_outcome(row) for row in rows.to_dict("records")]
        if PAIR in self.groups:
            known = rows["truth"].notna()
            rows[PAIR] = (rows["truth"].astype(str) + " taken for " + rows["predicted"].astype(str)).where(
                known, None
            )
        try:
            number = rows.groupby(self.groups, dropna=False, sort=False).ngroup().to_numpy()
        except TypeError as error:
            raise TableError(f"lists and dicts tell no groups apart: {', '.join(self._kept())}") from error
        firsts = rows[self.groups].iloc[np.unique(number, return_index=True)[1]]
        keys = [
            tuple(None if value != value else value for value in key)
            for key in firsts.itertuples(index=False)
        ]
        self._keep_examples(rows, number, keys)
        is_first = rows["number"].to_numpy() == 0
        self.texts += int(is_first.sum())
        words = words_of(batch)
        if len(words.code):
            self._tallies.append(self._tally(words, number, keys, is_first))
        if len(self._tallies) >= _EVERY:
            self._tallies = [self._joined()]

    def words(self) -> pd.DataFrame:
        """One row for each group and word: the columns of the groups, `word`, and those of `SUMS`."""
        import pandas as pd

        if not self._tallies:
            return pd.DataFrame(columns=[*self.groups, "word", *SUMS])
        self._tallies = [self._joined()]
        return self._tallies[0]

    def _kept(self) -> list[str]:
        return [name for name in self.groups if name not in (*READ, OUTCOME, PAIR)]

    def _joined(self) -> pd.DataFrame:
        import pandas as pd

        together = pd.concat(self._tallies, ignore_index=True)
        return together.groupby([*self.groups, "word"], dropna=False, sort=False, as_index=False)[SUMS].sum()

    def _tally(
        self, words: Words, number: Any, keys: Sequence[tuple[Any, ...]], is_first: Any
    ) -> pd.DataFrame:
        """The sums of each group and word: each pair of them is one number, by which all else is counted."""
        import pandas as pd

        vocabulary = len(words.texts)
        pair, of_word = np.unique(number[words.row] * vocabulary + words.code, return_inverse=True)
        once = np.unique(words.row * vocabulary + words.code)  # each word of a document
        place = np.searchsorted(pair, number[once // vocabulary] * vocabulary + once % vocabulary)
        found = pd.DataFrame(
            {
                "word": words.texts[pair % vocabulary],
                "count": np.bincount(of_word, minlength=len(pair)),
                "documents": np.bincount(place, minlength=len(pair)),
                "texts": np.bincount(place[is_first[once // vocabulary]], minlength=len(pair)),
                "total": np.bincount(of_word, words.weights, minlength=len(pair)),
                "squares": np.bincount(of_word, words.weights**2, minlength=len(pair)),
            }
        )
        of_group = pd.DataFrame(keys, columns=self.groups).iloc[pair // vocabulary].reset_index(drop=True)
        return pd.concat([of_group, found], axis=1)

    def _keep_examples(self, rows: pd.DataFrame, number: Any, keys: Sequence[tuple[Any, ...]]) -> None:
        """The documents whose scores are highest: what the model is surest of."""
        for i, key in enumerate(keys):
            mine = rows[number == i]
            self.documents[key] = self.documents.get(key, 0) + len(mine)
            best = mine.nlargest(self._examples, "score")
            found = [*self.examples.get(key, ()), *zip(best["score"], best["text"], strict=True)]
            self.examples[key] = sorted(found, key=lambda each: -each[0])[: self._examples]


def require_groups(groups: Sequence[str], present: Sequence[str]) -> None:
    """Refuse a group that no column tells.

    Raises:
        TableError: which lists the columns.
    """
    kept = [each for each in present if each not in RESERVED]
    for name in groups:
        if name in kept and name in (OUTCOME, PAIR, "word", *SUMS, *COLUMNS):
            raise TableError(
                f"the run kept a column {name!r}, and the table of words has one of its own that is called so"
            )
        if name not in ("target", "predicted", "truth", "id", "source", OUTCOME, PAIR, *kept):
            raise TableError(
                f"no column {name!r} to group by: choose target, predicted, truth, outcome, pair, or a column that the "
                f"run kept ({', '.join(kept) or 'it kept none'})"
            )


def _outcome(row: Mapping[Any, Any]) -> str | None:
    """Whether the prediction is right; of several labels that may hold at once, what it says of the target."""
    truth = row["truth"]
    if not isinstance(truth, str):
        return None
    if '"task":"multilabel"' in (row["common"] or ""):
        is_there = f"{BETWEEN}{row['target']}{BETWEEN}" in f"{BETWEEN}{truth}{BETWEEN}"
        is_right = is_there == (row["probability"] is not None and row["probability"] >= _HALF)
    else:
        is_right = truth == row["predicted"]
    return "right" if is_right else "wrong"


def table_of_rows(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Rows of explanations in memory, with the columns that are counted."""
    pa = require("pyarrow", extra="corpora")
    kinds = {
        **dict.fromkeys(READ, pa.string()),
        **dict.fromkeys(("score", "probability"), pa.float64()),
        "number": pa.int32(),
        "tokens": pa.list_(pa.string()),
        "weights": pa.list_(pa.float64()),
        **dict.fromkeys(("starts", "ends"), pa.list_(pa.int32())),
    }
    return pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in kinds.items()})
