"""`textattr doctor`: does textattr work here, and can it explain this model?"""

from __future__ import annotations

import json as to_json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from textattr.cli.errors import WrongArguments
from textattr.cli.group import import_tensorflow, remember
from textattr.cli.inputs import read_lines
from textattr.cli.options import (
    EXPLANATION,
    AllowUnsafeModel,
    Debug,
    Ids,
    Labels,
    Lowercase,
    MaxModelSize,
    OfCharacters,
    Offset,
    Pad,
    Padding,
    Splitting,
    Start,
    Tokenizer,
    Unknown,
    Vocabulary,
)
from textattr.cli.outputs import colour
from textattr.cli.word_ids import WordIds
from textattr.errors import TextAttrError
from textattr.saved.limits import DEFAULT_MAX_SIZE
from textattr.visible import visible_line


def doctor(
    ctx: typer.Context,
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL", help="A file saved by Keras: .keras or .h5; or none.", show_default=False
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="What to try it on, a file that holds it, or - for stdin.",
            show_default="texts of textattr's own",
        ),
    ] = None,
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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print it as JSON, for programs.", rich_help_panel=EXPLANATION)
    ] = False,
    allow_unsafe_model: AllowUnsafeModel = False,
    max_model_size: MaxModelSize = DEFAULT_MAX_SIZE,
    debug: Debug = False,
) -> None:
    """Can textattr explain this model, how does it read it, and by which methods?

    The model is loaded as for explain, looked into and tried, on texts of textattr's own unless you give one. The exit
    code is 0 where it can be explained, and 1 where it cannot.

    Without a MODEL: the versions of everything that matters, and a self-test of a few seconds. Paste the output into
    a bug report.

    [bold]Examples[/bold]

      textattr doctor

      textattr doctor my.keras

      textattr doctor my.keras --text "What a day!" --vocabulary words.txt --unknown 1 --splitting words

      textattr doctor my.keras --json > my.json
    """
    remember(ctx, debug)
    if model is None:
        if as_json or labels or vocabulary or tokenizer or text is not None or ids is not None:
            raise WrongArguments("expected a MODEL: the other options are about one", ctx=ctx)
        _examine_installation(ctx)
        return
    if text is not None and ids is not None:
        raise WrongArguments("expected either --text or --ids", ctx=ctx)
    settings: dict[str, Any] = {} if labels is None else {"target_names": read_lines(labels)}
    word_ids = WordIds(
        tokenizer, vocabulary, unknown, splitting, start, offset, pad, padding, lowercase, characters
    )
    if text is not None or ids is not None:
        settings |= word_ids.document(ctx, text, ids)
    import_tensorflow(ctx)
    from textattr.cli.diagnosis_rows import print_rows
    from textattr.diagnosis.diagnose import diagnose
    from textattr.diagnosis.file import file_of
    from textattr.loading import load_model

    loaded = load_model(model, safe=not allow_unsafe_model, max_size=max_model_size)
    if text is not None:
        word_ids.require_fit(ctx, loaded, model)
    found = replace(diagnose(loaded, **settings), file=file_of(model, max_model_size))
    if as_json:
        print(to_json.dumps(asdict(found), indent=2, allow_nan=False))
    else:
        print_rows(found, colour=colour())
    if found.problem is not None:
        raise TextAttrError(found.problem)


def _examine_installation(ctx: typer.Context) -> None:
    from textattr.cli.environment import require_tensorflow_backend, runtime, self_test, versions

    _table(versions())
    require_tensorflow_backend()
    import_tensorflow(ctx)
    _table(runtime())
    _table({"self-test": self_test()})


def _table(rows: Mapping[str, str]) -> None:
    for name, value in rows.items():
        print(visible_line(f"{name:<12}{value}"), flush=True)
