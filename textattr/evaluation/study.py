"""`Study`: documents, and what each method says of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import TextAttrError
from textattr.evaluation.cases import Case, can_go, names_of, weights_of
from textattr.explainer import Explainer
from textattr.explanation import AnyExplanation

Array = npt.NDArray[Any]

RANDOM = "random"
LEAVE_ONE_OUT = "leave_one_out"
DRAWS = 5  # random maps per document, whose values are averaged


@dataclass(frozen=True, eq=False)
class Candidate:
    """One method, and what it says of each document.

    Args:
        name: as the user gave it, or the method's own.
        explainer: with the method; None for random maps.
        explanations: one per document, None where it failed.
        weights: for each document its maps, float (n,) each: one of a method, `DRAWS` random ones, none where it
            failed.
        failures: what went wrong, by document.
        evaluations: how often the model ran on a document or a copy of it, mean per document.
        seconds: mean per document, what is compiled at first use apart.
    """

    name: str
    explainer: Explainer | None
    explanations: tuple[AnyExplanation | None, ...]
    weights: tuple[tuple[Array, ...], ...]
    failures: Mapping[int, str] = field(default_factory=dict)
    evaluations: float = float("nan")
    seconds: float = float("nan")


@dataclass(frozen=True, eq=False)
class Study:
    """The documents, and the settings that metrics share.

    Args:
        explainer: of the model; its own method does not matter.
        cases: the documents.
        reference: for each document an explanation that tells its tokens; None where no method could explain it.
        seed: of all that is drawn.
    """

    explainer: Explainer
    cases: tuple[Case, ...]
    reference: tuple[AnyExplanation | None, ...]
    seed: int

    def explained(
        self, explainer: Explainer, targets: Sequence[Any] | None = None
    ) -> list[AnyExplanation | None]:
        """What an explainer says of each document, None where it fails; `targets`: others than those asked for."""
        cases = self.cases
        if targets is not None:
            cases = tuple(replace(c, targets=t, against=None) for c, t in zip(cases, targets, strict=True))
        found, _ = explain_all(explainer, cases, lambda _: None)
        return found


def candidate_of(
    name: str, explainer: Explainer, cases: Sequence[Case], advance: Callable[[int], None]
) -> Candidate:
    """A method's explanations of all documents, and what they cost."""
    explain_all(explainer, cases[:1], lambda _: None)  # what is compiled once is no cost of a document
    before = time.perf_counter()
    found, failures = explain_all(explainer, cases, advance)
    seconds = (time.perf_counter() - before) / len(cases)
    counts = [_evaluations(explainer, each) for each in found if each is not None]
    return Candidate(
        name,
        explainer,
        tuple(found),
        tuple(() if each is None else (weights_of(each),) for each in found),
        failures,
        float(np.mean(counts)) if counts else float("nan"),
        seconds,
    )


def random_candidate(reference: Sequence[AnyExplanation | None], seed: int) -> Candidate:
    """Weights that are drawn, and say nothing."""
    rng = np.random.default_rng(seed)
    weights = tuple(
        ()
        if each is None
        else tuple(_zero_where_fixed(rng.standard_normal(len(names_of(each))), each) for _ in range(DRAWS))
        for each in reference
    )
    return Candidate(RANDOM, None, (None,) * len(reference), weights, {}, 0.0, 0.0)


def _zero_where_fixed(weights: Array, explanation: AnyExplanation) -> Array:
    return np.where(can_go(explanation), weights, 0.0)


def explain_all(
    explainer: Explainer, cases: Sequence[Case], advance: Callable[[int], None]
) -> tuple[list[AnyExplanation | None], dict[int, str]]:
    """The explanation of each document, those of equal length together; one by one where one of them fails."""
    arguments: dict[str, Any] = {
        name: [getattr(case, name) for case in cases] for name in ("targets", "against")
    }
    if any(case.tokens is not None for case in cases):
        arguments["tokens"] = [case.tokens for case in cases]
    found: list[AnyExplanation | None] = []
    try:
        for explanation in explainer.explain_many([case.doc for case in cases], **arguments):
            found.append(explanation)
            advance(1)
    except TextAttrError:
        pass
    failures: dict[int, str] = {}
    for i in range(len(found), len(cases)):
        try:
            found.append(explainer.explain(cases[i].doc, **cases[i].arguments))
        except TextAttrError as error:
            found.append(None)
            failures[i] = str(error)
        advance(1)
    return found, failures


def _evaluations(explainer: Explainer, explanation: AnyExplanation) -> float:
    """How often the model ran: as the method says, else by its options; forward and back count once."""
    said = explanation.targets[0].diagnostics
    for name in ("evaluations", "steps"):
        if name in said:
            return float(said[name])
    if explanation.method == "deeplift":
        return 2.0
    return float(getattr(explainer.method, "samples", 1))
