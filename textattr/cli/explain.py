"""`textattr explain`: what a saved model says of a text, explained.

Long because Typer reads a command, its options and their help from the signature of one function.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from textattr.cli.errors import WrongArguments
from textattr.cli.group import import_tensorflow, remember
from textattr.cli.inputs import (
    as_target,
    check_suffix,
    make_tokenizer,
    read_ids,
    read_lines,
    read_text,
    read_words,
    tokens_of,
)
from textattr.cli.options import EXPLANATION, IDS, Debug, Html, Json, Method, Text
from textattr.cli.outputs import show
from textattr.saved.limits import DEFAULT_MAX_SIZE


def explain(
    ctx: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A file saved by Keras: .keras or .h5.")],
    text: Text = None,
    ids: Annotated[
        str | None, typer.Option(metavar='"1 2 3"', help="Token ids to explain, in place of a text.")
    ] = None,
    vocabulary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help='A word a line, ids from 0; or JSON {"word": id}.', rich_help_panel=IDS
        ),
    ] = None,
    unknown: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="The id of all other words; none: they are left out.", rich_help_panel=IDS
        ),
    ] = None,
    start: Annotated[
        int | None, typer.Option(metavar="N", help="The id that every text begins with.", rich_help_panel=IDS)
    ] = None,
    offset: Annotated[
        int, typer.Option(metavar="N", help="What is added to the vocabulary's ids.", rich_help_panel=IDS)
    ] = 0,
    pad: Annotated[
        int, typer.Option(metavar="N", help="The id that fills up short texts.", rich_help_panel=IDS)
    ] = 0,
    padding: Annotated[
        Literal["post", "pre"], typer.Option(help="The side that is filled up.", rich_help_panel=IDS)
    ] = "post",
    lowercase: Annotated[
        bool | None,
        typer.Option(
            "--lowercase/--no-lowercase",
            help="Look up in lower case.",
            show_default="words yes, characters no",
            rich_help_panel=IDS,
        ),
    ] = None,
    characters: Annotated[
        bool, typer.Option("--characters", help="The vocabulary is one of characters.", rich_help_panel=IDS)
    ] = False,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The names of the classes, one a line, in order.",
            rich_help_panel=EXPLANATION,
        ),
    ] = None,
    method: Method = "auto",
    target: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL",
            help='A label, the number of a class, or "all".',
            show_default="the predicted one",
            rich_help_panel=EXPLANATION,
        ),
    ] = None,
    html: Html = None,
    json_file: Json = None,
    allow_unsafe_model: Annotated[
        bool, typer.Option("--allow-unsafe-model", help="Let the model's file run Python code of its own.")
    ] = False,
    max_model_size: Annotated[
        int,
        typer.Option(
            metavar="BYTES", min=1, help="What the model may take beyond four times the size of its file."
        ),
    ] = DEFAULT_MAX_SIZE,
    debug: Debug = False,
) -> None:
    """Explain what a saved model says of a text.

    The model reads ids, so say how it was trained to turn words into them.

    [bold]Examples[/bold]

      textattr explain my.keras "What a day!" --vocabulary words.txt --unknown 1

      textattr explain my.keras review.txt --vocabulary index.json --unknown 2

      textattr explain my.keras --ids "4 18 7" --html report.html
    """
    remember(ctx, debug)
    if (text is None) == (ids is None):
        raise WrongArguments("expected either a TEXT or --ids", ctx=ctx)
    if text is not None and vocabulary is not None and unknown is None:
        raise WrongArguments(
            'a TEXT and --vocabulary need --unknown N, the id of words that are not in it, or "none"', ctx=ctx
        )
    check_suffix(html, ".html")
    check_suffix(json_file, ".json")
    names = None if labels is None else read_lines(labels)
    words = None if vocabulary is None else read_words(vocabulary)
    given: dict[str, Any] = {}
    if ids is not None:
        given["doc"] = numbers = read_ids(ids)
        given["tokens"] = tokens_of(numbers, words or {}, offset=offset)
    else:
        given["doc"] = read_text(text or "")
        if words is not None and unknown is not None:
            given["tokenizer"] = make_tokenizer(
                words,
                unknown=unknown,
                characters=characters,
                start=start,
                offset=offset,
                pad=pad,
                padding=padding,
                lowercase=lowercase,
            )
    import_tensorflow(ctx)
    import textattr
    from textattr.loading import load_model

    loaded = load_model(model, safe=not allow_unsafe_model, max_size=max_model_size)
    if ids is None and words is None and not _takes_strings(loaded):
        raise WrongArguments(
            f"{model} reads token ids: --vocabulary FILE and --unknown N say which it was trained with",
            ctx=ctx,
        )
    explanation = textattr.explain_prediction(
        loaded, **given, target_names=names, method=method, targets=as_target(target, names)
    )
    show(explanation, html, json_file)


def _takes_strings(model: Any) -> bool:
    return any(getattr(tensor, "dtype", None) == "string" for tensor in getattr(model, "inputs", None) or ())
