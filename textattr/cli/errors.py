"""Errors on the command line: one line on stderr, and an exit code that scripts can rely on."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from textattr.errors import TextAttrError
from textattr.visible import visible_line

DEBUG = "textattr.debug"  # the key in a context's `meta` that says whether tracebacks are wanted

# The base of everything that is wrong with arguments; Typer exports one of its children only.
WrongArguments: Any = typer.BadParameter.__base__


class OneLineErrors(TyperGroup):
    """A group of commands that end with 0: done, 1: the work failed, 2: wrong arguments, 130: broken off."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; in standalone mode, end the program with the exit code."""
        standalone = kwargs.get("standalone_mode", True)
        kwargs["standalone_mode"] = False
        if not standalone:
            return super().main(*args, **kwargs)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # for what its encoding lacks, such as emoji
        try:
            code = super().main(*args, **kwargs)
            if sys.stdout is not None:  # as where it was closed before
                sys.stdout.flush()
        except typer.Abort:
            code = 130
        except BrokenPipeError:  # the reader, say `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        except WrongArguments as error:
            if error.format_message():  # else the help has been shown, which is what there is to say
                complain(error.format_message(), hint=error.ctx and f"see {error.ctx.command_path} --help")
            code = 2
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run one command, and turn what it raises into one line."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, WrongArguments, BrokenPipeError):
            raise
        except (KeyboardInterrupt, EOFError):
            raise typer.Exit(130) from None
        except Exception as error:
            if ctx.meta.get(DEBUG):
                raise
            expected = isinstance(error, TextAttrError | OSError)
            complain(str(error), hint=None if expected else f"{type(error).__name__}; --debug shows where")
            raise typer.Exit(1) from error


def complain(message: str, hint: str | None = None) -> None:
    """Write one line to stderr."""
    line = visible_line(" ".join(message.split()))
    print(f"textattr: {line}" + (f" ({hint})" if hint else ""), file=sys.stderr)
