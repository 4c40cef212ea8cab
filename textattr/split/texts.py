"""Sites put together to texts: two tables over the same ids, a table called once per sentence, several inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.split.family import tensorflow
from textattr.split.survey import Survey

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Text:
    """One text that the model reads.

    Args:
        name: of the model's input; None where there is only one text.
        source: position of the input in the order of `tf.nest.flatten`.
        sites: positions of its sites among all sites of text.
    """

    name: str | None
    source: int
    sites: tuple[int, ...]


def texts_of(survey: Survey) -> tuple[Text, ...]:
    """The texts that the model reads, in the order in which it looks them up."""
    sources = list(dict.fromkeys(site.source for site in survey.sites.texts))
    return tuple(
        Text(
            survey.names[source] if len(sources) > 1 else None,
            source,
            tuple(i for i, site in enumerate(survey.sites.texts) if site.source == source),
        )
        for source in sources
    )


def joined(text: Text, arrays: Sequence[Array] | Mapping[int, Array], inputs: Any) -> Array:
    """The arrays (R, P, D) of a text's sites as one array in the shape of its input: (R, T, D).

    Sites that each cover all positions (several tables over the same ids) stand side by side on the last axis; sites
    that cover a part each (one call per sentence) follow one another.
    """
    mine = [arrays[i] for i in text.sites]
    leaves = [inputs] if isinstance(inputs, np.ndarray) else tensorflow().nest.flatten(inputs)
    shape = leaves[text.source].shape
    positions = math.prod(shape[1:]) if len(shape) > 1 else None
    partial = positions is not None and len(mine) > 1 and sum(a.shape[1] for a in mine) == positions
    whole = mine[0] if len(mine) == 1 else np.concatenate(mine, axis=1 if partial else -1)
    if len(shape) > 2 and whole.shape[1] == positions:
        return whole.reshape(*whole.shape[:1], *shape[1:], whole.shape[-1])
    return whole
