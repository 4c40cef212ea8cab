"""An explanation as text for terminals."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Collection

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from textattr.errors import OptionError
from textattr.explanation import Explanation
from textattr.renderers.chips import Piece
from textattr.renderers.palette import TERMINAL
from textattr.renderers.parts import SHOW, Parts, Strong, TargetParts, parts_of

_BAR = 20
_CONTROLS = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: "\u2421",
    **dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000)), "\ufffd"),
    **{code: f"<U+{code:04X}>" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}


def format_as_text(
    explanation: Explanation,
    *,
    colour: bool = False,
    width: int | None = None,
    top: int = 10,
    show: str | Collection[str] = SHOW,
) -> str:
    """The explanation as text: the marked document, then a table of the strongest tokens.

    Without colour, a token with weight stands in brackets with its level: `[awful -4]` speaks against the target as
    strongly as any token, `[nice +1]` for it, a quarter as strongly. With colour it is shown in orange (for) or
    purple (against) instead; what speaks for the target is underlined, too. Characters that would steer the terminal
    or reorder the line are replaced by visible ones.

    Args:
        explanation: the explanation.
        colour: whether to use colours (of 256) and underlines.
        width: of a line, in columns; None: the terminal's, or 100 where there is none.
        top: how many of the strongest tokens to list in a table.
        show: which parts: any of "header", "document", "legend", "shares", "warnings".

    Raises:
        OptionError: for an unknown part, a negative `top` or a width below 20.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> print(format_as_text(EXAMPLE, show="document", top=0))
        <BLANKLINE>
          The plot was [awful -4], but the [acting +1] was [great +3].
    """
    if width is None:
        width = shutil.get_terminal_size((100, 24)).columns
    if width < 20:
        raise OptionError(f"width: expected 20 columns or more; got {width}")
    parts = parts_of(explanation, top=top, show=show)
    page = io.StringIO()
    console = Console(
        file=page,
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
    console.print(_page(parts, colour))
    return "\n".join(line.rstrip() for line in page.getvalue().rstrip().split("\n"))


def format_for_stdout(explanation: Explanation) -> str:
    """What `print(explanation)` prints: in colour where a terminal reads it and `NO_COLOR` is not set."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return format_as_text(explanation, colour=colour)


def _page(parts: Parts, colour: bool) -> Group:
    rows: list[RenderableType] = []
    if parts.facts:
        rows.append(_facts(parts.facts))
    for target in parts.targets:
        rows.extend(_target(target, colour))
    if parts.scale is not None:
        rows.extend(("", _legend(parts.scale, colour)))
    if parts.warnings:
        rows.append("")
        rows.extend(Text(_safe(f"warning: {warning}")) for warning in parts.warnings)
    return Group(*rows)


def _target(target: TargetParts, colour: bool) -> list[RenderableType]:
    rows: list[RenderableType] = []
    if target.facts:
        against = "" if target.against is None else f" against {target.against}"
        rows.extend(
            ("", Text(_safe(f"why {target.label}{against}")).append("  ").append(_facts(target.facts)))
        )
    if target.pieces:
        rows.extend(("", Padding(_document(target.pieces, colour), (0, 0, 0, 2))))
    if target.strongest:
        rows.extend(("", Padding(_strongest(target.strongest, colour), (0, 0, 0, 2))))
    if target.shares:
        rows.extend(("", Text("beside the tokens:  ").append(_facts(target.shares))))
    return rows


def _facts(facts: tuple[tuple[str, str], ...]) -> Text:
    return Text(_safe("   ".join(f"{name}: {value}" for name, value in facts)))


def _document(pieces: tuple[Piece, ...], colour: bool) -> Text:
    text = Text(overflow="fold")
    for piece in pieces:
        if colour:
            text.append(_safe(piece.text), _style(piece.level))
        else:
            text.append(_bracketed(_safe(piece.text), piece.level))
    return text


def _bracketed(text: str, level: int) -> str:
    """The token in brackets with its level, blanks around it left outside; as it is where the level is 0."""
    word = text.strip()
    if not level or not word:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}[{word} {level:+d}]{after}"


def _strongest(rows: tuple[Strong, ...], colour: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=Style(), show_edge=False)
    table.add_column("weight", justify="right", no_wrap=True)
    table.add_column("token", overflow="fold")
    table.add_column("", no_wrap=True)
    for row in rows:
        mark = "-" if row.weight.startswith("-") else "+"
        bar = Text().append(mark * round(_BAR * row.fraction), _style(row.level) if colour else None)
        table.add_row(row.weight, Text(_safe(row.text)), bar)
    return table


def _legend(scale: str, colour: bool) -> Text:
    if scale == "0":
        return Text("no token has any weight")
    if not colour:
        return Text(f"[token +n] speaks for, [token -n] against; n = 4 is a weight of {scale}")
    text = Text("speaks against ").append(f" -{scale} ", _style(-4))
    return text.append(" ").append(f" +{scale} ", _style(4)).append(" speaks for")


def _style(level: int) -> Style:
    if not level:
        return Style()
    return Style(color=TERMINAL.ink(level), bgcolor=TERMINAL.backgrounds[level], underline=level > 0)


def _safe(text: str) -> str:
    return text.translate(_CONTROLS)
