"""What stands before every command: `--debug` and `--version`, and TensorFlow, which is imported when it is needed."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from textattr.cli.errors import DEBUG, OneLineErrors
from textattr.cli.options import Debug

app = typer.Typer(
    name="textattr",
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from textattr import __version__

        print(f"textattr {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    debug: Debug = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Why did the text classifier decide as it did?

    Explains the decision of a Keras text classifier word by word.

    [bold]To see it work[/bold]

      textattr demo "A gentle, funny film about nothing at all."

    [bold]For a model of your own[/bold]

      textattr explain my.keras "What a day!" --vocabulary words.txt --unknown 1
    """
    remember(ctx, debug)


def remember(ctx: typer.Context, debug: bool) -> None:
    """`--debug` may stand before the command or behind it."""
    ctx.meta[DEBUG] = debug or ctx.meta.get(DEBUG, False)


def import_tensorflow(ctx: typer.Context) -> None:
    """Import TensorFlow, and say nothing about it."""
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever else is done with Keras on this machine
    if not ctx.meta[DEBUG]:
        from textattr.quiet import import_tensorflow_quietly

        import_tensorflow_quietly()
