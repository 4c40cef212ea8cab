"""A progress bar for what takes long; nothing where none is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
