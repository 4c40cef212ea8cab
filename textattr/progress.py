"""A progress bar for what takes long; nothing where none is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


@contextmanager
def bar(title: str, total: int | None, wanted: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr inside the `with`, with the number done; the function that comes back moves it on.

    `total` may be too high: at the end, what was done is all.
    """
    if not wanted:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total)
        yield lambda steps: progress.advance(task, steps)
        progress.update(task, total=progress.tasks[0].completed)


class Advance(Protocol):
    """Moves a bar of rows on."""

    def __call__(self, rows: int, errors: int, *, is_new: bool = True) -> None:
        """So many more rows are there; those that were there before say nothing of how fast it goes."""
        ...


@contextmanager
def row_bar(title: str, total: int | None, wanted: bool) -> Iterator[Advance]:
    """Show a bar on stderr inside the `with`, with rows, rows per second, the time left and errors.

    Args:
        title: what stands before it.
        total: how many rows there are, or None where that is not known.
        wanted: whether to show it.
    """
    if not wanted:
        yield lambda rows, errors, *, is_new=True: None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[errors]}", style="red"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total, rate="", errors="")
        started, new, failed = time.monotonic(), 0, 0

        def advance(rows: int, errors: int, *, is_new: bool = True) -> None:
            nonlocal new, failed
            new, failed = new + rows * is_new, failed + errors
            rate = new / max(time.monotonic() - started, 1e-9)
            told = f"{failed:,} errors" if failed else ""
            progress.update(task, advance=rows, rate=f"{rate:,.0f} rows/s", errors=told)

        yield advance
        progress.update(task, total=progress.tasks[0].completed)
