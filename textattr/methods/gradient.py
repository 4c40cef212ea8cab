"""Methods that need one gradient: they differ in one expression."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from textattr.methods.method import VectorMethod
from textattr.methods.rounding import caution_of_rounding
from textattr.split.cut import Cut, Run, wide
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.sizes import sizes
from textattr.split.survey import Survey
from textattr.targets.target import TargetTensors


class GradientMethod(VectorMethod):
    """Relevance as an expression in the vectors and the gradient of the score at them."""

    @abstractmethod
    def relevance(self, gradient: Any, vectors: Any) -> Any:
        """The one expression: graph tensors (R, T, D) in, (R, T, D) out."""

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """One forward and one backward pass, compiled once for all of `TOGETHER`, unless numbers are asked for."""
        methods = TOGETHER if self in TOGETHER and not rows.per_number else (self,)
        found = split.program(_build, rows, options=(methods,))
        own = found.pop("of_each")[methods.index(self)]
        return Attribution(**found, **own, warnings=((),) * len(rows))

    def cautions(self, survey: Survey) -> tuple[str, ...]:
        """Rounded numbers have no gradient."""
        return caution_of_rounding(survey)


def _build(
    cut: Cut, targets: TargetTensors, _: dict[str, Any], methods: tuple[GradientMethod, ...]
) -> dict[str, Any]:
    """Graph code: each method's expression in every vector, and in what is no text."""
    found = cut.gradient(targets)
    at_vectors = list(zip(found.vectors, found.run.vectors, strict=True))
    beside = list(zip(found.others, found.run.others, strict=True))
    each = []
    for method in methods:
        relevance = [method.relevance(wide(g), wide(v)) for g, v in at_vectors]
        others = [sum_per_row(method.relevance(wide(g), wide(v))) for g, v in beside]
        each.append(outcome(cut, found.run, relevance, others, found.target, found.value))
    own = ("relevance", "numbers", "others")
    shared = {name: value for name, value in each[0].items() if name not in own}
    return {**shared, "of_each": tuple({name: one[name] for name in own} for one in each)}


def sum_per_row(tensor: Any) -> Any:
    """The sum over all axes but the first: (R,)."""
    tf = tensorflow()
    return tf.reduce_sum(tf.reshape(tensor, [sizes(tensor)[0], -1]), -1)


def sum_per_vector(relevance: Any) -> Any:
    """The sum over the numbers of each vector: (R, P, D) -> (R, P), in double precision, as nothing is lost by it."""
    tf = tensorflow()
    return tf.reduce_sum(tf.cast(relevance, tf.float64), -1)


def outcome(cut: Cut, run: Run, relevance: Any, others: Any, target: Any, value: Any) -> dict[str, Any]:
    """The fields of an `Attribution`, as a nest of tensors that a compiled function can return.

    Args:
        cut: the split model, which knows whether the relevance of every number is asked for.
        run: the pass over the true vectors.
        relevance: (R, P, D) for each site of text.
        others: (R,) for each other site.
        target: int32 (R,), value: float (R,): the class and the score that was attributed.
    """
    relevance = tuple(relevance)
    return {
        "relevance": tuple(map(sum_per_vector, relevance)),
        "numbers": relevance if cut.per_number else (),
        "masks": run.masks,
        "others": tuple(others),
        "target": target,
        "value": value,
        "logits": run.logits,
        "probabilities": run.probabilities,
    }


@dataclass(frozen=True, eq=False)
class Saliency(GradientMethod):
    """How much the score moves when a vector does: |gradient|, without a sign.

    R = |d score / d x| (Simonyan et al. 2013, https://arxiv.org/abs/1312.6034). In some recurrent models and
    transformers the tokens that it ranks first count less than tokens at random, and in all of them less than those of
    signed methods (`benchmarks/FAITHFULNESS.md`); explanations of such models say so.

    Example:
        >>> Saliency()
        Saliency()
    """

    name: ClassVar[str] = "saliency"
    title: ClassVar[str] = "Saliency"

    def relevance(self, gradient: Any, vectors: Any) -> Any:  # noqa: ARG002  (the gradient alone)
        """|gradient|."""
        return tensorflow().abs(gradient)

    def cautions(self, survey: Survey) -> tuple[str, ...]:
        """Where it misleads."""
        known = super().cautions(survey)
        if not survey.is_recurrent and not survey.has_attention:
            return known
        kind = "recurrent layers" if survey.is_recurrent else "attention"
        caution = (
            f"sizes of gradients have no sign, and in models with {kind} they may rank words worse than chance: "
            "method='deeplift' or 'lrp' takes one pass as well and says what speaks for the score and what against it"
        )
        return (*known, caution)


@dataclass(frozen=True, eq=False)
class GradientXInput(GradientMethod):
    """What each number would contribute if the model were linear: gradient times vector.

    R = x * d score / d x (Shrikumar et al. 2016, https://arxiv.org/abs/1605.01713). A normalisation right after the
    lookup makes it sum to zero by construction.

    Example:
        >>> GradientXInput()
        GradientXInput()
    """

    name: ClassVar[str] = "gradient_x_input"
    title: ClassVar[str] = "Gradient x input"

    def relevance(self, gradient: Any, vectors: Any) -> Any:
        """Gradient * vectors."""
        return gradient * vectors

    def cautions(self, survey: Survey) -> tuple[str, ...]:
        """A normalisation right after the lookup leaves nothing to share out."""
        known = super().cautions(survey)
        if survey.normalised_alone is None:
            return known
        effect = (
            "gradient x input sums to zero there by construction"
            if survey.normalised_alone
            else "with positions or the like added: gradient x input sums to minus what those would get"
        )
        caution = (
            f"the vectors go into a normalisation and nowhere else, {effect}, and it says little: use method='lrp', "
            "which takes one pass too, or integrated_gradients"
        )
        return (*known, caution)


# To trace a model takes seconds, another expression in its gradient next to nothing, if it is summed up at once.
TOGETHER = (Saliency(), GradientXInput())
