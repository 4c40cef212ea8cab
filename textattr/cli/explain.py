"""`textattr explain`: what a saved model says of a text, explained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from textattr.cli.errors import WrongArguments
from textattr.cli.group import import_tensorflow, remember
from textattr.cli.inputs import as_target, check_suffix, read_lines
from textattr.cli.options import (
    EXPLANATION,
    AllowUnsafeModel,
    Debug,
    Html,
    Ids,
    Join,
    Json,
    Labels,
    Lowercase,
    MaxModelSize,
    Method,
    OfCharacters,
    Offset,
    Pad,
    Padding,
    Splitting,
    Start,
    Stride,
    Text,
    Tokenizer,
    Unknown,
    Vocabulary,
    Window,
)
from textattr.cli.outputs import show
from textattr.cli.word_ids import WordIds
from textattr.methods import METHODS
from textattr.saved.limits import DEFAULT_MAX_SIZE


def explain(
    ctx: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A file saved by Keras: .keras or .h5.")],
    text: Text = None,
    ids: Ids = None,
    tokenizer: Tokenizer = None,
    vocabulary: Vocabulary = None,
    unknown: Unknown = None,
    splitting: Splitting = None,
    start: Start = None,
    offset: Offset = 0,
    pad: Pad = 0,
    padding: Padding = "post",
    lowercase: Lowercase = None,
    characters: OfCharacters = False,
    labels: Labels = None,
    method: Method = "auto",
    target: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL",
            help='A label, the number of a class, or "all"; of a tagger TOKEN=LABEL, TOKEN= or "entities".',
            show_default="the predicted one",
            rich_help_panel=EXPLANATION,
        ),
    ] = None,
    window: Window = None,
    stride: Stride = None,
    join: Join = "mean",
    html: Html = None,
    json_file: Json = None,
    allow_unsafe_model: AllowUnsafeModel = False,
    max_model_size: MaxModelSize = DEFAULT_MAX_SIZE,
    debug: Debug = False,
) -> None:
    """Explain what a saved model says of a text.

    The model reads ids, so say how it was trained to turn words into them: with the file of its tokenizer, or with
    its vocabulary.

    [bold]Examples[/bold]

      textattr explain my.keras "What a day!" --vocabulary words.txt --unknown 1 --splitting words

      textattr explain my.keras review.txt --vocabulary index.json --unknown 2 --splitting keras_tokenizer

      textattr explain my.keras review.txt --tokenizer tokenizer.json

      textattr explain my.keras --ids "4 18 7" --html report.html
    """
    remember(ctx, debug)
    if (text is None) == (ids is None):
        raise WrongArguments("expected either a TEXT or --ids", ctx=ctx)
    check_suffix(html, ".html")
    check_suffix(json_file, ".json")
    names = None if labels is None else read_lines(labels)
    word_ids = WordIds(
        tokenizer, vocabulary, unknown, splitting, start, offset, pad, padding, lowercase, characters
    )
    given = word_ids.document(ctx, text, ids)
    import_tensorflow(ctx)
    import textattr
    from textattr.loading import load_model

    # by its name, occlusion would take window= for what it leaves out at a time
    chosen = METHODS[method]() if window is not None and method == "occlusion" else method
    loaded = load_model(model, safe=not allow_unsafe_model, max_size=max_model_size)
    if text is not None:
        word_ids.require_fit(ctx, loaded, model)
    explanation = textattr.explain_prediction(
        loaded,
        **given,
        target_names=names,
        method=chosen,
        targets=as_target(target, names),
        window=window,
        stride=stride,
        join=join,
    )
    show(explanation, html, json_file)
