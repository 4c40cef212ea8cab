"""Inputs that a model would take without a complaint, and give nonsense for; answers that are for other inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from textattr.errors import DocumentError, IdOutsideTableError
from textattr.split.nests import leaves_of
from textattr.split.sites import Site


def require_rows(inputs: Any) -> None:
    """Refuse inputs that are no documents, or hold what no score can come of.

    Args:
        inputs: nest of arrays (N, ...).

    Raises:
        DocumentError: for no document, different numbers of documents, NaN or infinity.
    """
    leaves = leaves_of(inputs)
    counts = [leaf.shape[0] for leaf in leaves]
    if len(set(counts)) > 1:
        shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves)
        raise DocumentError(f"expected as many documents in every input, got inputs of shape {shapes}")
    if counts[0] == 0:
        raise DocumentError("expected at least one document, got an empty batch")
    for leaf in leaves:
        if leaf.dtype.kind in "iubO":
            continue
        finite = np.isfinite(leaf)
        if not finite.all():
            at = tuple(map(int, np.argwhere(~finite)[0]))
            raise DocumentError(
                f"expected finite numbers as input, got {leaf[at]} at {at[1:]} of document {at[0]}"
            )


def require_scores_of_each(scores: Any, count: int) -> None:
    """Refuse scores, (N, ...), of another number of documents than the model was given.

    Raises:
        DocumentError: where N is not `count`.
    """
    if len(scores) != count:
        raise DocumentError(
            f"expected the model to give one line of scores for each document, got {len(scores)} for {count}: it was "
            "made for batches of one size, as by first states of its own. Make it for batches of any size"
        )


def require_ids_inside(sites: Iterable[Site], inputs: Any) -> None:
    """Refuse ids that have no row in the table: a processor raises there, a graphics card gives zeros.

    Args:
        sites: where the text enters.
        inputs: nest of arrays (N, ...).

    Raises:
        IdOutsideTableError: for the first such id.
    """
    leaves = leaves_of(inputs)
    for site in sites:
        if site.table_size is None or site.layer is None:
            continue
        ids = leaves[site.source]
        if ids.dtype.kind == "f" and (broken := ids != np.floor(ids)).any():
            at = tuple(np.argwhere(broken)[0])
            raise DocumentError(f"the model takes ids, whole numbers; got {ids[at]} at position {at[-1]}")
        if ids.size and not 0 <= ids.min() <= ids.max() < site.table_size:
            at = tuple(np.argwhere((ids < 0) | (ids >= site.table_size))[0])
            raise IdOutsideTableError(
                f"id {int(ids[at])} at position {at[-1]} is outside the table of {site.layer().name!r}: it has "
                f"{site.table_size} rows, 0 to {site.table_size - 1}; do ids and model belong together?"
            )
