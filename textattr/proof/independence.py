"""Does what a model says of a document depend on what stands beside it in a batch?

Experts with a capacity, statistics over the batch and attention over it do that. Each perturbed copy of a document
would then be judged beside other copies, and each document beside whatever is explained with it.
"""

from __future__ import annotations

import numpy as np

from textattr.errors import DocumentError
from textattr.proof.agreement import Agreement, scores_of
from textattr.proof.compare import compared
from textattr.split.model import SplitModel
from textattr.split.rows import Rows

_ALONE = 4  # rows that are run each by itself

CAUTION = (
    "what the model says of a text depends on what stands beside it in a batch: here each text, and each perturbed "
    "copy of it, ran alone, which is what model.predict says of it by itself, and takes one run of the model for each"
)


def are_independent(split: SplitModel, rows: Rows, together: Agreement) -> bool:
    """Whether some rows, two or more, have the scores that they have in reverse order, in two halves, and some alone.

    A model that is made for batches of one size runs in no halves: of it, the order alone tells, and where that counts
    its documents cannot be explained, for each would have to run alone.

    Args:
        split: the model.
        rows: the rows.
        together: what was compared when they ran side by side.

    Raises:
        DocumentError: where the order counts, and the model runs on no fewer rows.
    """
    half = len(rows) // 2
    reverse = scores_of(split, rows[::-1])[::-1]
    order_is_free = compared("rows", together.logits, reverse, together.epsilon).holds
    alone = range(min(_ALONE, len(rows)) if half > 1 else 0)  # two halves of two rows are that already
    parts = [slice(half), slice(half, None), *(slice(i, i + 1) for i in alone)]
    try:
        apart = np.concatenate([scores_of(split, rows[part]) for part in parts])
    except DocumentError:
        if not order_is_free:
            raise
        return True
    expected = np.concatenate([together.logits[part] for part in parts])
    return order_is_free and compared("rows", expected, apart, together.epsilon).holds
