"""`textattr doctor`: does it work here?"""

from __future__ import annotations

from collections.abc import Mapping

import typer

from textattr.cli.group import import_tensorflow, remember
from textattr.cli.options import Debug
from textattr.visible import visible_line


def doctor(ctx: typer.Context, debug: Debug = False) -> None:
    """Show the versions of everything that matters, and test in a few seconds whether it works.

    The exit code is 0 where it does. Paste the output into a bug report.
    """
    remember(ctx, debug)
    from textattr.cli.environment import require_tensorflow_backend, runtime, self_test, versions

    _table(versions())
    require_tensorflow_backend()
    import_tensorflow(ctx)
    _table(runtime())
    _table({"self-test": self_test()})


def _table(rows: Mapping[str, str]) -> None:
    for name, value in rows.items():
        print(visible_line(f"{name:<12}{value}"), flush=True)
