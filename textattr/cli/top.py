"""`textattr top`: the words that decide, over all rows that `textattr batch` explained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from textattr.cli.group import remember
from textattr.cli.options import Debug


def top(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What textattr batch wrote.")],
    of_class: Annotated[
        str | None, typer.Option("--class", metavar="LABEL", help="This class alone.", show_default="all")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Groups beside the class: outcome (right or wrong), pair (what was taken for what), a column that was "
            "kept; may be given again.",
        ),
    ] = None,
    than: Annotated[
        Path | None,
        typer.Option(
            "--compare", metavar="FOLDER", help="Another run: which words changed from FOLDER to it."
        ),
    ] = None,
    words: Annotated[int, typer.Option(metavar="N", min=1, help="How many, for and against.")] = 10,
    sort: Annotated[Literal["mean", "total"], typer.Option(help="What puts a word first.")] = "mean",
    min_documents: Annotated[
        int, typer.Option(metavar="N", min=1, help="Leave out words in fewer documents.")
    ] = 5,
    debug: Debug = False,
) -> None:
    """Show the words that decide, over all rows of a table.

    [bold]Examples[/bold]

      textattr top explained/ --class negative

      textattr top explained/ --by outcome --by month

      textattr top march/ --compare april/
    """
    remember(ctx, debug)
    import textattr

    summary = textattr.summarize(folder, than, by=by or "target", min_documents=min_documents)
    chosen = summary if of_class is None else summary.of_class(of_class)
    print(chosen.text(words, sort))
