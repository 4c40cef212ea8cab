"""Shapley values: what each token contributes, averaged over all orders in which tokens may leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import MOST_SEED, finite_array, flag, number, whole_number
from textattr.errors import OptionError
from textattr.methods.baseline import require_replacement
from textattr.methods.perturbation import PerturbationMethod, check_limit
from textattr.perturbation import shapley
from textattr.perturbation.coalition_plan import MOST_ENTRIES, Plan, PlanResult
from textattr.perturbation.hierarchy import Hierarchy
from textattr.perturbation.owen import owen
from textattr.perturbation.permutations import leaves, pairs, singly
from textattr.perturbation.perturbed_document import PerturbedDocument
from textattr.perturbation.players import Players
from textattr.units.groups import require_groups

Array = npt.NDArray[Any]

EXACT = "exact"
MOST_EXACT = 12  # tokens: 2^12 coalitions
MOST_ENUMERATED = 2**16  # coalitions, where permutations would cost as much


@dataclass(frozen=True, eq=False)
class ShapleySampling(PerturbationMethod):
    """Each token's fair share of f(x) - f(nothing): its contribution, averaged over the orders in which tokens leave.

    R_i = mean over permutations of f(tokens not before i) - f(tokens behind i) (Castro et al. 2009,
    https://doi.org/10.1016/j.cor.2008.04.004). Each permutation goes with its reverse, which makes the mean exact
    where no more than two tokens act together, and steadier elsewhere. Where all 2^n coalitions cost no more than the
    permutations would, they are enumerated, and the result is exact.

    The weights sum to f(x) - f(baseline), exactly: `diagnostics` has `baseline_score`, the `completeness_error` (of
    rounding), the `standard_error` of each token (over pairs; 0 where the result is exact), and how many `permutations`
    were made (0: enumerated) and `evaluations` of the model. Padding stays where it is and gets 0, and what is no text
    keeps its values.

    With `hierarchy=True` these are Owen values (Owen 1977), in the nested form of Winter (1989): tokens of one word
    leave one after the other, so do words of one sentence, and sentences of one text, so that a sentence is never read
    among the ruins of others. Long texts take far fewer evaluations: all sentences leave in `samples` permutations, and
    the words of a sentence in as many as it takes for their standard errors to fall below the largest one.

    Args:
        samples: the most permutations to make; pairs need an even number. "exact": enumerate, for up to 12 tokens (or
            4096 coalitions, where a hierarchy leaves fewer).
        seed: of the permutations; the same everywhere.
        replacement: as for `Occlusion`.
        tolerance: stop as soon as no standard error is larger than tolerance * |f(x) - f(baseline)|; None: make all
            permutations.
        permutations: int (samples, T), the orders in which tokens leave, instead of random ones, each by itself; or
            int (samples, T * D) for the numbers of the vectors.
        hierarchy: Owen values over words, sentences and texts.
        groups: leave out these instead of tokens, as for `Occlusion`, which takes fewer evaluations; the explanation is
            then one of groups.
        max_evaluations: the most documents to run through the model; the explanation says how far it got.

    Raises:
        OptionError: for what is no number of samples, no tolerance, no permutations or no groups.

    Example:
        >>> ShapleySampling(samples=200, tolerance=0.05).samples
        200
    """

    name: ClassVar[str] = "shapley_sampling"
    title: ClassVar[str] = "Shapley values"
    per_player: ClassVar[tuple[str, ...]] = ("standard_error",)

    samples: Any = 25
    seed: int = 0
    replacement: Any = "zero"
    tolerance: float | None = None
    permutations: Any = None
    hierarchy: bool = False
    max_evaluations: int | None = None
    groups: Any = None

    def __post_init__(self) -> None:
        if not (isinstance(self.samples, str) and self.samples == EXACT):
            whole_number("samples", self.samples)
        whole_number("seed", self.seed, 0, MOST_SEED)
        check_limit(self.max_evaluations)
        if self.tolerance is not None:
            number("tolerance", self.tolerance, above=0)
        flag("hierarchy", self.hierarchy)
        require_replacement(self.replacement)
        require_groups(self.groups)
        if self.groups is not None and (self.hierarchy or self.permutations is not None):
            raise OptionError(
                "groups= leave in random orders, as wholes: leave out hierarchy= and permutations="
            )
        if self.permutations is not None:
            _require_permutations(self.permutations)
            if self.hierarchy or isinstance(self.samples, str):
                raise OptionError(
                    "permutations= are taken as they are: leave out hierarchy= and samples='exact'"
                )

    def counts_numbers(self, tokens: int, numbers: int) -> bool:
        """Permutations that are as long as all vectors together."""
        if self.permutations is None:
            return False
        length = np.shape(self.permutations)[1]
        if length not in (tokens, numbers):
            raise OptionError(
                f"expected permutations of {tokens} tokens or of {numbers} numbers in their vectors, got "
                f"permutations of {length}"
            )
        return bool(length != tokens)

    def arrange(self, document: PerturbedDocument) -> Players:
        """Each token or group; neighbours together where `max_evaluations` is not enough for one permutation."""
        players = document.in_groups(self.groups)
        if self.max_evaluations is None or self.max_evaluations > players.count:
            return players
        groups = np.arange(players.count) * (self.max_evaluations - 1) // max(players.count, 1)
        return players.joined(groups)

    def plan(self, document: PerturbedDocument, players: Players) -> tuple[Plan, int]:
        """All coalitions where that is cheaper or asked for, else permutations."""
        count, limit = players.count, self.max_evaluations
        alone = document.in_groups(self.groups).count
        joined = count < alone
        hierarchy = document.hierarchy() if self.hierarchy and not joined else None
        tree = tuple(range(count)) if hierarchy is None else hierarchy.tree
        whole = max(2, shapley.coalitions_of_exact(tree))
        if self.samples == EXACT:
            _require_few(count, whole, limit)
            return shapley.exact(tree), whole
        wanted = int(self.samples) if self.permutations is None else len(self.permutations)
        cost = shapley.coalitions_of_sampling(count, wanted)
        bound = cost if limit is None else min(cost, limit)
        if self.permutations is None and whole <= min(bound, MOST_ENUMERATED) and not joined:
            return shapley.exact(tree), whole
        made = min(wanted, max(shapley.permutations_within(bound, count), 1))
        if self.permutations is None and made > 1:
            made -= made % 2  # pairs
        plan = self._sampled(players, hierarchy, made, "samples" if made >= wanted - 1 else "max_evaluations")
        notes = _limited(limit, made, wanted, count, alone)
        return _noted(plan, notes), shapley.coalitions_of_sampling(count, made)

    def _sampled(self, players: Players, hierarchy: Hierarchy | None, made: int, stopped_by: str) -> Plan:
        count = players.count
        sentences = () if hierarchy is None else hierarchy.sentences
        at_once = [len(sentences), *(len(leaves(each)) for each in sentences)] if sentences else [count]
        _require_room(count, max(at_once))
        if self.permutations is not None:
            order = _restricted(np.asarray(self.permutations), players)[:made]
            return shapley.sampled(count, iter(order[:, None]), made, self.tolerance, stopped_by)
        if hierarchy is not None:
            parts = hierarchy.sentences, hierarchy.texts
            return owen(*parts, made, self.seed, self.tolerance, stopped_by)
        everybody = tuple(range(count))
        draw, each = (pairs, 2) if made > 1 else (singly, 1)
        return shapley.sampled(count, draw(everybody, self.seed), made // each, self.tolerance, stopped_by)


def _noted(plan: Plan, notes: tuple[str, ...]) -> Plan:
    """The same plan, with more to say at its end."""
    result: PlanResult = yield from plan
    return replace(result, warnings=(*notes, *result.warnings))


def _limited(limit: int | None, made: int, wanted: int, count: int, tokens: int) -> tuple[str, ...]:
    """How far `max_evaluations` let it go, where that was not all the way."""
    note = f"Shapley sampling stopped at max_evaluations={limit}: {made} of {wanted} permutations were made"
    if count < tokens:
        note = (
            f"max_evaluations={limit} is not enough for one permutation of {tokens} tokens: they were left out in "
            f"{count} groups of neighbours, which share their weight equally"
        )
    return (note,) if made < wanted - wanted % 2 or count < tokens else ()


def _require_permutations(given: Any) -> None:
    array = finite_array("permutations", given)
    if array.ndim != 2 or array.dtype.kind not in "iu" or not array.size:
        raise OptionError(f"permutations must be whole numbers (samples, tokens), got shape {array.shape}")
    if not (np.sort(array, axis=1) == np.arange(array.shape[1])).all():
        raise OptionError("each of permutations must hold every number from 0 to the last once")


def _require_few(count: int, coalitions: int, limit: int | None) -> None:
    most = 2**MOST_EXACT if limit is None else min(2**MOST_EXACT, limit)
    if coalitions > most:
        raise OptionError(
            f"samples='exact' enumerates {coalitions} coalitions of {count} tokens, more than {most}: give a number "
            "of samples, or hierarchy=True"
        )


def _require_room(count: int, steps: int) -> None:
    if count * steps > MOST_ENTRIES:
        raise OptionError(
            f"one permutation of {count} tokens makes {steps} versions of the text, {count * steps} numbers where "
            f"{MOST_ENTRIES} are possible: pass max_evaluations=1000, which leaves out neighbours together, or choose "
            "occlusion"
        )


def _restricted(permutations: Array, players: Players) -> Array:
    """Permutations of all units as those of the players alone: int (samples, n)."""
    of_unit = players.of_unit[permutations]
    return of_unit[of_unit >= 0].reshape(len(permutations), -1)
