"""A diagnosis for people: what was found, a line each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text as Line

from textattr.comparison import Comparison
from textattr.diagnosis.findings import Diagnosis, OtherInput, Output, Table, Text, Timing, Trial
from textattr.visible import visible_line

WIDE = 10_000  # columns of an output that is no terminal: nothing wraps, so that each finding is a line

SHOWN = 10  # labels

GOOD, DOUBTFUL, BAD = "green", "yellow", "red"


@dataclass(frozen=True)
class Row:
    """One finding.

    Args:
        name: what it is about.
        finding: what was found.
        style: how it is shown in colour.
    """

    name: str
    finding: str
    style: str = ""


def print_rows(diagnosis: Diagnosis, *, colour: bool) -> None:
    """Print a diagnosis, names on the left."""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for row in rows_of(diagnosis):
        grid.add_row(visible_line(row.name), Line(visible_line(row.finding), style=row.style))
    console = Console(
        width=None if sys.stdout.isatty() else WIDE,
        force_terminal=colour,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as captured:
        console.print(grid)
    for line in captured.get().splitlines():
        print(line.rstrip())


def rows_of(diagnosis: Diagnosis) -> Iterator[Row]:
    """What was found, in the order in which it is read."""
    if diagnosis.file is not None:
        file = diagnosis.file
        by = f", saved by Keras {file.saved_by}" if file.saved_by else ""
        yield Row("file", f"{file.path}: {file.kind}{by}")
    yield Row("model", f"{diagnosis.model}, {diagnosis.family}")
    for text in diagnosis.texts:
        yield from _text(text)
    for other in diagnosis.others:
        yield Row(_named("input", other.name), f"no text: {_use(other, diagnosis.texts)}")
    for output in diagnosis.outputs:
        yield from _output(output)
    if diagnosis.checks:
        yield _checks(diagnosis.checks)
    if diagnosis.is_independent is False:
        yield Row("batches", "texts of a batch influence each other: each runs alone", DOUBTFUL)
    elif diagnosis.is_independent:
        yield Row("batches", "texts of a batch do not influence each other")
    yield from map(_trial, diagnosis.trials)
    if diagnosis.timing is not None:
        yield _timing(diagnosis.timing)


def _named(kind: str, name: str | None) -> str:
    return kind if name is None else f"{kind} {name}"


def _use(other: OtherInput, texts: Sequence[Text]) -> str:
    if any(text.mask == other.name for text in texts):
        return "it tells what is padding"
    return "its share is shown beside the tokens" if other.has_share else "it is passed on as it is"


def _text(text: Text) -> Iterator[Row]:
    parts = [_READS[text.reads], *_positions(text)]
    if text.tables:
        parts.append("looked up in " + " and ".join(map(_table, text.tables)))
    is_counted = text.reads == "strings" and not text.tables
    if is_counted:
        parts.append("whose words are counted: the model is a black box")
    yield Row(_named("text", text.name), ", ".join(parts))
    if text.mask is not None:
        yield Row(_named("padding", text.name), f"masked by {text.mask}")
    elif not is_counted and text.reads != "features":
        yield Row(
            _named("padding", text.name), "no mask found: only the tokenizer or pad_value= tell what it is"
        )


_READS = {
    "ids": "token ids",
    "strings": "strings",
    "vectors": "vectors",
    "features": "no text, but numbers that are shown one by one",
}


def _positions(text: Text) -> Iterator[str]:
    """How many of them the model takes."""
    unit = {"features": "numbers", "vectors": "vectors"}.get(text.reads, "tokens")
    if text.length is not None:
        yield f"exactly {text.length} {unit}"
    elif text.longest is not None:
        yield f"at most {text.longest} {unit}"
    elif text.reads != "strings":
        yield f"any number of {unit}"


def _table(table: Table) -> str:
    if table.layer is None:
        return "a table without a layer (tf.gather)"
    size = " x ".join(str(each) for each in (table.rows, table.size) if each is not None)
    return f"{table.layer} ({size})" if size else table.layer


def _output(output: Output) -> Iterator[Row]:
    labels = ", ".join(output.labels[:SHOWN]) + ", …" * (len(output.labels) > SHOWN)
    units = f"{output.units} unit" + "s" * (output.units != 1)
    per_token = " for each token" if output.is_per_token else ""
    yield Row(_named("output", output.name), f"{output.task}, {units}{per_token}: {labels}")
    yield Row(_named("score", output.name), _score(output))
    for note in output.notes:
        yield Row(_named("note", output.name), note, DOUBTFUL)


def _score(output: Output) -> str:
    """What is explained."""
    if output.task == "regression":
        return "the output itself"
    if output.is_probability:
        return "the probability: no logits are found before it"
    if output.activation is None:
        return "the output itself, which is taken for logits"
    return f"the logits before the {output.activation}"


def _checks(checks: Sequence[Comparison]) -> Row:
    """The comparison that came nearest to its bound stands for all."""
    nearest = max(checks, key=lambda check: check.difference / check.bound)
    return Row(
        "checks",
        f"the explained function is the model: {len(checks)} comparisons, largest difference "
        f"{nearest.difference:.2g} where rounding explains {nearest.bound:.2g}",
        GOOD,
    )


def _trial(trial: Trial) -> Row:
    if trial.error is not None:
        return Row(trial.method, f"does not work: {trial.error}", BAD)
    if trial.cautions:
        return Row(trial.method, f"works, but {'; '.join(trial.cautions)}", DOUBTFUL)
    return Row(trial.method, "works", GOOD)


def _timing(timing: Timing) -> Row:
    return Row(
        "time",
        f"{timing.first:.1f} s for the first explanation, which compiles the model; {timing.second:.2g} s for the next",
    )
