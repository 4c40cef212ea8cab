"""The scores of copies of a document of which some tokens are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.errors import OptionError
from textattr.evaluation.cases import Case, names_of
from textattr.evaluation.with_method import with_method
from textattr.explainer import Explainer
from textattr.methods.perturbation import PerturbationMethod
from textattr.perturbation.coalition_plan import Plan, PlanResult
from textattr.perturbation.perturbed_document import PerturbedDocument
from textattr.perturbation.players import Players
from textattr.units.groups import KEPT

Array = npt.NDArray[Any]


class Copies:
    """Scores copies of documents without some tokens, in batches, by the path that occlusion takes.

    Args:
        explainer: of the model.
        replacement: what stands in the place of a token that is left out, as for `Occlusion`; "remove" takes it out.
        score: "logit" (the log-odds of two classes) or "probability".
    """

    def __init__(self, explainer: Explainer, replacement: Any, score: str) -> None:
        self._questions = _Questions(explainer, _OfTokens(replacement), None if score == "logit" else score)

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
        return self._questions.scores(case, names, lambda _: stay)


class SoftCopies:
    """Scores copies of which each number of a vector stays with the probability of its token, else becomes 0.

    Args:
        explainer: of the model.
    """

    def __init__(self, explainer: Explainer) -> None:
        self._questions = _Questions(explainer, _OfNumbers("zero"), "probability")

    def scores(self, case: Case, names: Sequence[str], keep: Array, seed: int) -> Array:
        """The probability of each copy.

        Args:
            case: the document.
            names: its tokens.
            keep: float (M, n), in [0, 1], for each copy and token.
            seed: of what is drawn.

        Returns:
            float (M,).

        Raises:
            TextAttrError: for a model without vectors.
        """
        rng = np.random.default_rng(seed)

        def drawn(players: Players) -> Array:
            each = np.concatenate([np.full(len(grid), grid.shape[1]) for grid in players.grids])
            chances = np.repeat(keep, each, axis=1)
            return np.asarray(rng.random(chances.shape) < chances)

        return self._questions.scores(case, names, drawn)


class _Questions:
    """An explainer whose method gives scores instead of weights."""

    def __init__(self, explainer: Explainer, question: _OfTokens, score: str | None) -> None:
        self._question = question
        self._explainer = with_method(explainer, question, score=score)

    def scores(self, case: Case, names: Sequence[str], ask: Callable[[Players], Array]) -> Array:
        self._question.ask = ask
        explanation = self._explainer.explain(case.doc, **case.arguments)
        if names_of(explanation) != tuple(names):
            raise OptionError("expected the same tokens of a document from every method: they differ")
        return np.asarray(explanation.targets[0].diagnostics["scores"], float)


@dataclass(eq=False)
class _OfTokens(PerturbationMethod):
    """Asks for the scores of the coalitions that are set before each call, and gives no token a weight."""

    name: ClassVar[str] = "copies"
    title: ClassVar[str] = "Copies"

    replacement: Any
    max_evaluations: int | None = None

    def __post_init__(self) -> None:
        self.ask: Callable[[Players], Array] = lambda players: np.ones((1, players.count), bool)

    def arrange(self, document: PerturbedDocument) -> Players:
        """Each unit of a text, tokens or numbers of their vectors; numbers beside it stay."""
        sizes = [grid.size for grid in document.players.grids]
        is_text = [not text.is_beside for text in document.texts]
        plays = np.repeat(is_text, sizes)
        joined = document.players.joined(np.where(plays, np.cumsum(plays) - 1, KEPT))
        grids = [grid for grid, plays in zip(document.players.grids, is_text, strict=True) if plays]
        return replace(joined, grids=tuple(grids))

    def plan(self, document: PerturbedDocument, players: Players) -> tuple[Plan, int]:  # noqa: ARG002  (players tell it all)
        """All of them at once."""
        stay = self.ask(players)
        if stay.shape[1] != players.count:
            raise OptionError(
                f"expected as many tokens as can be left out, {players.count}, but methods explain {stay.shape[1]}"
            )
        return _ask(stay), len(stay)


class _OfNumbers(_OfTokens):
    """The same of the numbers of vectors."""

    def counts_numbers(self, tokens: int, numbers: int) -> bool:  # noqa: ARG002  (it depends on neither)
        """Always."""
        return True


def _ask(stay: Array) -> Plan:
    scores = yield stay
    return PlanResult(np.zeros(stay.shape[1]), {"scores": scores})
