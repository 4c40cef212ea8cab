"""The command `textattr`: explain a sentence without writing Python.

Exit code 0: done; 1: the work failed; 2: wrong arguments. An error is one line on stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from textattr.errors import TargetError, TextAttrError

if TYPE_CHECKING:
    from textattr import Explanation
    from textattr.tokenizers.encoding import Tokenizer

_DEBUG = "textattr.debug"


class OneLineErrors(TyperGroup):
    """A group of commands whose errors are one line on stderr, and a traceback only with `--debug`."""

    def main(self, *args: Any, standalone_mode: bool = True, **kwargs: Any) -> Any:
        """Run the command line; in standalone mode, end the program with its exit code."""
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **kwargs)
        try:
            code = super().main(*args, standalone_mode=False, **kwargs)
        except typer.Abort:
            code = 130
        except typer.BadParameter.__mro__[1] as error:  # the base of all wrong arguments, which Typer does not export
            code = _complain(error.format_message() + _where_to_look(error), code=2)  # type: ignore[attr-defined]
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run one command, and turn what it raises into one line."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, EOFError):
            raise typer.Exit(130) from None
        except BrokenPipeError:  # the reader, as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except (typer.Exit, typer.Abort, typer.BadParameter.__mro__[1]):
            raise
        except Exception as error:
            if ctx.meta.get(_DEBUG):
                raise
            hint = "" if isinstance(error, TextAttrError) else f" ({type(error).__name__}; --debug shows where)"
            raise typer.Exit(_complain(f"{error}{hint}", code=1)) from error


def _complain(message: str, *, code: int) -> int:
    print("textattr:", " ".join(message.split()), file=sys.stderr)
    return code


def _where_to_look(error: Any) -> str:
    context = getattr(error, "ctx", None)
    return f" See {context.command_path} --help" if context is not None else ""


app = typer.Typer(
    name="textattr",
    cls=OneLineErrors,
    help="Why did the text classifier decide as it did?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error, and TensorFlow's messages.")]
Method = Annotated[
    str, typer.Option(help="How to explain: auto, integrated_gradients, gradient_x_input, saliency, smoothgrad.")
]
Html = Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a report for the browser.")]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE.json", help="Write everything, for programs.")]


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
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Why did the text classifier decide as it did?

    Explains the decision of a Keras text classifier word by word.

    [bold]To see it work[/bold]

      textattr demo "A gentle, funny film about nothing at all."

    [bold]For a model of your own[/bold]

      textattr explain model.keras "What a day!" --vocabulary words.txt --unknown 1
    """
    ctx.meta[_DEBUG] = debug


@app.command()
def demo(
    ctx: typer.Context,
    text: Annotated[
        str | None, typer.Argument(help="What to explain, a file that holds it, or - for stdin.", show_default=False)
    ] = None,
    model: Annotated[
        Literal["sentiment", "topics"], typer.Option(help="Is it praise? Or: which kind of news is it?")
    ] = "sentiment",
    method: Method = "auto",
    html: Html = None,
    debug: Debug = False,
) -> None:
    """Explain a sentence with a model that ships with textattr.

    [bold]Examples[/bold]

      textattr demo

      textattr demo "Not bad at all, but far too long." --method saliency

      textattr demo --model topics --html report.html
    """
    text = None if text is None else _read_text(text)
    _check_suffix("--html", html, ".html")
    _start(ctx, debug)
    import textattr.demo

    example = textattr.demo.load(model)
    explanation = textattr.explain_prediction(
        example.model,
        example.examples[0] if text is None else text,
        tokenizer=example.tokenizer,
        target_names=example.labels,
        method=method,
    )
    _show(explanation, html)


@app.command()
def explain(
    ctx: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A file saved by Keras: .keras or .h5.")],
    text: Annotated[
        str | None, typer.Argument(help="What to explain, a file that holds it, or - for stdin.", show_default=False)
    ] = None,
    ids: Annotated[
        str | None, typer.Option(metavar='"1 2 3"', help="Token ids to explain, in place of a text.")
    ] = None,
    vocabulary: Annotated[
        Path | None, typer.Option(metavar="FILE", help='One word a line, its id the line from 0; or JSON {"word": id}.')
    ] = None,
    unknown: Annotated[
        str | None, typer.Option(metavar="N", help='The id of words that are not in the vocabulary; "none" skips them.')
    ] = None,
    start: Annotated[int | None, typer.Option(metavar="N", help="The id that every text begins with.")] = None,
    offset: Annotated[int, typer.Option(metavar="N", help="What is added to the vocabulary's ids.")] = 0,
    pad: Annotated[int, typer.Option(metavar="N", help="The id that fills up short texts.")] = 0,
    padding: Annotated[Literal["post", "pre"], typer.Option(help="The side on which short texts are filled up.")] = "post",
    lowercase: Annotated[
        bool | None,
        typer.Option("--lowercase/--no-lowercase", help="Look words up in lower case.", show_default="words yes, characters no"),
    ] = None,
    characters: Annotated[bool, typer.Option("--characters", help="The vocabulary is one of characters.")] = False,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The names of the classes, one a line, in the model's order.")
    ] = None,
    method: Method = "auto",
    target: Annotated[
        str | None, typer.Option(help='What to explain: a label, a class number or "all".', show_default="the prediction")
    ] = None,
    html: Html = None,
    json_file: Json = None,
    allow_unsafe_model: Annotated[
        bool, typer.Option("--allow-unsafe-model", help="Let the model's file run Python code of its own.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Explain what a saved model says of a text.

    The model reads ids, so say how it was trained to turn words into them.

    [bold]Examples[/bold]

      textattr explain model.keras "What a day!" --vocabulary words.txt --unknown 1 --labels labels.txt

      textattr explain imdb.keras review.txt --vocabulary index.json --unknown 2 --start 1 --offset 3 --padding pre

      textattr explain model.keras --ids "4 18 7" --vocabulary words.txt --html report.html
    """
    if (text is None) == (ids is None):
        raise typer.BadParameter("give either a TEXT or --ids.", ctx=ctx)
    if text is not None and vocabulary is not None and unknown is None:
        raise typer.BadParameter(
            "--vocabulary needs --unknown N, the id that the model knows words by which are not in it "
            '("none" where they were left out).',
            ctx=ctx,
        )
    document: Any = _read_ids(ids, ctx) if ids is not None else _read_text(text or "")
    _check_suffix("--html", html, ".html")
    _check_suffix("--json", json_file, ".json")
    words = None if vocabulary is None else _read_vocabulary(vocabulary)
    names = None if labels is None else _read_lines(labels)
    tokenizer = tokens = None
    if words is not None and text is not None:
        settings: dict[str, Any] = {"unknown": _number_or_none(unknown, ctx), "pad": pad, "padding": padding}
        if lowercase is not None:
            settings["lowercase"] = lowercase
        tokenizer = _tokenizer(words, characters, settings, start=start, offset=offset)
    if words is not None and ids is not None:
        tokens = _tokens(document, words, offset)
    _start(ctx, debug)
    import textattr
    from textattr.loading import load_model

    loaded = load_model(model, safe=not allow_unsafe_model)
    if text is not None and vocabulary is None and not _takes_strings(loaded):
        raise typer.BadParameter(
            f"{model} reads token ids: --vocabulary FILE and --unknown N tell how to get them from a text.", ctx=ctx
        )
    explanation = textattr.explain_prediction(
        loaded,
        document,
        tokens=tokens,
        tokenizer=tokenizer,
        target_names=names,
        method=method,
        targets=_target(target, names),
        pad_value=pad if ids is not None else None,
    )
    _show(explanation, html, json_file)


@app.command()
def doctor(ctx: typer.Context, debug: Debug = False) -> None:
    """Show the versions of everything that matters, and test in a few seconds whether it works.

    The exit code is 0 where it does. Paste the output into a bug report.
    """
    from textattr.doctor import self_test, versions

    for name, version in versions().items():
        print(f"{name:<12}{version}")
    _start(ctx, debug)
    print(f"{'self-test':<12}{self_test()}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the program with its exit code."""
    app(args=None if arguments is None else list(arguments), prog_name="textattr")
