"""One page of a report as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textattr.renderers.numbers import Digits
from textattr.renderers.palette import STEPS
from textattr.renderers.report.chips import chips
from textattr.renderers.report.data import Names, as_json, document_data, words_data
from textattr.renderers.report.documents import Document
from textattr.renderers.report.drawing import Strip, axis, legend_ticks, strip
from textattr.renderers.report.overview import Overview
from textattr.renderers.report.style import assets
from textattr.renderers.report.words import WordRow, WordTable
from textattr.renderers.score_bar import ScoreBar, score_bar
from textattr.renderers.shown import THRESHOLD, Options
from textattr.renderers.templating import environment
from textattr.renderers.verdict import Verdict
from textattr.renderers.view_model import Parts, parts_of
from textattr.units.boundaries import grapheme_cuts

_ROWS = 5  # bars of a document without the script
_SEGMENTS = 4  # of each of the two lanes, without the script
_WORDS = 12  # for, and as many against
_OPENING = 120


@dataclass(frozen=True)
class Corpus:
    """What all pages of a report share."""

    title: str
    documents: tuple[Document, ...]
    scale: float
    overview: Overview
    words: WordTable


@dataclass(frozen=True)
class Place:
    """A page in the index: its file, and the numbers of its first and last document."""

    file: str
    first: int
    last: int


@dataclass(frozen=True)
class Row:
    """One document of the list.

    Args:
        number: of the document.
        said: the verdict.
        opening: its first words.
        views: of each method.
        strip: of the method that is shown first.
        bar: from the baseline to the score.
    """

    number: int
    said: Verdict
    opening: str
    views: dict[str, Parts]
    strip: Strip
    bar: ScoreBar | None

    @property
    def parts(self) -> Parts:
        """Of the method that is shown first."""
        return next(iter(self.views.values()))


def page_html(corpus: Corpus, documents: Sequence[Document], places: Sequence[Place], file: str) -> str:
    """The page of these documents, which leads to the others."""
    options = Options(rows=_ROWS, threshold=THRESHOLD, scale=corpus.scale)
    views = [{m: parts_of(e, options, None) for m, e in d.views.items()} for d in documents]
    ends = _ends(views)
    rows = [_row(d, v, ends) for d, v in zip(documents, views, strict=True)]
    digits, methods, labels = Digits.of(corpus.scale), Names(), Names()
    data = {
        "places": digits.places + 1,
        "scale": corpus.scale,
        "ends": ends,
        "threshold": THRESHOLD,
        "steps": STEPS,
        "docs": [document_data(row.views, digits.places + 1, methods, labels) for row in rows],
        "truths": [row.said.truth for row in rows],
        "p": [row.said.probability for row in rows],
        "methods": methods.all,
        "labels": labels.all,
        "classes": list(corpus.words.classes),
        "words": words_data(corpus.words, digits),
        "title": corpus.title,
    }
    return (
        environment()
        .get_template("report.html")
        .render(
            assets=assets(),
            chips=chips,
            corpus=corpus,
            counts=corpus.overview,
            rows=rows,
            places=places if len(places) > 1 else (),
            file=file,
            data=as_json(data),
            digits=digits,
            ticks=legend_ticks(corpus.scale),
            axis=axis(ends),
            top=_strongest_words(corpus.words),
            subtitle=_subtitle(corpus),
            methods=methods.all,
            labels=labels.all,
            several=any(len(view.targets) > 1 for each in views for view in each.values()),
            models={e.model for d in corpus.documents for e in d.views.values()},
            wrong=sum(row.said.is_wrong for row in rows),
            right=sum(row.said.mark == "right" for row in rows),
        )
    )


def _row(document: Document, views: dict[str, Parts], ends: tuple[float, float]) -> Row:
    parts = next(iter(views.values()))
    primary = parts.primary
    return Row(
        number=document.number,
        said=document.verdict,
        opening=_opening(parts),
        views=views,
        strip=Strip("", "") if primary is None else strip(primary),
        bar=None if primary is None else score_bar(primary.balance, primary.spans, ends, most=_SEGMENTS),
    )


def _ends(views: Sequence[dict[str, Parts]]) -> tuple[float, float]:
    """One axis for the bars of all documents of the page."""
    all_ends = [end for each in views for parts in each.values() for end in parts.ends]
    return (min(all_ends), max(all_ends)) if all_ends else (0.0, 0.0)


def _opening(parts: Parts) -> str:
    """The first words of the texts, or the strongest features, on one line."""
    texts = parts.targets[0].texts if parts.targets else ()
    line = " / ".join(
        " ".join("".join(p.text for p in text.pieces[:_OPENING]).split())
        or ", ".join(row.text for row in text.strongest)
        for text in texts
    )
    if len(line) <= _OPENING:
        return line
    return line[: max(cut for cut in grapheme_cuts(line) if cut <= _OPENING)].rstrip() + "…"


def _subtitle(corpus: Corpus) -> str:
    """The models, how many documents, and the unit of the weights."""
    models = list(dict.fromkeys(e.model for d in corpus.documents for e in d.views.values()))
    named = ", ".join(models[:3]) + (f" and {len(models) - 3} more" if len(models) > 3 else "")
    count = len(corpus.documents)
    return f"{named or 'no model'} · {count:,} document{'s' * (count != 1)}"


def _strongest_words(table: WordTable) -> tuple[Sequence[WordRow], Sequence[WordRow]]:
    """Words of two documents and more with the largest and the smallest mean for the first class."""
    known = [row for row in table.rows if row.documents > 1 and row.means[0] is not None]
    speaks_for = [row for row in known if (row.means[0] or 0.0) > 0][:_WORDS]
    against = [row for row in known if (row.means[0] or 0.0) < 0][-_WORDS:]
    return speaks_for, against
