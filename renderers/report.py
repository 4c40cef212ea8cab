"""Explanations as one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from textattr.checks import text
from textattr.explanation import AnyExplanation
from textattr.renderers.facts import prediction_facts
from textattr.renderers.files import replace_file
from textattr.renderers.kinds import one_or_many
from textattr.renderers.look import classes, stylesheet
from textattr.renderers.palette import palette_named
from textattr.renderers.templating import environment
from textattr.renderers.view_model import SHOW, Parts, TextParts, parts_of
from textattr.units.boundaries import grapheme_cuts
from textattr.units.merge import AUTO, Merge

_TOP = 20
_OPENING = 80


@dataclass(frozen=True)
class _Document:
    opening: str
    predicted: str
    parts: Parts


def write_report(
    explanations: AnyExplanation | Iterable[AnyExplanation],
    path: str | os.PathLike[str],
    *,
    title: str = "Explanations",
    merge: Merge = AUTO,
) -> None:
    """Writes one HTML file that shows the explanations, one below another, after a list of their documents.

    The file needs nothing but itself: no script, no address of another file; its Content-Security-Policy forbids
    everything except its own style sheet. It follows the reader's light or dark mode. Documents are counted from
    0, like rows of [format_as_dataframe][]; the same explanations give the same bytes. A file of that name is
    replaced in one step. `merge` is what [format_as_html][] takes.

    Raises:
        FolderError: when the folder does not exist.

    Example:
        >>> import tempfile
        >>> from textattr.renderers.example import EXAMPLE
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_report([EXAMPLE], Path(folder, "report.html"), title="One review")
        ...     Path(folder, "report.html").read_text(encoding="utf-8")[:15]
        '<!DOCTYPE html>'
    """
    style = _style()
    html = (
        environment()
        .get_template("report.html")
        .render(
            title=text("title", title),
            documents=[_document(explanation, merge) for explanation in one_or_many(explanations)],
            style=Markup(style),
            style_hash=_hash(style),
            look=classes,
        )
    )
    replace_file(path, html)


def _document(explanation: AnyExplanation, merge: Merge) -> _Document:
    parts = parts_of(explanation, top=_TOP, show=SHOW, merge=merge)
    said = prediction_facts(explanation.prediction)[0][1]
    return _Document(_opening(parts), said, parts)


def _opening(parts: Parts) -> str:
    """The first words of the texts, or the strongest features, on one line."""
    texts = parts.targets[0].texts if parts.targets else ()
    line = " / ".join(" ".join(_content(text).split()) for text in texts)
    if len(line) <= _OPENING:
        return line
    return line[: max(cut for cut in grapheme_cuts(line) if cut <= _OPENING)].rstrip() + "…"


def _content(text: TextParts) -> str:
    if text.pieces:
        return "".join(piece.text for piece in text.pieces)
    return ", ".join(row.text for row in text.strongest)


def _style() -> str:
    page = Path(__file__).with_name("styles") / "report.css"
    return page.read_text(encoding="utf-8") + stylesheet(palette_named("puor"), palette_named("puor-dark"))


def _hash(style: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
