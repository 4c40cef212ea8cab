"""Arguments and options that several commands take, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from textattr.methods import METHODS

IDS = "From words to ids: as the model was trained"
EXPLANATION = "The explanation"

Text = Annotated[
    str | None,
    typer.Argument(
        metavar="TEXT", help="What to explain, a file that holds it, or - for stdin.", show_default=False
    ),
]
Method = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help=f"auto, {', '.join(METHODS)}.",
        rich_help_panel=EXPLANATION,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(metavar="FILE.html", help="Write a report for the browser.", rich_help_panel=EXPLANATION),
]
Json = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="FILE.json", help="Write everything, for programs.", rich_help_panel=EXPLANATION
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks, and what TensorFlow has to say.")]
