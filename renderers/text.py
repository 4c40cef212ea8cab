"""An explanation as text for terminals."""

from __future__ import annotations

import io
import shutil
from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from textattr.checks import shown, whole_number
from textattr.errors import OptionError
from textattr.explanation import AnyExplanation
from textattr.renderers.excerpt import Fold
from textattr.renderers.facts import Facts
from textattr.renderers.folding import Folded
from textattr.renderers.numbers import probability
from textattr.renderers.palette import TERMINALS
from textattr.renderers.segments import level_of
from textattr.renderers.shown import COMMON, SHOW, Scale, checked
from textattr.renderers.strongest import Strong
from textattr.renderers.text_pieces import STEPS, Page, around, fold_text, piece_text
from textattr.renderers.verdict import Verdict
from textattr.renderers.view_model import Parts, TargetParts, TextParts, parts_of
from textattr.units.merge import AUTO, Merge
from textattr.visible import visible_line, visible_text

_NARROWEST = 20  # characters
_BAR = 10  # columns of the bar of a probability


def format_as_text(
    explanation: AnyExplanation,
    *,
    colour: bool | str = False,
    width: int | None = None,
    top: int = 10,
    show: str | Collection[str] = SHOW,
    merge: Merge = AUTO,
    highlight_threshold: float = 0.0,
    max_tokens: int | None = None,
    scale: Scale = COMMON,
) -> str:
    """The explanation as text: what the model said, what the score is made of, the document, the strongest tokens.

    Without colour, a token with weight stands in brackets with its level: `[awful -4]` speaks against the target as
    strongly as any token, `[nice +1]` for it, a quarter as strongly. With colour it is shown in orange (for) or
    purple (against) instead; what speaks for the target is underlined, too. Characters that would steer the terminal,
    reorder the line or hide in it are replaced by visible ones, such as "<U+202E>"; emoji and joined letters are kept.
    With colour or without, braces mark a token that the model does not know, `{flimflam}`, and what was cut off before
    the model read the text stands in brackets, `[✂ not read: The end.]`.

    Args:
        explanation: the explanation.
        colour: whether to use colours and underlines: True or "256" for those of 256, "truecolor" for all.
        width: of a line, in columns; None: the terminal's, or 100 where there is none.
        top: how many of the strongest tokens to list in a table.
        show: which parts: any of "header", "document", "legend", "shares", "warnings".
        merge: what is marked as one: "words", "sentences" or whatever else `explanation.merge` takes; "auto": words
            where the tokenizer makes several pieces of one, else tokens; None: the tokens.
        highlight_threshold: tokens whose |weight| is below this fraction of the strongest colour's stay plain.
        max_tokens: of a document of more tokens, quiet stretches are folded: `(… 24 words +0.40 −1.20 …)`; None: never.
        scale: "common", the largest |weight| of all targets and texts; "own", of each target by itself; or a weight.

    Raises:
        OptionError: for an unknown part, colour, scale or merge, a negative number, a width below 20, or what is not
            one explanation.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> print(format_as_text(EXAMPLE, show="document", top=0))
        <BLANKLINE>
          The plot was [awful -4], but the [acting +1] was [great +3].
    """
    if width is None:
        width = max(_NARROWEST, shutil.get_terminal_size((100, 24)).columns)
    whole_number("width", width, least=_NARROWEST)
    system = _colour_system(colour)
    options = checked(
        top=top, show=show, highlight_threshold=highlight_threshold, max_tokens=max_tokens, scale=scale
    )
    parts = parts_of(explanation, options, merge)
    written = io.StringIO()
    console = Console(
        file=written,
        width=width,
        force_terminal=system is not None,
        color_system=system,
        force_jupyter=False,
        no_color=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    bar = 20 if width >= 60 else 8 if width >= 40 else 0
    console.print(_rows(parts, Page(TERMINALS[system] if system else None, bar)))
    return "\n".join(line.rstrip() for line in written.getvalue().rstrip().split("\n"))


def _colour_system(colour: bool | str) -> Literal["256", "truecolor"] | None:
    if isinstance(colour, bool | np.bool_):
        return "256" if colour else None
    if isinstance(colour, str) and colour in TERMINALS:
        return "truecolor" if colour == "truecolor" else "256"
    raise OptionError(f"colour must be True or False, '256' or 'truecolor', got {shown(colour)}")


def _rows(parts: Parts, page: Page) -> Group:
    rows: list[RenderableType] = [_verdict(said, page) for said in parts.verdicts]
    if parts.verdicts:
        rows.append(Text(visible_line(parts.source), _quiet(page)))
        if parts.reason:
            rows.append(Text(visible_line(f"chosen because: {parts.reason}"), _quiet(page)))
    if parts.missed:
        rows.append(_facts(parts.missed))
    for target in parts.targets:
        rows.extend(_target(target, parts, page))
    if "legend" in parts.shown:
        targets = parts.targets if parts.scale == "own" else parts.targets[:1]
        rows.append("")
        rows.extend(_legend(target, parts, page) for target in targets)
        if parts.has_unknown:
            rows.append(Text(f"{{{parts.noun}}} is unknown to the model"))
    if parts.warnings:
        rows.append("")
        rows.extend(Text(visible_text(f"warning: {warning}")) for warning in parts.warnings)
    return Group(*rows)


def _verdict(said: Verdict, page: Page) -> Text:
    text = Text() if said.output is None else Text(visible_line(f"{said.output}: "), _quiet(page))
    bold = Style(bold=page.colour)
    if said.value is not None:
        text.append(visible_line(f"{said.label} ")).append(visible_line(said.value), bold)
        text.append(visible_line("".join(f"   {name} {value}" for name, value in said.others)))
    else:
        text.append(visible_line(said.label), bold)
    if said.probability is not None:
        filled = (
            round(_BAR * min(max(said.probability, 0.0), 1.0)) if said.probability == said.probability else 0
        )
        text.append(f"  probability {probability(said.probability)} ")
        text.append("█" * filled + "░" * (_BAR - filled))
    if said.truth is not None:
        mark = {"wrong": "✗ ", "right": "✓ "}.get(said.mark or "", "")
        text.append(visible_line(f"  {mark}truth: {said.truth}"), Style(bold=page.colour and said.is_wrong))
    return text


def _target(target: TargetParts, parts: Parts, page: Page) -> list[RenderableType]:
    rows: list[RenderableType] = []
    if target.equation:
        rows.extend(("", _why(target), _equation(target, page)))
    for text in target.texts:
        rows.extend(_text(text, target, page))
    if target.features:
        table = Padding(_table(target.features, "beside the text", page, values=True), (0, 0, 0, 2))
        rows.extend(("", table))
    if target.shares:
        rows.extend(("", _shares(target.shares, parts.noun)))
    if target.unseen and page.colour:
        rows.extend(("", Text(target.unseen, Style(dim=True))))
    return rows


def _why(target: TargetParts) -> Text:
    output = "" if target.output is None else f"{target.output}: "
    against = "" if target.against is None else f" against {target.against}"
    token = "" if target.token is None else f" at {target.token}"
    line = f"why {output}{target.label}{token}{against}"
    if target.probability is not None and not target.is_verdict:
        line += f"  probability {probability(target.probability)}"
    return Text(visible_line(line))


def _equation(target: TargetParts, page: Page) -> Text:
    text = Text()
    for term in target.equation:
        style = page.style({"for": 4, "against": -4}.get(term.kind, 0))
        text.append(visible_line(term.text), Style(bold=page.colour) if term.kind == "score" else style)
    unit = target.words.unit
    return text if unit in ("score", "value") else text.append(f" ({unit})", _quiet(page))


def _text(text: TextParts, target: TargetParts, page: Page) -> list[RenderableType]:
    rows: list[RenderableType] = []
    if text.excerpt or text.pieces:
        rows.extend(("", _document(text, target, page)))
    if text.strongest:
        rows.extend(("", _table(text.strongest, text.noun, page)))
    if text.unlisted:
        rows.extend(([] if text.strongest else [""]) + [Text(text.unlisted)])
    if text.shares:
        rows.extend(("", _shares(text.shares, text.noun)))
    if rows and text.name is not None:
        rows[:1] = ["", Text(visible_line(f"{text.name}: {text.total}"))]
    return [row if row == "" else Padding(row, (0, 0, 0, 2)) for row in rows]


def _shares(shares: Facts, noun: str) -> Text:
    return Text(f"beside the {noun}s:  ").append(_facts(shares))


def _facts(facts: Facts) -> Text:
    return Text(visible_line("   ".join(f"{name}: {value}" for name, value in facts)))


def _quiet(page: Page) -> Style:
    return Style(dim=page.colour)


def _document(found: TextParts, target: TargetParts, page: Page) -> Text:
    text = Folded()
    for piece in found.excerpt or found.pieces:
        if isinstance(piece, Fold):
            text.append(fold_text(piece, found.noun, target), _quiet(page))
        else:
            text.append(*piece_text(piece, target.scale, page))
    return text


def _table(strongest: Sequence[Strong], noun: str, page: Page, *, values: bool = False) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=Style(), show_edge=False)
    table.add_column("weight", justify="right", no_wrap=True)
    table.add_column(noun, overflow="fold", min_width=4)
    if values:
        table.add_column("value", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in strongest:
        mark = "-" if row.fraction < 0 else "+"
        style = page.style(level_of(row.fraction, 1.0, steps=STEPS))
        bar = Text().append(mark * round(page.bar * abs(row.fraction)), style)
        value = [row.value] if values else []
        name = visible_text(row.text)
        token = Folded(around("{", name, "}") if row.is_unknown else name)
        table.add_row(Text().append(row.weight, style), token, *value, bar)
    return table


def _legend(target: TargetParts, parts: Parts, page: Page) -> Text:
    words, noun = target.words, parts.noun
    if target.scale == 0:
        return Text(f"no {noun} has any weight")
    least, most = target.digits.signed(-target.scale), target.digits.signed(target.scale)
    of = f"{target.label}: " if parts.scale == "own" and len(parts.targets) > 1 else ""
    line = Text(visible_line(of))
    if page.colour:
        line.append(f"{words.verb}{words.negative} ").append(f" {least} ", page.style(-4))
        return line.append(" ").append(f" {most} ", page.style(4)).append(f" {words.verb}{words.positive}")
    size = target.digits.plain(target.scale)
    if noun == "feature":
        bar = f"; a bar of {page.bar} is a weight of {size}" if page.bar else ""
        return line.append(f"+ {words.verb}{words.positive}, - {words.negative}{bar}")
    signs = f"[{noun} +n] {words.verb}{words.positive}, [{noun} -n] {words.negative}"
    return line.append(f"{signs}; n = 4 is a weight of {size}")
