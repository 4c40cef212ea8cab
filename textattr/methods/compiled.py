"""Methods compiled by XLA too, with a warning where that did nothing."""

from __future__ import annotations

from dataclasses import replace

from textattr.methods.method import Method
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.xla import refusals


def explain_compiled(method: Method, split: SplitModel, rows: Rows) -> Attribution:
    """What the method finds, compiled as the rows ask; each row is warned where it ran op by op all the same."""
    if rows.compiler is None:
        return method.explain_rows(split, rows)
    if method.without_xla:
        found, refused = method.explain_rows(split, replace(rows, compiler=None)), {method.without_xla}
    else:
        with refusals() as refused:
            found = method.explain_rows(split, rows)
    notes = tuple(
        f"compile={rows.compiler!r} did nothing for {method.name}: {each}" for each in sorted(refused)
    )
    return replace(found, warnings=tuple((*each, *notes) for each in found.warnings))
