"""The command `textattr`: explain a sentence without writing Python.

Exit code 0: done; 1: the work failed; 2: wrong arguments. An error is one line on stderr.

Long because Typer reads each command, its options and their help from the signature of one function.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from textattr.cli_errors import DEBUG, OneLineErrors, WrongArguments
from textattr.cli_input import (
    as_target,
    check_suffix,
    make_tokenizer,
    read_ids,
    read_lines,
    read_text,
    read_words,
    tokens_of,
)
from textattr.methods import METHODS
from textattr.saved.limits import DEFAULT_MAX_SIZE
from textattr.visible import visible_line

if TYPE_CHECKING:
    from textattr.explanation import AnyExplanation

app = typer.Typer(
    name="textattr",
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

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
    _remember(ctx, debug)


@app.command()
def demo(
    ctx: typer.Context,
    text: Text = None,
    model: Annotated[
        Literal["sentiment", "topics"], typer.Option(help="Praise or blame, or the kind of news.")
    ] = "sentiment",
    method: Method = "auto",
    html: Html = None,
    debug: Debug = False,
) -> None:
    """Explain a sentence with a model that ships with textattr.

    One model reads a sentence as praise or blame, the other tells which kind of news it is.

    [bold]Examples[/bold]

      textattr demo

      textattr demo "Not bad at all, but far too long." --method saliency

      textattr demo --model topics --html report.html
    """
    _remember(ctx, debug)
    text = None if text is None else read_text(text)
    check_suffix(html, ".html")
    _start(ctx)
    import textattr.demo

    example = textattr.demo.load(model)
    explanation = textattr.explain_prediction(
        example.model,
        example.examples[0].text if text is None else text,
        tokenizer=example.tokenizer,
        target_names=example.labels,
        method=method,
    )
    _show(explanation, html)


@app.command()
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
    _remember(ctx, debug)
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
    _start(ctx)
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
    _show(explanation, html, json_file)


@app.command()
def doctor(ctx: typer.Context, debug: Debug = False) -> None:
    """Show the versions of everything that matters, and test in a few seconds whether it works.

    The exit code is 0 where it does. Paste the output into a bug report.
    """
    _remember(ctx, debug)
    from textattr.doctor import require_tensorflow_backend, runtime, self_test, versions

    _table(versions())
    require_tensorflow_backend()
    _start(ctx)
    _table(runtime())
    _table({"self-test": self_test()})


def _table(rows: Mapping[str, str]) -> None:
    for name, value in rows.items():
        print(visible_line(f"{name:<12}{value}"), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the program with its exit code."""
    app(args=None if arguments is None else list(arguments), prog_name="textattr")


def _remember(ctx: typer.Context, debug: bool) -> None:
    """`--debug` may stand before the command or behind it."""
    ctx.meta[DEBUG] = debug or ctx.meta.get(DEBUG, False)


def _start(ctx: typer.Context) -> None:
    """Import TensorFlow, and say nothing about it."""
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever else is done with Keras on this machine
    if not ctx.meta[DEBUG]:
        from textattr.quiet import import_tensorflow_quietly

        import_tensorflow_quietly()


def _takes_strings(model: Any) -> bool:
    return any(getattr(tensor, "dtype", None) == "string" for tensor in getattr(model, "inputs", None) or ())


def _show(explanation: AnyExplanation, *files: Path | None) -> None:
    import textattr

    wanted = [file for file in files if file is not None]
    try:
        for file in wanted:  # first, for the reader of the pipe may leave early
            explanation.save(file)
    finally:  # what was computed is shown even where it cannot be saved
        print(textattr.format_as_text(explanation, colour=_colour()))
    for file in wanted:
        print(visible_line(f"saved {file}"))


def _colour() -> bool:
    """Colour for people, none for programs, and as the usual variables say (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
