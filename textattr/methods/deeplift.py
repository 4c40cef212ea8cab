"""DeepLIFT: what each number contributes to the difference from a baseline, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from textattr.comparison import worst
from textattr.deeplift.propagate import propagate
from textattr.errors import DeepLIFTRuleError
from textattr.graph.registry import version
from textattr.methods.averaging import averaged, standard_error
from textattr.methods.baseline import Array, baseline_vectors, require_baseline, visited_baselines
from textattr.methods.gradient import outcome, sum_per_row
from textattr.methods.method import VectorMethod
from textattr.origin import Visit
from textattr.proof.walked import both, require_alike
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.targets.target import TargetTensors
from textattr.units.groups import require_groups

INCOMPLETE = 1e-3  # of |f(x) - f(baseline)|: from here on the explanation warns


@dataclass(frozen=True, eq=False)
class DeepLIFT(VectorMethod):
    """What each number contributes to f(x) - f(baseline), in full, in two passes forward and one walk back.

    R = m (x - b), where the multiplier m of a number says what the score's distance from that of the baseline owes to
    the number's, per unit. Multipliers go back op by op, as gradients do (Shrikumar et al. 2017, the Rescale rule,
    https://arxiv.org/abs/1704.02685). At every op the parts sum to the whole, so that the sum of R is f(x) - f(b) up to
    rounding: how far off it is stands in `diagnostics["completeness_error"]`. With x and x0 for what an op reads of
    text and baseline, y and y0 for what it makes of it:

    * linear ops: the weights, whatever the bias;
    * functions of one number, such as activations, also put together ones, as a whole: (y - y0) / (x - x0); where these
      are within 1e-5 of each other (1e-8 in double precision), the derivative at (x + x0) / 2;
    * a product: each factor times (y + y0) / 2 of the other, as in the gates of recurrent layers, which are walked step
      by step, and in attention;
    * a quotient y = a / b, thus normalisation too: what the rule for products says of a = y b, where y is the
      unknown. The normalised text then owes its change to the centred text over the mean of both standard deviations,
      and to the change of the standard deviation. As a product with one over the standard deviation it would be as
      complete, but a baseline that hardly varies (zero) would have parts without bound that cancel out;
    * softmax: exp(z - log sum exp z), where the slope of exp, the logarithmic mean of both probabilities, takes the
      place of the probability in the gradient; what is added to all z alike gets nothing;
    * a maximum: with c = max(y, y0), c - y0 goes to the winner of the text and y - c to that of the baseline, over
      their x - x0. A baseline's winner that wins in the text too comes first; else equal ones share;
    * a choice by a condition that depends on the text, or a function of two numbers: the mean over both orders of
      exchanging one after the other;
    * sorting and the k largest: the mean of both gradients; what is missing goes to what moved, by its square.

    Masks and other inputs are the same for text and baseline. The share of other inputs, which is no part of the sum,
    is their multiplier times their value.

    Several baselines are averaged, which is DeepSHAP (Lundberg and Lee 2017, https://arxiv.org/abs/1705.07874);
    `diagnostics["standard_error"]` is then that of each position of the text, padding in place.

    In transformers part of the score is attributed to how attention is spread, shared between queries and keys:
    complete, but it may mean less than what the values carry. On a MiniLM of six layers, trained on SST-2, that did no
    harm: the score after word pieces are replaced by [MASK], the least relevant first, and that of the
    same, the most relevant first, lie 2.32 logits apart for a baseline of [MASK] and 2.26 for zero, where AttnLRP
    reached 2.17, integrated gradients in 20 steps from [MASK] 2.21 (`benchmarks/faithfulness.py`, 200 sentences,
    standard errors 0.06).

    Args:
        baseline: "auto" (the mask or unknown token where the tokenizer tells one, else zero), "zero", "pad",
            "unknown", "mask", "mean", vectors (T, D) or (D,), ids (T,), or a list of these. Or words that the text's
            tokenizer knows, such as "the" or "[MASK]": one word stands at every position, and of several each at
            one, again and again as far as the text goes.
        groups: what the weights are told of instead of tokens, whose sum is that of their tokens: as for `Occlusion`.

    Raises:
        DeepLIFTRuleError: for an op without a rule; the message names it and its layer.
        BaselineError: for a baseline that does not exist, does not fit, or has no finite score.

    Example:
        >>> DeepLIFT(baseline=["zero", "mean"]).baseline
        ['zero', 'mean']
    """

    name: ClassVar[str] = "deeplift"
    title: ClassVar[str] = "DeepLIFT"

    baseline: Any = "auto"
    groups: Any = None

    def __post_init__(self) -> None:
        require_baseline(self.baseline)
        require_groups(self.groups)

    def visits(self, split: SplitModel, row: Rows) -> Iterator[Visit]:
        """The text and the baselines."""
        yield from visited_baselines(self.baseline, split, row)

    def refusal(self, split: SplitModel, rows: Rows) -> str | None:
        """What the walk over the traced ops found no rule for; where it found all, the trace is kept for later."""
        baselines, _ = baseline_vectors(self.baseline, split, rows)
        try:
            split.prepare(_build, rows, _given(baselines, 0), options=_options(rows))
        except DeepLIFTRuleError as error:
            return error.reason
        return None

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """For each baseline two passes forward, and one walk back."""
        baselines, name = baseline_vectors(self.baseline, split, rows)
        results = [
            split.program(_build, rows, _given(baselines, which), options=_options(rows))
            for which in range(len(baselines[0]))
        ]
        checks = worst(require_alike(each.pop("compared")) for each in results)
        result = averaged(results)
        if len(results) > 1:
            result["diagnostics"]["standard_error"] = standard_error(split, rows, results)
        result["diagnostics"]["baseline"] = np.full(len(rows), name)
        warnings = tuple(_incomplete(result, row) for row in range(len(rows)))
        return Attribution(**result, warnings=warnings, checks=checks)


def _options(rows: Rows) -> tuple[int, bool]:
    """Of the graph code; XLA computes no number of rows of the baseline."""
    return version(), rows.compiler is None


def _given(baselines: list[Array], which: int) -> dict[str, Array]:
    """One of several baselines at each site of text, as arguments of the graph."""
    return {f"baseline_{i}": array[which : which + 1] for i, array in enumerate(baselines)}


def _build(
    cut: Cut,
    targets: TargetTensors,
    given: dict[str, Any],
    registered: int,  # noqa: ARG001  (tells graphs apart that were built by other registered rules)
    counts_rows: bool,
) -> dict[str, Any]:
    """Graph code: one baseline."""
    tf = tensorflow()
    baselines = [given[f"baseline_{i}"] for i in range(len(given))]
    found = propagate(cut, baselines, targets, counts_rows=counts_rows)
    total = tf.add_n([tf.reduce_sum(r, [1, 2]) for r in found.relevance])
    gained = tf.cast(found.value - found.start, total.dtype)
    diagnostics = {"completeness_error": total - gained, "baseline_score": found.start}
    others = [sum_per_row(each) for each in found.others]
    shown = outcome(cut, found.run, found.relevance, others, found.target, found.value)
    return {**shown, "diagnostics": diagnostics, "compared": both(cut, found.run, targets, found.value)}


def _incomplete(result: dict[str, Any], row: int) -> tuple[str, ...]:
    """A warning where the weights do not sum up."""
    diagnostics = result["diagnostics"]
    value, start, error = (
        float(each[row])
        for each in (result["value"], diagnostics["baseline_score"], diagnostics["completeness_error"])
    )
    gained, rounding = value - start, 1e-6 * max(abs(value), abs(start), 1)
    if abs(error) <= max(INCOMPLETE * abs(gained), rounding):
        return ()
    warning = (
        f"DeepLIFT is not complete here: the weights sum to {gained + error:.4g} instead of {gained:.4g}"
    )
    return (warning,)
