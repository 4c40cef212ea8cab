"""Arguments and options that several commands take, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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
Ids = Annotated[str | None, typer.Option(metavar='"1 2 3"', help="Token ids to explain, in place of a text.")]
Tokenizer = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|FOLDER",
        help="What it was trained with: tokenizer.json, a SentencePiece .model, BERT's vocab.txt, or their folder.",
        rich_help_panel=IDS,
    ),
]
Vocabulary = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help='A word a line, ids from 0; or JSON {"word": id}.', rich_help_panel=IDS
    ),
]
Unknown = Annotated[
    str | None,
    typer.Option(
        metavar="N", help="The id of all other words; none: they are left out.", rich_help_panel=IDS
    ),
]
Splitting = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        help="How the vocabulary's texts were cut: words, keras_tokenizer, text_vectorization or a pattern.",
        show_default="words, with a warning",
        rich_help_panel=IDS,
    ),
]
Start = Annotated[
    int | None, typer.Option(metavar="N", help="The id that every text begins with.", rich_help_panel=IDS)
]
Offset = Annotated[
    int, typer.Option(metavar="N", help="What is added to the vocabulary's ids.", rich_help_panel=IDS)
]
Pad = Annotated[int, typer.Option(metavar="N", help="The id that fills up short texts.", rich_help_panel=IDS)]
Padding = Annotated[
    Literal["post", "pre"], typer.Option(help="The side that is filled up.", rich_help_panel=IDS)
]
Lowercase = Annotated[
    bool | None,
    typer.Option(
        "--lowercase/--no-lowercase",
        help="Look up in lower case.",
        show_default="words yes, characters no",
        rich_help_panel=IDS,
    ),
]
OfCharacters = Annotated[
    bool, typer.Option("--characters", help="The vocabulary is one of characters.", rich_help_panel=IDS)
]
Labels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The names of the classes, one a line, in order.", rich_help_panel=EXPLANATION
    ),
]
Window = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="How many tokens the model reads at a time: a longer text is cut into windows that overlap.",
        show_default="all",
        rich_help_panel=EXPLANATION,
    ),
]
Stride = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="How many tokens a window begins behind the one before.",
        show_default="half a window",
        rich_help_panel=EXPLANATION,
    ),
]
Join = Annotated[
    Literal["mean", "max"],
    typer.Option(help="How scores of windows are joined.", rich_help_panel=EXPLANATION),
]
AllowUnsafeModel = Annotated[
    bool, typer.Option("--allow-unsafe-model", help="Let the model's file run Python code of its own.")
]
MaxModelSize = Annotated[
    int,
    typer.Option(
        metavar="BYTES", min=1, help="What the model may take beyond four times the size of its file."
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks, and what TensorFlow has to say.")]
