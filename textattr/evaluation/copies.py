"""The scores of copies of a document of which some tokens are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.errors import OptionError
from textattr.evaluation.cases import Case, names_of
from textattr.evaluation.settings import with_method
from textattr.explainer import Explainer
from textattr.methods.perturbation import PerturbationMethod
from textattr.perturbation.coalition_plan import Plan, PlanResult
from textattr.perturbation.perturbed_document import PerturbedDocument
from textattr.perturbation.players import Players
from textattr.units.groups import KEPT

Array = npt.NDArray[Any]


class Copies:
    """Scores copies of documents, in batches, by the path that occlusion takes.

    Args:
        explainer: of the model.
        replacement: what stands in the place of a token that is left out, as for `Occlusion`; "remove" takes it out.
        score: "logit" (the log-odds of two classes) or "probability".
    """

    def __init__(self, explainer: Explainer, replacement: Any, score: str) -> None:
        self._question = _Question(replacement)
        self._explainer = with_method(explainer, self._question, score=None if score == "logit" else score)

    def scores(self, case: Case, names: Sequence[str], stay: Array) -> Array:
        """The score of each copy.

        Args:
            case: the document.
            names: its tokens, those of several texts one behind the other.
            stay: bool (M, n): which tokens each copy keeps.

        Returns:
            float (M,).

        Raises:
            TextAttrError: where tokens of this document cannot be left out like that.
        """
        self._question.stay = stay
        explanation = self._explainer.explain(case.doc, **case.arguments)
        if names_of(explanation) != tuple(names):
            raise OptionError("expected the same tokens of a document from every method: they differ")
        return np.asarray(explanation.targets[0].diagnostics["scores"], float)


@dataclass(eq=False)
class _Question(PerturbationMethod):
    """Asks for the scores of the coalitions that are set before each call, and gives no token a weight."""

    name: ClassVar[str] = "copies"
    title: ClassVar[str] = "Copies"

    replacement: Any
    max_evaluations: int | None = None

    def __post_init__(self) -> None:
        self.stay: Array = np.ones((0, 0), bool)

    def arrange(self, document: PerturbedDocument) -> Players:
        """Each token of a text; numbers beside it stay."""
        plays = np.concatenate([np.full(len(text.playing), not text.is_beside) for text in document.texts])
        return document.players.joined(np.where(plays, np.cumsum(plays) - 1, KEPT))

    def plan(self, document: PerturbedDocument, players: Players) -> tuple[Plan, int]:  # noqa: ARG002  (players tell it all)
        """All of them at once."""
        if self.stay.shape[1] != players.count:
            raise OptionError(
                f"expected as many tokens as can be left out, {players.count}, but methods explain {self.stay.shape[1]}"
            )
        return _ask(self.stay), len(self.stay)


def _ask(stay: Array) -> Plan:
    scores = yield stay
    return PlanResult(np.zeros(stay.shape[1]), {"scores": scores})
