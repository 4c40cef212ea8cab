"""Showing something at once in a notebook, wherever in a cell, and not a second time as the value of that cell."""

from __future__ import annotations

import sys
import weakref
from typing import Any

_last: list[tuple[weakref.ref[Any], int]] = []  # what was shown last, and in which cell


def shell() -> Any:
    """The running IPython, in a terminal or behind a notebook; None where there is none."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def is_notebook() -> bool:
    """Whether a front end reads what cells show: Jupyter, VS Code, Colab."""
    return hasattr(shell(), "kernel")


def display(bundle: dict[str, str]) -> None:
    """Show the forms of something, by mime type, in the output of the running cell."""
    from IPython.display import display as show

    show(bundle, raw=True)  # type: ignore[no-untyped-call]


def remember(shown: Any) -> None:
    """Note that this was shown in the running cell."""
    running = shell()
    if running is not None:
        _last[:] = [(weakref.ref(shown), running.execution_count)]


def was_just_shown(value: Any) -> bool:
    """Whether this was shown in the running cell and asks now to be shown as its value; true once."""
    running = shell()
    if running is None or not _last:
        return False
    shown, cell = _last[0]
    if shown() is not value or cell != running.execution_count:
        return False
    _last.clear()
    return True
