"""What looks wrong about numbers: a warning where something is left to show, an error where nothing is.

A number that is not finite is never shown and never mixed with others. At padding it counts as 0, and where it is the
share of what is no text, that share is left out, and the explanation says so. Anywhere else the explanation is refused:
the error says which op of the model made the first such number, of which input, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import ModelOutputError, TextAttrError
from textattr.origin import Visit, first_not_finite
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.sanity import require_scores_of_each

Array = npt.NDArray[Any]

PADDING_SHARE = 0.10  # of all relevance, by size: above, the explanation warns

THE_TEXT = Visit("the text itself", "check the model and the scale of its inputs")


def suspicions(heat: Array, pads: Array, is_told: bool) -> Iterator[str]:
    """What looks wrong about one heatmap, and that the method itself does not report."""
    total = np.abs(heat).sum()
    if total == 0 and is_told:
        return
    if total == 0:
        yield (
            "every token got exactly 0: the score does not depend on them, the gradient died on the way, or the method "
            "cut everything off"
        )
        return
    share = np.abs(heat[pads]).sum() / total
    if share > PADDING_SHARE:
        yield f"padding took {100 * share:.0f} % of the relevance: the model does not mask it"


def infinite_scores(scores: Array, labels: Iterable[str]) -> Iterator[str]:
    """Classes whose score is infinite, which is no obstacle to explaining another class."""
    of_tokens = np.isinf(scores).reshape(-1, scores.shape[-1])  # one line, unless each token has scores
    is_infinite = np.any(of_tokens, axis=0).tolist()
    endless = [label for label, found in zip(labels, is_infinite, strict=False) if found]
    if endless:
        yield f"the model's score of {', '.join(endless)} is infinite"


def require_output(split: SplitModel, rows: Rows, logits: Array) -> None:
    """Refuse a model whose output holds NaN.

    Raises:
        ModelOutputError: which names the weights that hold NaN, or else the op that makes it.
        DocumentError: where it is that of another number of documents.
    """
    require_scores_of_each(logits, len(rows))
    if not np.isnan(logits).any():
        return
    broken = [
        w.path if hasattr(w, "path") else w.name for w in split.model.weights if np.isnan(np.asarray(w)).any()
    ]
    where = f"these weights hold NaN: {', '.join(broken)}"
    if not broken:
        row = int(np.isnan(logits).reshape(len(logits), -1).any(1).argmax())
        origin = first_not_finite(split, rows[[row]], THE_TEXT)
        where = f"its weights are finite, but {origin or 'it is made'} for {THE_TEXT.what}"
    raise ModelOutputError(f"the model's output is NaN; {where}. Train it again, or check the input's scale")


def require_finite(
    found: Attribution, split: SplitModel, rows: Rows, visits: Callable[[Rows], Iterable[Visit]]
) -> Attribution:
    """An attribution of finite numbers alone, but for the shares of what is no text: one that is not gets a warning.

    At padding, what is not finite counts as 0.

    Args:
        found: what a method found.
        split: the model.
        rows: the rows that were attributed.
        visits: what the method runs the model on to explain one row.

    Raises:
        TextAttrError: where other numbers are not finite; it says where they come from. Where the scores are those of
            another number of documents.
    """
    require_scores_of_each(found.logits, len(rows))
    if np.isfinite(np.concatenate([each.ravel() for each in (*_numbers(found), *found.others)])).all():
        return found
    require_output(split, rows, found.logits)
    found = _without_padding(found, rows)
    for row in range(len(rows)):
        if not all(np.isfinite(each[row]).all() for each in _numbers(found)):
            raise not_finite(split, rows[[row]], visits(rows[[row]]))
    warnings = [list(each) for each in found.warnings]
    for number in np.flatnonzero(~np.isfinite(found.others).all(0)) if found.others else ():
        origin = not_finite(split, rows[[number]], visits(rows[[number]]))
        warnings[number].append(f"the share of the other inputs is left out: {origin}")
    return replace(found, warnings=tuple(map(tuple, warnings)))


def not_finite(split: SplitModel, row: Rows, visits: Iterable[Visit]) -> TextAttrError:
    """The error that says at which of some visits the first number that is not finite comes up, and how."""
    visited = []
    for visit in visits:
        origin = first_not_finite(split, row, visit)
        if origin is not None:
            return visit.error(
                f"expected finite numbers, but {origin} for {visit.what}, so that there is nothing to compare or to "
                f"share out: {visit.advice}"
            )
        visited.append(visit.what)
    return ModelOutputError(
        f"expected finite numbers, but some weights are none, though the model's own are finite for "
        f"{' and '.join(dict.fromkeys(visited))}: use another method, or other options of this one"
    )


def _numbers(found: Attribution) -> list[Array]:
    """All that an explanation cannot do without, rows first."""
    measured = [each for each in found.diagnostics.values() if each.dtype.kind == "f"]
    return [*found.relevance, found.value, *found.shares.values(), *measured]


def _without_padding(found: Attribution, rows: Rows) -> Attribution:
    """The same, with 0 at tokens that are masked or named as padding, where it is not finite."""
    relevance, numbers = list(found.relevance), list(found.numbers)
    warnings = [list(each) for each in found.warnings]
    for site, weights in enumerate(found.relevance):
        mask, given = found.masks[site], rows.pads[site] if rows.pads else None
        pads = np.zeros(weights.shape, bool)
        pads |= False if mask is None else ~mask.astype(bool)
        pads |= False if given is None else given
        broken = ~np.isfinite(weights) & pads
        relevance[site] = np.where(broken, 0, weights)
        if numbers:
            numbers[site] = np.where(broken[..., None], 0, numbers[site])
        for row in np.flatnonzero(broken.any(1)):
            warnings[row].append(
                f"of padding ({int(broken[row].sum())} tokens) the weight is not finite: it counts as 0"
            )
    return replace(
        found,
        relevance=tuple(relevance),
        numbers=tuple(numbers),
        warnings=tuple(map(tuple, warnings)),
    )
