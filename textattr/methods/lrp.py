"""Layer-wise relevance propagation: the score, shared out layer by layer, back to the vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from textattr.errors import LRPRuleError
from textattr.graph.registry import version
from textattr.lrp.composite import Composite
from textattr.lrp.presets import chosen_rules, is_auto, rules_for
from textattr.lrp.propagate import propagate
from textattr.methods.gradient import outcome, sum_per_row
from textattr.methods.method import VectorMethod
from textattr.proof.walked import both, require_alike
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.survey import Survey
from textattr.targets.target import TargetTensors

GROWN = 100  # times the score: from here on the explanation warns

# Presets that are kept to agree with other programs, and what they do in recurrent layers.
_MISLEADING = {
    "deepexplain": "takes the gates of recurrent layers for activations and divides by what is nearly 0",
    "arras_lstm": "has an absolute epsilon of 0.001, which takes much of the relevance where sums are small",
}


@dataclass(frozen=True, eq=False)
class LRP(VectorMethod):
    """How much of the score each number gets, when every layer shares out to its inputs what its outputs got.

    R_i = sum_j z_ij / z_j R_j, z_ij being what input i adds to output j, or as another rule says
    (Bach et al. 2015, https://doi.org/10.1371/journal.pone.0130140). The rules govern layers with weights. Whatever
    they are, element-wise activations pass relevance on, a maximum gives it to the winner, a sum to its parts as they
    contribute, and of a gate and a signal the signal gets it. It costs about one gradient.

    A logit shares out its own value. With `score="probability"` each logit starts with logit * d probability / d logit.

    What position embeddings get is a share beside the tokens, "positions". `diagnostics` tell what arrived:
    `conservation` is the sum of all relevance over the score, that share included. What did not arrive, in
    the score's unit: `taken_by_biases`, `left_in_first_states` (of recurrent layers), `taken_by_softmax` (where a rule
    expands it) and `taken_by_stabilisers`, which is all the rest. `rules` is the preset that "auto" chose.

    Args:
        rules: "auto", a preset's name from `textattr.lrp.PRESETS`, one rule for everything, or a list of (where, rule)
            of which the first that fits counts. `where` is a layer's name, path or class, a pattern of these such as
            "conv*", or how many layers with weights lie before it: 0 for the first ones.

    Raises:
        OptionError: for an unknown preset, or what is no such list.

    Example:
        >>> from textattr.lrp import Epsilon, Flat
        >>> LRP(rules=[("conv*", Flat()), ("*", Epsilon(0.01))]).rules
        [('conv*', Flat()), ('*', Epsilon(epsilon=0.01))]
    """

    name: ClassVar[str] = "lrp"
    title: ClassVar[str] = "Layer-wise relevance propagation"
    conserves: ClassVar[bool] = True

    rules: Any = "auto"

    def __post_init__(self) -> None:
        if not is_auto(self.rules):
            chosen_rules(self.rules)

    def cautions(self, survey: Survey) -> tuple[str, ...]:
        """Presets that say little of recurrent layers, beside what they are kept for."""
        if not survey.is_recurrent or not isinstance(self.rules, str) or self.rules not in _MISLEADING:
            return ()
        return (f"rules={self.rules!r} {_MISLEADING[self.rules]}: rules='epsilon' does not",)

    def refusal(self, split: SplitModel, rows: Rows) -> str | None:
        """What the walk over the traced ops found no rule for; where it found all, the trace is kept for later."""
        rules, _ = self._rules(split, rows)
        try:
            split.prepare(_build, rows, options=(rules, version()))
        except LRPRuleError as error:
            return error.reason
        return None

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """One pass forward, and one walk back."""
        rules, name = self._rules(split, rows)
        result: dict[str, Any] = split.program(_build, rows, options=(rules, version()))
        sizes, check = result.pop("sizes"), require_alike(result.pop("compared"))
        if name is not None:
            result["diagnostics"]["rules"] = np.full(len(rows), name)
        return Attribution(**result, warnings=tuple(map(_grown, result["value"], sizes)), checks=(check,))

    def _rules(self, split: SplitModel, rows: Rows) -> tuple[Composite, str | None]:
        return rules_for(self.rules, has_attention=split.known(rows.inputs).has_attention)


def _grown(score: Any, arrived: Any) -> tuple[str, ...]:
    """A warning where far more relevance arrived than set out: it grew by division through what is nearly 0."""
    if arrived <= GROWN * max(abs(score), 1):
        return ()
    warning = (
        f"a score of {score:.4g} became weights of {arrived:.4g} in all: it grew where a layer's output is nearly "
        "0, so that these rules say little of this model; rules=Epsilon(...) with a larger epsilon is steadier"
    )
    return (warning,)


def _build(
    cut: Cut,
    targets: TargetTensors,
    _: dict[str, Any],
    rules: Composite,
    registered: int,  # noqa: ARG001  (tells graphs apart that were built by other registered rules)
) -> dict[str, Any]:
    """Graph code: one walk back."""
    tf = tensorflow()
    found = propagate(cut, rules, targets)
    relevance = [tf.reshape(r, tf.shape(v)) for r, v in zip(found.entries, found.run.vectors, strict=True)]
    others = [sum_per_row(r) for r in found.others]
    unattributed = found.unattributed
    shares = {} if unattributed.by_position is None else {"positions": unattributed.by_position}
    arrived = tf.add_n(
        [unattributed.nothing, *map(unattributed.per_row, (*relevance, *others)), *shares.values()]
    )
    diagnostics = {
        "conservation": tf.math.divide_no_nan(arrived, tf.cast(found.value, unattributed.dtype)),
        "taken_by_biases": unattributed.biases,
        "left_in_first_states": unattributed.states,
    }
    if unattributed.expansions is not None:
        diagnostics["taken_by_softmax"] = unattributed.expansions
    noted = tf.add_n([v for name, v in diagnostics.items() if name != "conservation"])
    diagnostics["taken_by_stabilisers"] = found.started - arrived - noted
    shown = outcome(cut, found.run, relevance, others, found.target, found.value)
    sizes = tf.add_n([sum_per_row(tf.abs(tf.cast(r, tf.float64))) for r in relevance])
    return {
        **shown,
        "shares": shares,
        "diagnostics": diagnostics,
        "sizes": sizes,
        "compared": both(cut, found.run, targets, found.value),
    }
