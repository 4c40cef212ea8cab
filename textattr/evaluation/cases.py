"""`Case`: one document that methods are compared on, and which of its tokens can be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.explanation import AnyExplanation, Explanation, MultiTextExplanation

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Case:
    """One document, as the user gave it.

    Args:
        doc: as for `Explainer.explain`.
        tokens: likewise.
        targets: likewise; what is explained is the first target.
        against: likewise.
        truth: what people marked in it: stretches (start, end) of the text; None where nobody did.
    """

    doc: Any
    tokens: Any = None
    targets: Any = None
    against: Any = None
    truth: Any = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of `Explainer.explain` beside the document."""
        return {"tokens": self.tokens, "targets": self.targets, "against": self.against}


def texts_of(explanation: AnyExplanation) -> Sequence[Explanation]:
    """The texts that an explanation is about, mostly one."""
    if isinstance(explanation, MultiTextExplanation):
        return tuple(explanation.texts.values())
    return (explanation,)


def weights_of(explanation: AnyExplanation) -> Array:
    """The weight of each token for the first target, float (n,): several texts one behind the other."""
    return np.concatenate([text.targets[0].heatmap for text in texts_of(explanation)])


def can_go(explanation: AnyExplanation) -> Array:
    """Which tokens can be left out, bool (n,): those that the tokenizer added cannot."""
    return np.array([not token.is_special for text in texts_of(explanation) for token in text.tokens], bool)


def names_of(explanation: AnyExplanation) -> tuple[str, ...]:
    """What each token is called, to see whether two explanations speak of the same ones."""
    return tuple(token.text for text in texts_of(explanation) for token in text.tokens)


def totals_of(explanation: AnyExplanation) -> tuple[float, float]:
    """The sum of all that was shared out for the first target, and the sum of its sizes."""
    target = explanation.targets[0]
    shares: Mapping[str, float] = target.shares
    parts = [*weights_of(explanation), *shares.values(), *(each.weight for each in target.features)]
    return float(np.sum(parts)), float(np.abs(parts).sum())
