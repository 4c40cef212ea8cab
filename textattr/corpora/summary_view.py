"""A summary as text and as HTML: two lowerings of the same blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from textattr.visible import visible_line

_LONGEST = 100  # characters of an example that are shown
_CELL = "padding:2px 12px 2px 0;text-align:right"


@dataclass(frozen=True)
class Line:
    """A word: its mean, total or difference, the interval of that, how often it stands there, in how many documents."""

    word: str
    value: float
    low: float | None
    high: float | None
    count: int
    documents: int


@dataclass(frozen=True)
class Block:
    """A group: its words for and against, examples with their scores, and in how many documents a word has to stand."""

    title: str
    documents: int
    column: str
    positive: tuple[Line, ...]
    negative: tuple[Line, ...]
    examples: tuple[tuple[float, str], ...]
    least: int

    @property
    def nothing(self) -> str:
        """What stands there where no word does."""
        return f"no word with a weight stands in {self.least} documents or more (min_documents)"

    @property
    def parts(self) -> list[tuple[str, tuple[Line, ...]]]:
        """The words with a heading each."""
        names = ("rose", "fell") if self.column == "difference" else ("speak for it", "speak against it")
        return [
            (name, lines) for name, lines in zip(names, (self.positive, self.negative), strict=True) if lines
        ]


def as_text(blocks: Sequence[Block], notes: Sequence[str] = ()) -> str:
    """Notes, and blocks below one another, words in columns."""
    return "\n\n".join([*map(visible_line, notes), *("\n".join(_lines(block)) for block in blocks)])


def _lines(block: Block) -> list[str]:
    lines = [visible_line(f"{block.title}: {block.documents:,} documents")]
    for name, words in block.parts:
        wide = max(len(visible_line(each.word)) for each in words)
        lines.append(
            f"  {name:<{wide + 2}} {block.column:>9}  {'95 % interval':>18} {'count':>8} {'documents':>9}"
        )
        lines += [
            f"    {visible_line(each.word):<{wide}} {each.value:>+9.3f}  {_interval(each):>18} {each.count:>8,} "
            f"{each.documents:>9,}"
            for each in words
        ]
    if not block.parts:
        lines.append(f"  {block.nothing}")
    lines += [f"  e.g. {visible_line(_short(text))} ({score:+.2f})" for score, text in block.examples]
    return lines


def as_html(blocks: Sequence[Block], notes: Sequence[str] = ()) -> str:
    """The same as tables, in inline styles alone; words and texts are escaped."""
    return "".join([*(f"<p>{escape(visible_line(note))}</p>" for note in notes), *map(_html, blocks)])


def _html(block: Block) -> str:
    rows = []
    for name, words in block.parts:
        head = "".join(
            f'<th style="{_CELL}">{each}</th>'
            for each in (name, block.column, "95 % interval", "count", "documents")
        )
        rows.append(f"<tr>{head}</tr>")
        for each in words:
            cells = (
                escape(visible_line(each.word)),
                f"{each.value:+.3f}",
                _interval(each),
                f"{each.count:,}",
                f"{each.documents:,}",
            )
            rows.append("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>")
    examples = "".join(
        f"<li>{escape(visible_line(_short(text)))} ({score:+.2f})</li>" for score, text in block.examples
    )
    title = escape(visible_line(f"{block.title}: {block.documents:,} documents"))
    body = "".join(rows) or f"<tr><td>{block.nothing}</td></tr>"
    return f"<section><h4>{title}</h4><table>{body}</table><ul>{examples}</ul></section>"


def _interval(line: Line) -> str:
    if line.low is None or line.high is None or line.low != line.low:
        return ""
    return f"{line.low:+.3f} to {line.high:+.3f}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
