"""Explanations as one self-contained page, or several where there are many."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from textattr.checks import flag, shown, text
from textattr.errors import OptionError
from textattr.explanation import AnyExplanation
from textattr.renderers.files import FileThereError, as_path, replace_file
from textattr.renderers.kinds import one_or_many
from textattr.renderers.report.documents import Document, common_scale, documents_of
from textattr.renderers.report.overview import overview
from textattr.renderers.report.page import Corpus, Place, page_html
from textattr.renderers.report.words import CountedWords, WordTable, word_table
from textattr.units.merge import AUTO, Merge, merged_for

PER_PAGE = 500


def write_report(
    explanations: AnyExplanation | Iterable[AnyExplanation],
    path: str | os.PathLike[str],
    *,
    title: str = "Explanations",
    words: CountedWords | None = None,
    merge: Merge = AUTO,
    overwrite: bool = True,
) -> None:
    """Writes one HTML file for error analysis: how the model did, a row for each document, and why on demand.

    Where the truth is known, mistakes have a cross, and there are accuracy and confusion. A table tells the mean weight
    of each word over all documents. All documents share one scale, a round number that 99 % of all |weight| do not
    exceed. Explanations of one document by several methods are one row.

    The file needs nothing but itself: no address of another file; its Content-Security-Policy forbids everything
    except its own style sheet and script, by their hashes. Everything can be read without the script, which adds
    filters, sorting, other targets and methods, and tooltips. It follows the reader's light or dark mode. Documents are
    counted from 1; the same explanations give the same bytes. From 500 documents on, the next ones stand in files
    beside this one, `report-2.html` and so on, which lead to each other.

    Args:
        explanations: one or many, also of several models.
        path: of the file.
        title: of the page.
        words: what [summarize][textattr.summarize] counted, whose words the table shows: of a whole run, say, beside
            the mistakes in it alone. Grouped by "outcome" it tells mistakes as well. None: the words of these
            explanations.
        merge: what is coloured as one, as [format_as_html][] takes it.
        overwrite: whether a file of that name is replaced, in one step: when something fails, the old one is there.

    Raises:
        FolderError: when the folder does not exist.
        FileError: when the file cannot be written; as FileThereError, when it exists and `overwrite` is False.
        OptionError: for what is no explanation, a title that is no string, and words that nobody counted.

    Example:
        >>> import tempfile
        >>> from textattr.renderers.example import EXAMPLE
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_report([EXAMPLE], Path(folder, "report.html"), title="One review")
        ...     Path(folder, "report.html").read_text(encoding="utf-8")[:15]
        '<!DOCTYPE html>'
    """
    title = text("title", title)
    path = as_path(path)
    replaces = flag("overwrite", overwrite)
    documents = documents_of(merged_for(each, merge) for each in one_or_many(explanations))
    pages = _pages(documents, path)
    if not replaces:
        _refuse_existing([page for page, _ in pages])
    counted = word_table(documents) if words is None else _counted(words)
    corpus = Corpus(title, tuple(documents), common_scale(documents), overview(documents), counted)
    places = [Place(page.name, part[0].number, part[-1].number) for page, part in pages if part]
    for page, part in reversed(pages):  # the first one last: it is new when all that it leads to are there
        replace_file(page, page_html(corpus, part, places, page.name))


def _counted(words: CountedWords) -> WordTable:
    if not hasattr(words, "word_table"):
        raise OptionError(f"expected words= as textattr.summarize(...) gives them, got {shown(words)}")
    return words.word_table()


def _pages(documents: Sequence[Document], path: Path) -> list[tuple[Path, Sequence[Document]]]:
    starts = range(0, len(documents), PER_PAGE) or (0,)
    return [
        (
            path if i == 0 else path.with_name(f"{path.stem}-{i + 1}{path.suffix}"),
            documents[start : start + PER_PAGE],
        )
        for i, start in enumerate(starts)
    ]


def _refuse_existing(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.exists():
            raise FileThereError(
                f"cannot write {str(path)!r}: expected no file of that name, since overwrite=False, got one; "
                "give another path= or overwrite=True"
            )
