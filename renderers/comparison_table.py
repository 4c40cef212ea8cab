"""A table of methods by metrics, with bars: for a notebook and for a terminal."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from textattr.renderers.templating import environment
from textattr.visible import visible_line

BAR = 10  # columns of a terminal
ROUNDING = 1e-6  # where all means are smaller, there is nothing to draw


@dataclass(frozen=True)
class Column:
    """One metric, as measured with one operator (None: it leaves nothing out)."""

    metric: str
    operator: str | None
    higher_is_better: bool


@dataclass(frozen=True)
class ComparedMethod:
    """One method.

    Args:
        name: what it is called.
        evaluations: of the model, per document.
        seconds: per document.
        failures: on how many documents it failed.
        cells: for each column the mean, the ends of its interval, and whether the comparison favours the method.
    """

    name: str
    evaluations: float
    seconds: float
    failures: int
    cells: tuple[tuple[float, float, float, bool], ...]


@dataclass(frozen=True)
class Comparison:
    """All methods; `columns` say what their cells are."""

    title: str
    columns: tuple[Column, ...]
    methods: tuple[ComparedMethod, ...]
    warnings: tuple[str, ...]

    @property
    def scales(self) -> list[float]:
        """For each column the size that a full bar stands for: the largest end of an interval, or mean."""
        sizes = []
        for place in range(len(self.columns)):
            ends = [abs(end) for each in self.methods for end in each.cells[place][:3] if math.isfinite(end)]
            size = max(ends, default=0.0)
            sizes.append(size if size > ROUNDING else 1.0)
        return sizes

    @property
    def best(self) -> list[float]:
        """For each column the best mean."""
        found = []
        for place, column in enumerate(self.columns):
            means = [each.cells[place][0] for each in self.methods if math.isfinite(each.cells[place][0])]
            choose = max if column.higher_is_better else min
            found.append(choose(means, default=math.nan))
        return found


def as_html(comparison: Comparison) -> str:
    """A table whose cells have a bar from 0 to the mean, and a line over the interval; styles are inline."""
    return environment().get_template("comparison.html").render(comparison=comparison, number=number)


def as_text(comparison: Comparison, width: int = 100) -> str:
    """The same for a terminal, a table for each metric: mean, half of the interval's width, and a bar."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=False, force_jupyter=False, highlight=False, markup=False
    )
    console.print(visible_line(comparison.title))
    for metric in dict.fromkeys(column.metric for column in comparison.columns):
        console.print(_table(comparison, metric))
    console.print(_costs(comparison))
    if any(cell[3] for method in comparison.methods for cell in method.cells):
        console.print("* starts from what stands in the place of tokens here, which favours it")
    for warning in comparison.warnings:
        console.print(f"! {visible_line(warning)}")
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _table(comparison: Comparison, metric: str) -> Table:
    """One metric, with a column for each operator."""
    places = [i for i, column in enumerate(comparison.columns) if column.metric == metric]
    is_more = comparison.columns[places[0]].higher_is_better
    title = f"\n{metric.replace('_', ' ')}: {'more' if is_more else 'less'} is better"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("method", min_width=20, max_width=40, overflow="fold")
    for place in places:
        table.add_column(f"{comparison.columns[place].operator or '':>15}", no_wrap=True)
    for method in comparison.methods:
        cells = [(method.cells[place], comparison.scales[place]) for place in places]
        shown = [_cell(*cell[:3], scale, favoured=cell[3]) for cell, scale in cells]
        table.add_row(visible_line(method.name), *shown)
    return table


def _costs(comparison: Comparison) -> Table:
    table = Table(title="\ncost per document", title_justify="left", box=None, pad_edge=False)
    table.add_column("method", min_width=20, max_width=40, overflow="fold")
    for name in ("runs", "milliseconds"):
        table.add_column(name, justify="right")
    for method in comparison.methods:
        failed = f" (failed on {method.failures})" if method.failures else ""
        cost = (number(method.evaluations), number(method.seconds * 1000))
        table.add_row(visible_line(method.name) + failed, *cost)
    return table


def number(value: float, digits: int = 3) -> str:
    """A number with so many digits that count, four places at most, and a true minus.

    Example:
        >>> number(-0.12345), number(1234.5), number(0.0), number(float("nan"))
        ('−0.123', '1234', '0', '—')
    """
    if not math.isfinite(value):
        return "—"
    places = digits - 1 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(max(0, places), 4)}f}".replace("-", "−")


def _cell(mean: float, low: float, high: float, scale: float, *, favoured: bool) -> str:
    bar = "█" * round(BAR * max(mean, 0) / scale) if math.isfinite(mean) else ""
    spread = f" ±{number((high - low) / 2, 2)}" if math.isfinite(low) else ""
    told = f"{number(mean)}{spread}{'*' if favoured else ' '}"
    return f"{told:>16} {bar}"
