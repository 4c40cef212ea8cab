"""`textattr batch`: every row of a table explained, into a folder of Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from textattr.cli.errors import WrongArguments
from textattr.cli.group import import_tensorflow, remember
from textattr.cli.inputs import as_target, read_lines
from textattr.cli.options import (
    EXPLANATION,
    AllowUnsafeModel,
    Debug,
    Join,
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
    Tokenizer,
    Unknown,
    Vocabulary,
    Window,
)
from textattr.cli.word_ids import WordIds
from textattr.methods import METHODS
from textattr.saved.limits import DEFAULT_MAX_SIZE
from textattr.visible import visible_line

COLUMNS = "The table"
Engine = Literal["local", "ray"]
RUN = "The run"


def _column(text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar="COLUMN", help=text, rich_help_panel=COLUMNS)
    return option


def batch(
    ctx: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A file saved by Keras: .keras or .h5.")],
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help='CSV, TSV, JSON lines or Parquet: a file, a folder, a pattern as "in/*.csv".',
        ),
    ],
    text_column: Annotated[str, _column("What is explained.")],
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the Parquet files go.", rich_help_panel=RUN)
    ],
    truth_column: Annotated[str | None, _column("What is right: labels, or numbers of classes.")] = None,
    id_column: Annotated[str | None, _column("What you know a row by.")] = None,
    keep: Annotated[list[str] | None, _column("Taken over as it is; may be given again.")] = None,
    encoding: Annotated[
        str, typer.Option(help="Of CSV, TSV and JSON lines.", rich_help_panel=COLUMNS)
    ] = "utf-8",
    workers: Annotated[
        int, typer.Option(metavar="N", min=1, help="Processes that explain.", rich_help_panel=RUN)
    ] = 1,
    engine: Annotated[
        Engine, typer.Option(help="This machine alone, or Ray.", rich_help_panel=RUN)
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help='Of a Ray cluster, or "auto".',
            show_default="a Ray of its own",
            rich_help_panel=RUN,
        ),
    ] = None,
    resources: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=AMOUNT",
            help="What each worker is given on Ray, as GPU=0.5; may be given again.",
            show_default="CPU=1",
            rich_help_panel=RUN,
        ),
    ] = None,
    rows_per_shard: Annotated[
        int, typer.Option(metavar="N", min=1, help="What a kill may lose.", rich_help_panel=RUN)
    ] = 1000,
    max_errors: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="End where more rows than these cannot be explained.",
            show_default="never",
            rich_help_panel=RUN,
        ),
    ] = None,
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
            help='A label, the number of a class, or "all".',
            show_default="the predicted one",
            rich_help_panel=EXPLANATION,
        ),
    ] = None,
    window: Window = None,
    stride: Stride = None,
    join: Join = "mean",
    allow_unsafe_model: AllowUnsafeModel = False,
    max_model_size: MaxModelSize = DEFAULT_MAX_SIZE,
    debug: Debug = False,
) -> None:
    """Explain every row of a table, into a folder of Parquet files.

    Whatever breaks it off, the same command goes on with what is missing. Rows that cannot be explained say why, in the
    column `error`.

    [bold]Examples[/bold]

      textattr batch my.keras tickets.csv --text-column text --out explained/ --vocabulary words.txt --unknown 1

      textattr batch my.keras "in/*.parquet" --text-column text --truth-column label --keep month --out explained/
        --tokenizer tokenizer.json --workers 4

      textattr top explained/ --class complaint
    """
    remember(ctx, debug)
    names = None if labels is None else read_lines(labels)
    word_ids = WordIds(
        tokenizer, vocabulary, unknown, splitting, start, offset, pad, padding, lowercase, characters
    )
    given = word_ids.of_texts(ctx)
    where = _engine(ctx, engine, address, resources, debug)
    if keep is not None and len(set(keep)) < len(keep):
        raise WrongArguments("expected each --keep once", ctx=ctx)
    import_tensorflow(ctx)
    import textattr
    from textattr.loading import load_model

    # by its name, occlusion would take window= for what it leaves out at a time
    chosen = METHODS[method]() if window is not None and method == "occlusion" else method
    loaded = load_model(model, safe=not allow_unsafe_model, max_size=max_model_size)
    word_ids.require_fit(ctx, loaded, model)
    explainer = textattr.Explainer(
        loaded, **given, target_names=names, method=chosen, window=window, stride=stride, join=join
    )
    run = textattr.explain_table(
        explainer,
        table,
        out,
        text=text_column,
        truth=truth_column,
        id=id_column,
        keep=keep or (),
        targets=as_target(target, names),
        workers=workers,
        engine=where,
        rows_per_shard=rows_per_shard,
        max_errors=max_errors,
        encoding=encoding,
        progress=True,
    )
    print(visible_line(str(run)))


def _engine(
    ctx: typer.Context, engine: str, address: str | None, resources: list[str] | None, logs: bool
) -> Any:
    """What `explain_table` takes as engine=."""
    if engine == "local":
        if address is not None or resources:
            raise WrongArguments("expected --engine ray beside --address and --resources", ctx=ctx)
        return engine
    import textattr

    given = {}
    for each in resources or ():
        name, _, amount = each.partition("=")
        try:
            given[name] = float(amount)
        except ValueError:
            raise WrongArguments(
                f"expected --resources as NAME=AMOUNT, such as GPU=0.5, got {each!r}", ctx=ctx
            ) from None
    return textattr.RayEngine(address=address, resources=given, logs=logs)
