"""The commands, each in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence

from textattr.cli.batch import batch
from textattr.cli.demo import demo
from textattr.cli.doctor import doctor
from textattr.cli.explain import explain
from textattr.cli.group import app
from textattr.cli.top import top

__all__ = ["app", "main"]

app.command()(demo)
app.command()(explain)
app.command()(batch)
app.command()(top)
app.command()(doctor)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the program with its exit code."""
    app(args=None if arguments is None else list(arguments), prog_name="textattr")
