"""An explanation as text for terminals."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from textattr.checks import flag, whole_number
from textattr.explanation import AnyExplanation
from textattr.renderers.facts import Facts
from textattr.renderers.folding import Folded
from textattr.renderers.palette import TERMINAL
from textattr.renderers.segments import Piece
from textattr.renderers.view_model import SHOW, Parts, Strong, TargetParts, TextParts, parts_of
from textattr.units.merge import AUTO, Merge
from textattr.visible import visible_line, visible_text


@dataclass(frozen=True)
class _Page:
    """Where it is shown: whether there are colours, and how long the longest bar may be beside a token."""

    colour: bool
    bar: int


def format_as_text(
    explanation: AnyExplanation,
    *,
    colour: bool = False,
    width: int | None = None,
    top: int = 10,
    show: str | Collection[str] = SHOW,
    merge: Merge = AUTO,
) -> str:
    """The explanation as text: the marked document, then a table of the strongest tokens; of several texts, for each.

    Without colour, a token with weight stands in brackets with its level: `[awful -4]` speaks against the target as
    strongly as any token, `[nice +1]` for it, a quarter as strongly. With colour it is shown in orange (for) or
    purple (against) instead; what speaks for the target is underlined, too. Characters that would steer the terminal,
    reorder the line or hide in it are replaced by visible ones, such as "<U+202E>"; emoji and joined letters are kept.
    With colour or without, braces mark a token that the model does not know, `{flimflam}`, and what was cut off before
    the model read the text stands in brackets, `[✂ not read: The end.]`.

    Args:
        explanation: the explanation.
        colour: whether to use colours (of 256) and underlines.
        width: of a line, in columns; None: the terminal's, or 100 where there is none.
        top: how many of the strongest tokens to list in a table.
        show: which parts: any of "header", "document", "legend", "shares", "warnings".
        merge: what is marked as one: "words", "sentences" or whatever else `explanation.merge` takes; "auto": words
            where the tokenizer makes several pieces of one, else tokens; None: the tokens.

    Raises:
        OptionError: for an unknown part or merge, a negative `top`, a width below 20, or what is not one explanation.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> print(format_as_text(EXAMPLE, show="document", top=0))
        <BLANKLINE>
          The plot was [awful -4], but the [acting +1] was [great +3].
    """
    if width is None:
        width = shutil.get_terminal_size((100, 24)).columns
    whole_number("width", width, least=20)
    flag("colour", colour)
    parts = parts_of(explanation, top=top, show=show, merge=merge)
    written = io.StringIO()
    console = Console(
        file=written,
        width=width,
        force_terminal=colour,
        color_system="256" if colour else None,
        force_jupyter=False,
        no_color=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    bar = 20 if width >= 60 else 8 if width >= 40 else 0
    console.print(_rows(parts, _Page(colour, bar)))
    return "\n".join(line.rstrip() for line in written.getvalue().rstrip().split("\n"))


def format_for_stdout(explanation: AnyExplanation) -> str:
    """What `print(explanation)` prints: in colour where a terminal reads it and `NO_COLOR` is not set.

    Characters that stdout cannot encode are escaped with a backslash.
    """
    stdout = sys.stdout
    is_terminal = stdout is not None and stdout.isatty()  # there is none in a program without a console
    colour = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    text = format_as_text(explanation, colour=colour)
    encoding = getattr(stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, errors="backslashreplace").decode(encoding)


def _rows(parts: Parts, page: _Page) -> Group:
    rows: list[RenderableType] = []
    if parts.facts:
        rows.append(_facts(parts.facts))
    rows.extend(Text(visible_line(f"{output}  ")).append(_facts(said)) for output, said in parts.outputs)
    for target in parts.targets:
        rows.extend(_target(target, parts.noun, page))
    if parts.scale is not None:
        rows.extend(("", _legend(parts.scale, parts.noun, page)))
        if parts.has_unknown:
            rows.append(Text(f"{{{parts.noun}}} is unknown to the model"))
    if parts.warnings:
        rows.append("")
        rows.extend(Text(visible_text(f"warning: {warning}")) for warning in parts.warnings)
    return Group(*rows)


def _target(target: TargetParts, noun: str, page: _Page) -> list[RenderableType]:
    rows: list[RenderableType] = []
    if target.facts:
        output = "" if target.output is None else f"{target.output}: "
        against = "" if target.against is None else f" against {target.against}"
        token = "" if target.token is None else f" at {target.token}"
        why = Text(visible_line(f"why {output}{target.label}{token}{against}  "))
        rows.extend(("", why.append(_facts(target.facts))))
    for text in target.texts:
        rows.extend(_text(text, page))
    if target.features:
        table = Padding(_table(target.features, "beside the text", page, values=True), (0, 0, 0, 2))
        rows.extend(("", table))
    if target.shares:
        rows.extend(("", _shares(target.shares, noun)))
    if target.unseen and page.colour:
        rows.extend(("", Text(target.unseen, Style(dim=True))))
    return rows


def _text(text: TextParts, page: _Page) -> list[RenderableType]:
    rows: list[RenderableType] = []
    if text.pieces:
        rows.extend(("", _document(text.pieces, page.colour)))
    if text.strongest:
        rows.extend(("", _strongest(text, page)))
    if text.unlisted:
        rows.extend(([] if text.strongest else [""]) + [Text(text.unlisted)])
    if text.shares:
        rows.extend(("", _shares(text.shares, text.noun)))
    if rows and text.name is not None:
        rows[:1] = ["", Text(visible_line(f"{text.name}:"))]
    return [row if row == "" else Padding(row, (0, 0, 0, 2)) for row in rows]


def _shares(shares: Facts, noun: str) -> Text:
    return Text(f"beside the {noun}s:  ").append(_facts(shares))


def _facts(facts: Facts) -> Text:
    return Text(visible_line("   ".join(f"{name}: {value}" for name, value in facts)))


def _document(pieces: tuple[Piece, ...], colour: bool) -> Text:
    text = Folded()
    for piece in pieces:
        written = (
            _around("{", visible_text(piece.text), "}") if piece.is_unknown else visible_text(piece.text)
        )
        if piece.is_unread:
            text.append(_around("[✂ not read: ", written, "]"), Style(dim=colour))
        elif colour:
            style = Style(bold=piece.is_explained, reverse=piece.is_explained, dim=piece.is_unseen)
            text.append(written, _style(piece.level) + style)
        else:
            written = _around(">", written, "<") if piece.is_explained else written
            text.append(_around("[", written, f" {piece.level:+d}]") if piece.level else written)
    return text


def _around(before: str, text: str, behind: str) -> str:
    """The text between two marks, blanks around it left outside; as it is where it is blank."""
    word = text.strip()
    if not word:
        return text
    start = text.index(word)
    return text[:start] + before + word + behind + text[start + len(word) :]


def _strongest(text: TextParts, page: _Page) -> Table:
    return _table(text.strongest, text.noun, page)


def _table(strongest: Sequence[Strong], noun: str, page: _Page, *, values: bool = False) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=Style(), show_edge=False)
    table.add_column("weight", justify="right", no_wrap=True)
    table.add_column(noun, overflow="fold", min_width=4)
    if values:
        table.add_column("value", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in strongest:
        mark = "-" if row.weight.startswith("-") else "+"
        style = _style(row.level) if page.colour else Style()
        bar = Text().append(mark * round(page.bar * row.fraction), style)
        value = [row.value] if values else []
        name = visible_text(row.text)
        token = Folded(_around("{", name, "}") if row.is_unknown else name)
        table.add_row(Text().append(row.weight, style), token, *value, bar)
    return table


def _legend(scale: str, noun: str, page: _Page) -> Text:
    if scale == "0":
        return Text(f"no {noun} has any weight")
    if page.colour:
        text = Text("speaks against ").append(f" -{scale} ", _style(-4))
        return text.append(" ").append(f" +{scale} ", _style(4)).append(" speaks for")
    if noun == "feature":
        bar = f"; a bar of {page.bar} is a weight of {scale}" if page.bar else ""
        return Text(f"+ speaks for, - against{bar}")
    return Text(f"[{noun} +n] speaks for, [{noun} -n] against; n = 4 is a weight of {scale}")


def _style(level: int) -> Style:
    if not level:
        return Style()
    return Style(color=TERMINAL.ink(level), bgcolor=TERMINAL.backgrounds[level], underline=level > 0)
