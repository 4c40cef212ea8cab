"""Is what enters the model at the place of a token of that token alone?

Weights are those of vectors, and are shown on the tokens at whose places these stand. A model that moves its ids before
it looks them up, or a layer that reads the neighbours as well and is taken for the lookup, would have them shown on
other tokens. So two other documents are made of one, of which it is known where the vectors may differ: one with other
tokens in two places, one that is shorter by its last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import DocumentError, ModelOutputError
from textattr.proof.agreement import ADVICE, Agreement, traces_of
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.nests import leaves_of
from textattr.split.rounding import ROUNDINGS
from textattr.split.rows import Rows
from textattr.split.sites import INPUT, Sites
from textattr.split.texts import TextInput

Array = npt.NDArray[Any]

_FEWEST = 2  # tokens of a document, by which it shows where its vectors stand


def require_own_places(split: SplitModel, rows: Rows, seen: Agreement) -> None:
    """Refuse a model in which the vectors at the place of a token of the first row depend on other tokens.

    Raises:
        ModelOutputError: which names the place that was changed, and one where the vectors are others for it.
    """
    survey = split.known(rows.inputs)
    for text in survey.texts:
        ids = leaves_of(rows.inputs)[text.source][:1]
        if not _is_looked_up(text, ids, survey.sites):
            continue
        for changed, other in _others(ids, _top(text, survey.sites)):
            try:
                traces = traces_of(split, _with(rows, text.source, other))
            except DocumentError:  # made for batches of another size
                return
            places = text.tokens_at([traces[i].shape[1] for i in text.entries], rows.inputs)
            for i, tokens in zip(text.entries, places, strict=True):
                moved = np.setdiff1d(tokens[_differ(seen.traces[i][0], traces[i][0], seen.epsilon)], changed)
                if len(moved):
                    raise _displaced(int(changed[0]), int(moved[0]))


def can_tell_places(split: SplitModel, rows: Rows) -> bool:
    """Whether the first row has enough tokens, two that are no padding, in each of its texts that are ids."""
    survey = split.known(rows.inputs)
    firsts = [(text, leaves_of(rows.inputs)[text.source][:1]) for text in survey.texts]
    return all(
        np.count_nonzero(ids) >= _FEWEST for text, ids in firsts if _is_looked_up(text, ids, survey.sites)
    )


def _is_looked_up(text: TextInput, ids: Array, sites: Sites) -> bool:
    """Whether the text is ids, of which others can be made; columns with names are placed by these."""
    if text.is_features or text.is_beside:
        return False
    entered = any(sites.texts[i].kind == INPUT for i in text.entries)
    return not entered and ids.ndim > 1 and ids.dtype.kind in "iu"


def _top(text: TextInput, sites: Sites) -> int | None:
    """How many ids there are in all of the tables; None where that is not known."""
    sizes = [sites.texts[i].table_size for i in text.entries]
    known = [size for size in sizes if size is not None]
    return min(known) if len(known) == len(sizes) else None


def _others(ids: Array, top: int | None) -> Iterator[tuple[Array, Array]]:
    """Where a document (1, ...) is changed, as places in reading order, and what it is then."""
    flat = ids.reshape(-1)
    tokens = np.flatnonzero(flat)
    if len(tokens) < _FEWEST:
        return
    places = np.unique(tokens[[0, len(tokens) // 3]])  # not the same from both ends
    known = np.unique(flat[tokens])
    other = flat.copy()
    for place in places:
        rest = known[known != flat[place]]
        smaller = flat[place] - 1 if flat[place] > 1 else flat[place] + 1
        other[place] = (
            rest[place % len(rest)] if len(rest) else smaller if top is None or smaller < top else 0
        )
    yield places, other.reshape(ids.shape)
    shorter = flat.copy()
    shorter[tokens[-1]] = 0
    yield tokens[-1:], shorter.reshape(ids.shape)


def _with(rows: Rows, source: int, ids: Array) -> Rows:
    """The first row, with other ids."""
    leaves = [ids if i == source else leaf[:1] for i, leaf in enumerate(leaves_of(rows.inputs))]
    return replace(rows[:1], inputs=tensorflow().nest.pack_sequence_as(rows.inputs, leaves))


def _differ(expected: Array, got: Array, epsilon: float) -> npt.NDArray[np.bool_]:
    """At which positions vectors differ by more than rounding, told by their traces (P,): bool (P,)."""
    bound = ROUNDINGS * epsilon * max(1.0, np.abs(expected).max(initial=0.0))
    return np.asarray(np.abs(expected - got) > bound)


def _displaced(changed: int, moved: int) -> ModelOutputError:
    return ModelOutputError(
        f"expected the vectors at the place of a token to be of that token alone, but with another token at place "
        f"{changed} those at place {moved} change: the model moves its ids before it looks them up, or what is taken "
        f"for its lookup reads the neighbours of a token as well, and weights would be shown on other words. To go "
        f"on, {ADVICE}"
    )
