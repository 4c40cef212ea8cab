"""Several explanations of one document side by side: for a notebook and for a terminal."""

from __future__ import annotations

import io
import math
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from textattr.renderers.html import fragment_context, looks_of
from textattr.renderers.numbers import MINUS, Digits
from textattr.renderers.palette import palette_named
from textattr.renderers.score_bar import ScoreBar, score_bar
from textattr.renderers.shown import MOST_TOKENS, THRESHOLD, Options
from textattr.renderers.strongest import Strong, row
from textattr.renderers.templating import environment
from textattr.renderers.text import format_as_text
from textattr.renderers.view_model import Parts, TargetParts, parts_of
from textattr.visible import visible_line, visible_text

if TYPE_CHECKING:
    from textattr.explanation import Explanation
    from textattr.side_by_side import SideBySide

_DIFFERING = 6


@dataclass(frozen=True)
class DifferingRow:
    """A word, with a bar for each explanation, whose full length is the largest |weight| of that explanation."""

    word: str
    bars: tuple[Strong, ...]


@dataclass(frozen=True)
class TargetRow:
    """One target: a column for each explanation, and how far these agree.

    Args:
        label: the target.
        columns: each explanation of it alone.
        pairs: (one, other, Kendall's tau in words).
        differing: the words on which they differ most.
    """

    label: str
    columns: tuple[Parts, ...]
    pairs: tuple[tuple[str, str, str], ...]
    differing: tuple[DifferingRow, ...]


def format_comparison_as_html(comparison: SideBySide, *, palette: str = "auto") -> str:
    """A row for each target, a column for each explanation, each on its own scale, which its legend tells.

    Raises:
        OptionError: for an unknown palette.
    """
    palette_named(palette)
    rows = [_target_row(comparison, label) for label in comparison.labels]
    context = {**fragment_context(rows[0].columns[0]), "scale_note": "", "bar_of": _bars_of(rows)}
    template = environment().get_template("comparison_grid.html")
    return template.render(**looks_of(palette), rows=rows, names=comparison.names, **context)


def _bars_of(rows: Sequence[TargetRow]) -> Callable[[TargetParts], ScoreBar | None]:
    """The bars from baseline to score, all of them on one axis."""
    all_ends = [
        end for each in rows for parts in each.columns for t in parts.targets for end in t.balance.ends
    ]
    ends = (min(all_ends, default=0.0), max(all_ends, default=0.0))
    return lambda target: score_bar(target.balance, target.spans, ends)


def format_comparison_as_text(comparison: SideBySide, *, width: int = 100) -> str:
    """The same for a terminal, one explanation below another."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=False,
        force_jupyter=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for label in comparison.labels:
        target = _target_row(comparison, label)
        console.print(visible_line(f"why {label}"))
        for name, explanation in zip(comparison.names, comparison.explanations, strict=True):
            console.print(f"\n{visible_line(name)}", end="")
            console.print(
                format_as_text(
                    _alone(explanation, label),
                    show=("document", "legend"),
                    top=0,
                    width=width,
                    max_tokens=MOST_TOKENS,
                )
            )
        console.print()
        for one, other, tau in target.pairs:
            console.print(visible_line(f"order of the words, {one} and {other}: {tau}"))
        if target.differing:
            console.print(_table(comparison, target))
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())


def format_comparison_for_stdout(comparison: SideBySide) -> str:
    """What `print(comparison)` prints; what stdout cannot encode is escaped."""
    text = format_comparison_as_text(comparison, width=max(40, shutil.get_terminal_size((100, 24)).columns))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, errors="backslashreplace").decode(encoding)


def _table(comparison: SideBySide, target: TargetRow) -> Table:
    table = Table(title="they differ most on", title_justify="left", box=None, pad_edge=False)
    table.add_column("", min_width=8, overflow="fold")
    for name in comparison.names:
        table.add_column(visible_line(name), justify="right", overflow="fold")
    for each in target.differing:
        table.add_row(visible_text(each.word), *(bar.weight for bar in each.bars))
    return table


def _target_row(comparison: SideBySide, label: str) -> TargetRow:
    options = Options(threshold=THRESHOLD, max_tokens=MOST_TOKENS)
    columns = tuple(parts_of(_alone(each, label), options, None) for each in comparison.explanations)
    taus = comparison.agreement_of(label).to_numpy()
    pairs = tuple(
        (comparison.names[i], comparison.names[j], _in_words(float(taus[i, j])))
        for i, j in combinations(range(len(columns)), 2)
    )
    digits = [Digits.of(parts.targets[0].scale) for parts in columns]
    differing = tuple(
        DifferingRow(
            each.word,
            tuple(
                replace(
                    row(each.word, strength, 1.0, Digits()),
                    weight=d.signed(weight),
                    exact=d.signed(weight, 1),
                )
                for weight, strength, d in zip(each.weights, each.strengths, digits, strict=True)
            ),
        )
        for each in comparison.differing(label, _DIFFERING)
    )
    return TargetRow(label, columns, pairs, differing)


def _alone(explanation: Explanation, label: str) -> Explanation:
    """The explanation with this target only."""
    return replace(explanation, targets=tuple(t for t in explanation.targets if t.label == label)[:1])


def _in_words(tau: float) -> str:
    if math.isnan(tau):
        return "no order to compare, for all weights of one are the same"
    return f"Kendall τ = {tau:.2f}".replace("-", MINUS)
