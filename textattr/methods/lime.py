"""LIME: a linear model of what the model does around one document."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textattr.checks import MOST_SEED, flag, number, whole_number
from textattr.errors import OptionError
from textattr.methods.baseline import require_replacement
from textattr.methods.perturbation import PerturbationMethod, check_limit
from textattr.perturbation.coalition_plan import Plan
from textattr.perturbation.perturbed_document import PerturbedDocument
from textattr.perturbation.players import Players
from textattr.perturbation.surrogate import fit_surrogate
from textattr.units.groups import require_groups


@dataclass(frozen=True, eq=False)
class LIME(PerturbationMethod):
    """The coefficients of a linear surrogate, fitted to the scores of many versions of the document with words missing.

    min over b0, b of sum_i w_i (f(x_i) - b0 - z_i b)^2 + ridge |b|^2, where z_i says which tokens x_i still has, and
    w_i = exp(-d_i^2 / kernel_width^2), d_i in [0, 1] being the cosine distance of z_i from the whole document (Ribeiro
    et al. 2016, https://arxiv.org/abs/1602.04938). Where there are no more than `samples` versions, all are taken. Else
    the document itself, each token alone left out (as far as `samples` is enough for all of them), and random ones: a
    number of tokens between 1 and all is drawn, then that many are left out. A linear function is found exactly.

    `diagnostics` has the surrogate's `fidelity`, its weighted R2: on all versions, where all were taken, else on each
    version when it is left out of the fit. The explanation warns where it is below 0.7. Padding stays where it is and
    gets 0, and what is no text keeps its values.

    Args:
        samples: how many versions, the document itself included.
        features: how many of the strongest get a weight, all others 0; None: all.
        kernel_width: how fast a version's weight falls with its distance.
        seed: of the versions; the same everywhere.
        replacement: as for `Occlusion`.
        bag_of_words: leave out all occurrences of a word at once; they share the weight equally. Else each position
            plays for itself.
        ridge: how strongly large coefficients are avoided: shrinks them all; with 0, of equally good fits the smallest.
        groups: leave out these instead of tokens, as for `Occlusion`; the explanation is then one of groups.
        max_evaluations: the most documents to run through the model; the explanation says how far it got.

    Raises:
        OptionError: for what is no positive number of samples, features or width, no groups, and for groups together
            with bag_of_words.

    Example:
        >>> LIME(samples=500, features=None).kernel_width
        0.25
    """

    name: ClassVar[str] = "lime"
    title: ClassVar[str] = "LIME"

    samples: int = 1000
    features: int | None = 10
    kernel_width: float = 0.25
    seed: int = 0
    replacement: Any = "zero"
    bag_of_words: bool = False
    ridge: float = 0.0
    max_evaluations: int | None = None
    groups: Any = None

    def __post_init__(self) -> None:
        whole_number("samples", self.samples, 2)
        whole_number("seed", self.seed, 0, MOST_SEED)
        check_limit(self.max_evaluations)
        if self.features is not None:
            whole_number("features", self.features, 1, sys.maxsize)
        number("kernel_width", self.kernel_width, above=0)
        number("ridge", self.ridge, least=0)
        flag("bag_of_words", self.bag_of_words)
        require_replacement(self.replacement)
        require_groups(self.groups)
        if self.bag_of_words and self.groups is not None:
            raise OptionError(
                "bag_of_words=True and groups= both say what is left out together: give one of them"
            )

    def arrange(self, document: PerturbedDocument) -> Players:
        """Each position, each word, or each group."""
        return document.by_token() if self.bag_of_words else document.in_groups(self.groups)

    def plan(self, document: PerturbedDocument, players: Players) -> tuple[Plan, int]:  # noqa: ARG002  (players tell it all)
        """One sample after the other."""
        limit = self.max_evaluations
        samples = self.samples if limit is None else min(self.samples, limit)
        note = f"LIME stopped at max_evaluations={limit}: {samples} of {self.samples} samples were taken"
        short = samples < min(self.samples, 2.0 ** min(players.count, 64))
        return self._noted(players.count, samples, (note,) if short else ()), samples

    def _noted(self, count: int, samples: int, notes: tuple[str, ...]) -> Plan:
        findings = yield from fit_surrogate(
            count,
            samples=samples,
            features=self.features,
            kernel_width=self.kernel_width,
            ridge=self.ridge,
            seed=self.seed,
        )
        return replace(findings, warnings=(*notes, *findings.warnings))
