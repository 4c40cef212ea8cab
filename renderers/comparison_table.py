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
class Cell:
    """One method by one metric: the mean, the ends of its interval, and whether the comparison favours the method."""

    mean: float
    low: float
    high: float
    is_favoured: bool


@dataclass(frozen=True)
class ComparedMethod:
    """One method.

    Args:
        name: what it is called.
        evaluations: of the model, per document.
        seconds: per document.
        failures: on how many documents it failed.
        cells: one for each column.
    """

    name: str
    evaluations: float
    seconds: float
    failures: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class MethodTable:
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
            cells = [each.cells[place] for each in self.methods]
            ends = [
                abs(end) for cell in cells for end in (cell.mean, cell.low, cell.high) if math.isfinite(end)
            ]
            size = max(ends, default=0.0)
            sizes.append(size if size > ROUNDING else 1.0)
        return sizes

    @property
    def best(self) -> list[float]:
        """For each column the best mean."""
        found = []
        for place, column in enumerate(self.columns):
            means = [each.cells[place].mean for each in self.methods]
            means = [mean for mean in means if math.isfinite(mean)]
            choose = max if column.higher_is_better else min
            found.append(choose(means, default=math.nan))
        return found


def as_html(table: MethodTable) -> str:
    """A table whose cells have a bar from 0 to the mean, and a line over the interval; styles are inline."""
    return environment().get_template("comparison.html").render(comparison=table, number=number)


def as_text(table: MethodTable, width: int = 100) -> str:
    """The same for a terminal, a table for each metric: mean, half of the interval's width, and a bar."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=False, force_jupyter=False, highlight=False, markup=False
    )
    console.print(visible_line(table.title))
    for metric in dict.fromkeys(column.metric for column in table.columns):
        console.print(_of_metric(table, metric))
    console.print(_costs(table))
    if any(cell.is_favoured for method in table.methods for cell in method.cells):
        console.print("* starts from what stands in the place of tokens here, which favours it")
    for warning in table.warnings:
        console.print(f"! {visible_line(warning)}")
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _of_metric(table: MethodTable, metric: str) -> Table:
    """One metric, with a column for each operator."""
    places = [i for i, column in enumerate(table.columns) if column.metric == metric]
    scales = table.scales
    is_more = table.columns[places[0]].higher_is_better
    shown = _empty(f"{metric.replace('_', ' ')}: {'more' if is_more else 'less'} is better")
    for place in places:
        shown.add_column(f"{table.columns[place].operator or '':>15}", no_wrap=True)
    for method in table.methods:
        shown.add_row(visible_line(method.name), *(_cell(method.cells[i], scales[i]) for i in places))
    return shown


def _costs(table: MethodTable) -> Table:
    shown = _empty("cost per document")
    for name in ("runs", "milliseconds"):
        shown.add_column(name, justify="right")
    for method in table.methods:
        failed = f" (failed on {method.failures})" if method.failures else ""
        cost = (number(method.evaluations), number(method.seconds * 1000))
        shown.add_row(visible_line(method.name) + failed, *cost)
    return shown


def _empty(title: str) -> Table:
    """A table with a column for the names of methods."""
    shown = Table(title=f"\n{title}", title_justify="left", box=None, pad_edge=False)
    shown.add_column("method", min_width=20, max_width=40, overflow="fold")
    return shown


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


def _cell(cell: Cell, scale: float) -> str:
    bar = "█" * round(BAR * max(cell.mean, 0) / scale) if math.isfinite(cell.mean) else ""
    spread = f" ±{number((cell.high - cell.low) / 2, 2)}" if math.isfinite(cell.low) else ""
    told = f"{number(cell.mean)}{spread}{'*' if cell.is_favoured else ' '}"
    return f"{told:>16} {bar}"
