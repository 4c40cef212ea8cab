"""`summarize`: which words decide, over all documents of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from os import PathLike
from typing import Any

from textattr._optional import require
from textattr.checks import shown, whole_number
from textattr.corpora.errors import TableError
from textattr.corpora.folder import finished_folder
from textattr.corpora.key import RowKey
from textattr.corpora.run import Run
from textattr.corpora.summary import Summary
from textattr.corpora.to_rows import RowsOf
from textattr.corpora.word_tally import OUTCOME, PAIR, READ, WordTally, require_groups, table_of_rows
from textattr.errors import OptionError
from textattr.explanation import Explanation
from textattr.pipeline.failed_explanation import FailedExplanation

_BATCH = 4096  # rows that are counted together


def summarize(
    out_or_explanations: str | PathLike[str] | Iterable[Any],
    other: str | PathLike[str] | Iterable[Any] | None = None,
    *,
    by: str | Sequence[str] = "target",
    min_documents: int = 5,
) -> Summary:
    """Which words speak for and against each class, over all documents; with `other`, what changed between two runs.

    A word is a token in lower case; pieces of one word are put together. For each class and word: how often it stands
    there (`count`) and in how many `documents`, the sum of its weights (`total`) and their `mean` with its 95 %
    interval, `mean +- 1.96 s / sqrt(count)`, s the standard deviation of the weights. Rows are read batch by batch:
    memory grows with the number of words.

    Args:
        out_or_explanations: the folder that `explain_table` wrote, what it returned, or explanations.
        other: the same of another run, such as next month's: words are compared, those first whose mean changed most.
        by: what tells groups apart beside the class that the weights speak for: "outcome" (right or wrong, where the
            truth is known), "pair" (the truth and what it was taken for), "predicted", "truth", a column that the run
            kept; or a list of these.
        min_documents: words in fewer documents than these are left out: their means are chance.

    Returns:
        a `Summary`, which shows itself.

    Raises:
        MissingExtraError: without pyarrow.
        TableError: where no run wrote there, or no column is called so.

    Example:
        >>> import textattr
        >>> demo = textattr.demo.load("sentiment")
        >>> explainer = textattr.Explainer(demo.model, tokenizer=demo.tokenizer, target_names=demo.labels)
        >>> texts = ["A wonderful film.", "Wonderful acting.", "A dull film."]
        >>> summary = textattr.summarize(explainer.explain_many(texts, targets="positive"), min_documents=1)
        >>> summary.to_dataframe()["word"].tolist()[0]
        'wonderful'
    """
    require("pyarrow", extra="corpora")
    least = whole_number("min_documents", min_documents)
    given = [by] if isinstance(by, str) else list(by) if isinstance(by, Sequence) else [by]
    if not all(isinstance(each, str) for each in given):
        raise OptionError(f"expected by= as the name of a column, or a list of them, got {shown(by)}")
    groups = list(dict.fromkeys(["target", *given]))
    tallies = [_counted(each, groups) for each in (out_or_explanations, other) if each is not None]
    return Summary(
        groups=tuple(groups),
        words=tallies[0].words(),
        documents=tallies[0].documents,
        texts=tallies[0].texts,
        examples=tallies[0].examples,
        min_documents=least,
        other=tallies[1].words() if len(tallies) == 2 else None,
        notes=_notes(out_or_explanations, other),
    )


def _notes(*given: Any) -> tuple[str, ...]:
    """What a reader should know of the runs that are folders."""
    paths = [each.path if isinstance(each, Run) else each for each in given]
    folders = [finished_folder(path) for path in paths if isinstance(path, str | PathLike)]
    methods = [folder.method for folder in folders]
    compared = "weights of different methods are compared, which are of different sizes: " + ", ".join(
        methods
    )
    return (
        *(folder.unfinished for folder in folders if folder.unfinished),
        *([compared] if len(set(methods)) > 1 else []),
    )


def _counted(given: Any, groups: Sequence[str]) -> WordTally:
    tally = WordTally(groups)
    given = given.path if isinstance(given, Run) else given
    batches = (
        _of_folder(given, groups) if isinstance(given, str | PathLike) else _of_explanations(given, groups)
    )
    for batch in batches:
        tally.add(batch)
    if not tally.documents:
        raise TableError("no document was explained: there are no words to count")
    return tally


def _of_folder(out: str | PathLike[str], groups: Sequence[str]) -> Iterator[Any]:
    pa, parquet = require("pyarrow", extra="corpora"), require("pyarrow.parquet", extra="corpora")
    for path in finished_folder(out).shards():
        try:
            with parquet.ParquetFile(path) as file:
                require_groups(groups, file.schema_arrow.names)
                wanted = list(
                    dict.fromkeys([*READ, *(each for each in groups if each not in (OUTCOME, PAIR))])
                )
                for batch in file.iter_batches(batch_size=_BATCH, columns=wanted):
                    yield pa.Table.from_batches([batch])
        except (pa.ArrowException, OSError) as error:
            raise TableError(f"{path} cannot be read: {error}") from error


def _of_explanations(given: Iterable[Any], groups: Sequence[str]) -> Iterator[Any]:
    require_groups(groups, READ)
    make = RowsOf()
    explanations = iter([given] if isinstance(given, Explanation) else given)
    while some := list(islice(explanations, _BATCH)):
        rows = []
        for each in some:
            if isinstance(each, FailedExplanation):
                continue
            if not isinstance(each, Explanation):
                raise OptionError(
                    f"expected a folder of explain_table or explanations of one text, got {shown(each)}"
                )
            document = {"text": each.document}
            rows += [
                {**row, **document} for row in make.explanation(RowKey("", 0, each.document, None, {}), each)
            ]
        yield table_of_rows(rows)
