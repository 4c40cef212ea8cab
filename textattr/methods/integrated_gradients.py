"""Integrated gradients: the gradient, summed along the straight line from a baseline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import choice, number, whole_number
from textattr.comparison import worst
from textattr.methods import nested
from textattr.methods.averaging import averaged
from textattr.methods.baseline import baseline_vectors, require_baseline, visited_baselines
from textattr.methods.convergence import TOLERANCE, UNCONVERGED, adds_up, warned
from textattr.methods.method import VectorMethod
from textattr.methods.path_integral import SUMS, path_integral
from textattr.methods.path_results import is_finite, of_weights, put, some_rows, with_diagnostic
from textattr.methods.quadrature import QUADRATURES, quadrature, steps_of
from textattr.methods.rounding import caution_of_rounding
from textattr.origin import Visit
from textattr.proof.copies import require_untouched
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.survey import Survey
from textattr.units.groups import require_groups

_STEPS = 50  # where a quadrature is named without their number
_VISITED = 16  # nodes that are looked at, to find where a number that is not finite comes from


@dataclass(frozen=True, eq=False)
class IntegratedGradients(VectorMethod):
    """What each number contributes to f(x) - f(baseline), in full.

    R = (x - b) * integral over a in [0, 1] of d score / d x at b + a (x - b)
    (Sundararajan et al. 2017, https://arxiv.org/abs/1703.01365). The sum of R is f(x) - f(b), up to the quadrature;
    how far off it is stands in `diagnostics["completeness_error"]`, and `steps` beside it. Several baselines are
    averaged.

    What the model makes of the vectors by affine ops, as a convolution before its activation, lies on a straight line
    too: it is computed at both ends of the path, and gone back through once. At how many such tensors the steps begin
    stands in `diagnostics["affine_pieces"]`: 0 where all of the model is run at each, as by quadratures with a node at
    the text itself. Of windows whose maximum is all that the model reads, those alone are stepped along that can be it.

    Without `steps` each document takes as many as it needs, 9, 27, 81 and so on: until the weights sum to f(x) - f(b)
    up to `tolerance` of max(|f(x) - f(b)|, 0.1 sum of |R|), and a refinement moves less than that part of all |R|.
    Points of before are kept (`textattr.methods.nested`). With `compile="xla"`, the first of these runs is compiled by
    XLA alone: give `steps` for more.

    A single point adds nothing to an integral: where the model has no gradient at the baseline itself, as a norm has
    none at zero, a quadrature with a node there takes it half a step further on.

    Args:
        steps: how many gradients to take on the way: 4096 at most for gausslegendre, a million for the others. None:
            as many as `tolerance` needs; 50 where a quadrature is named.
        quadrature: gausslegendre (None means it, where `steps` are given), riemann_left, riemann_right,
            riemann_middle or riemann_trapezoid.
        baseline: "auto" (the mask or unknown token where the tokenizer tells one, else zero), "zero", "pad",
            "unknown", "mask", "mean", vectors (T, D) or (D,), ids (T,), or a list of these. Or words that the text's
            tokenizer knows, such as "the" or "[MASK]": one word stands at every position, and of several each at
            one, again and again as far as the text goes.
        tolerance: the error to stay below; given `steps` are doubled until it is reached. None: 0.02, and given `steps`
            are taken as they are; above 0.05 the explanation warns.
        max_steps: where to stop.
        groups: what the weights are told of instead of tokens, whose sum is that of their tokens: as for `Occlusion`.

    Raises:
        OptionError: for an unknown quadrature, steps and tolerance that are not positive, or what is no groups.

    Example:
        >>> IntegratedGradients(steps=20, quadrature="riemann_middle").steps
        20
    """

    name: ClassVar[str] = "integrated_gradients"
    title: ClassVar[str] = "Integrated gradients"

    steps: int | None = None
    quadrature: str | None = None
    baseline: Any = "auto"
    tolerance: float | None = None
    max_steps: int = 1024
    groups: Any = None

    def __post_init__(self) -> None:
        choice("quadrature", self._rule, tuple(QUADRATURES))
        if self.steps is not None:
            whole_number("steps", self.steps, *steps_of(self._rule))
        whole_number("max_steps", self.max_steps)
        if self.tolerance is not None:
            number("tolerance", self.tolerance, above=0)
        require_baseline(self.baseline)
        require_groups(self.groups)

    def cautions(self, survey: Survey) -> tuple[str, ...]:
        """Rounded numbers have no gradient."""
        return caution_of_rounding(survey)

    @property
    def _takes_as_needed(self) -> bool:
        return self.steps is None and self.quadrature is None

    @property
    def _rule(self) -> str:
        return "gausslegendre" if self.quadrature is None else self.quadrature

    @property
    def _steps(self) -> int:
        return _STEPS if self.steps is None else int(self.steps)

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """Take gradients on the way; with a tolerance, go on with the rows that need more."""
        baselines, name = baseline_vectors(self.baseline, split, rows)
        tolerance = TOLERANCE if self.tolerance is None else self.tolerance
        if self._takes_as_needed:
            result = self._as_needed(split, rows, baselines, tolerance)
        else:
            result = self._integrate(split, rows, baselines, self._steps)
            if self.tolerance is not None:
                self._double(result, split, rows, baselines)
        result["diagnostics"]["baseline"] = np.full(len(rows), name)
        is_fixed = self.tolerance is None and not self._takes_as_needed
        bound = UNCONVERGED if self.tolerance is None else self.tolerance
        return warned(result, bound, None if is_fixed else self.max_steps)

    def _double(
        self, result: dict[str, Any], split: SplitModel, rows: Rows, baselines: list[npt.NDArray[Any]]
    ) -> None:
        """Twice the steps for the rows that do not add up, as often as they may be doubled."""
        assert self.tolerance is not None
        steps, (_, most) = self._steps, steps_of(self._rule)
        while steps * 2 <= min(self.max_steps, most):
            left = np.flatnonzero(~adds_up(result, self.tolerance))
            if not len(left):
                break
            steps *= 2
            put(result, left, self._integrate(split, _again(rows, left), baselines, steps))

    def _as_needed(
        self, split: SplitModel, rows: Rows, baselines: list[npt.NDArray[Any]], tolerance: float
    ) -> dict[str, Any]:
        """Three times the points for the rows that do not add up, or moved; see `textattr.methods.nested`."""
        level = nested.FIRST
        fine, coarse = self._along(split, rows, baselines, nested.points(level), nested.first_weights())
        result = with_diagnostic(nested.estimate(fine, coarse, tolerance), "steps", 3**level)
        left = np.flatnonzero(~nested.is_settled(result, fine, coarse, tolerance))
        fine = some_rows(fine, left)
        while len(left) and 3 ** (level + 1) <= self.max_steps:
            level += 1
            coarse = fine
            new = nested.new_points(level)
            (found,) = self._along(split, _again(rows, left), baselines, new, _evenly(len(new)))
            fine = nested.refined(coarse, found)
            better = with_diagnostic(nested.estimate(fine, coarse, tolerance), "steps", 3**level)
            put(result, left, better)
            is_open = ~nested.is_settled(better, fine, coarse, tolerance)
            fine, left = some_rows(fine, np.flatnonzero(is_open)), left[is_open]
        return result

    def visits(self, split: SplitModel, row: Rows) -> Iterator[Visit]:
        """The text, the baselines, and nodes on the way."""
        if self._takes_as_needed:
            nodes = nested.points(nested.FIRST)
        else:
            nodes, _ = quadrature(self._rule, self._steps)
        nodes = nodes[nodes > 0]
        few = (
            nodes[np.linspace(0, len(nodes) - 1, min(len(nodes), _VISITED)).astype(int)]
            if len(nodes)
            else [0.5]
        )
        yield from visited_baselines(self.baseline, split, row, few)

    def _integrate(
        self, split: SplitModel, rows: Rows, baselines: list[npt.NDArray[Any]], steps: int
    ) -> dict[str, Any]:
        nodes, weights = quadrature(self._rule, steps)
        (result,) = self._along(split, rows, baselines, nodes, weights[None])
        if nodes[0] == 0:
            left = np.flatnonzero(~is_finite(result))
            if len(left):
                nodes = np.concatenate([[nodes[1] / 2 if steps > 1 else 0.5], nodes[1:]])
                (better,) = self._along(split, _again(rows, left), baselines, nodes, weights[None])
                put(result, left, better)
        return with_diagnostic(result, "steps", steps)

    def _along(
        self,
        split: SplitModel,
        rows: Rows,
        baselines: list[npt.NDArray[Any]],
        nodes: npt.NDArray[Any],
        weights: npt.NDArray[Any],
    ) -> list[dict[str, Any]]:
        """A result for each row of `weights`, float (1 or 2, steps), from the gradients at `nodes`, float (steps,)."""
        # two more nodes, without weight: at 0 the path gives the score of the baseline, at 1 that of the text itself
        shares = np.zeros((len(nodes) + 2, SUMS))
        shares[1:-1, : len(weights)] = weights.T
        path = {
            "nodes": np.concatenate([[0.0], nodes, [1.0]]),
            "weights": shares,
            "batch_size": np.int32(rows.batch_size),
        }
        # where windows of text or baseline are equal, rounding tells them apart at the ends, in the model's own way
        options = bool(nodes.min() > 0 and nodes.max() < 1), rows.compiler is None
        found: list[list[dict[str, Any]]] = []
        for which in range(len(baselines[0])):
            starts = {f"baseline_{i}": array[which : which + 1] for i, array in enumerate(baselines)}
            result = split.program(path_integral, rows, {**starts, **path}, options=options)
            shown, again, epsilon, pieces = (
                result.pop(name) for name in ("shown", "again", "epsilon", "pieces")
            )
            check = require_untouched(shown, again, epsilon, alone=rows.batch_size == 1)
            found.append([{**of_weights(result, k), "checks": (check,)} for k in range(len(weights))])
        return [
            {
                **with_diagnostic(averaged(list(results)), "affine_pieces", pieces),
                "checks": worst(check for r in results for check in r["checks"]),
            }
            for results in zip(*found, strict=True)
        ]


def _again(rows: Rows, left: npt.NDArray[np.int64]) -> Rows:
    """The rows that are left, however many: too seldom the same number of them to be compiled for each."""
    return rows[left].op_by_op


def _evenly(count: int) -> npt.NDArray[Any]:
    """The weights of a mean, float (1, count)."""
    return np.full((1, count), 1 / count)
