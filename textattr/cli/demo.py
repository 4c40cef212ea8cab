"""`textattr demo`: a sentence, explained with a model that ships with textattr."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from textattr.cli.group import import_tensorflow, remember
from textattr.cli.inputs import check_suffix, read_text
from textattr.cli.options import Debug, Html, Method, Text
from textattr.cli.outputs import show


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
    remember(ctx, debug)
    text = None if text is None else read_text(text)
    check_suffix(html, ".html")
    import_tensorflow(ctx)
    import textattr.demo

    example = textattr.demo.load(model)
    explanation = textattr.explain_prediction(
        example.model,
        example.examples[0].text if text is None else text,
        tokenizer=example.tokenizer,
        target_names=example.labels,
        method=method,
    )
    show(explanation, html)
