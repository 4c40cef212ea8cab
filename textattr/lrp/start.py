"""Where relevance starts: at the logits, each with what it is worth to the score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textattr.lrp.rule import Rule
from textattr.split.activation import behind
from textattr.split.cut import Cut, Run, pick_output, wide
from textattr.split.family import tensorflow
from textattr.targets.target import TargetTensors


def start(
    cut: Cut, run: Run, targets: TargetTensors, value: Any, rule_of: Callable[[Any], Rule]
) -> list[tuple[Any, Any]]:
    """The logits with their relevance, logit * d value / d logit: for a logit as target its own value, else nothing.

    Args:
        cut: the model.
        run: the pass that was made.
        targets: what is explained of each row.
        value: float (R,): their scores.
        rule_of: op -> the rule of the layer that made it; it may see a sigmoid at the end in its own way.
    """
    tf = tensorflow()
    outputs = tf.nest.flatten(run.outputs)
    if not targets.selector.reads_every_output:
        outputs = [pick_output(run.outputs, cut.head.output)]
    logits = {behind(output)[1].ref(): behind(output)[1] for output in outputs if output.dtype.is_floating}
    tensors = list(logits.values())
    slopes = tf.gradients(value, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    is_chance = cut.score == "probability" and cut.head.is_one_unit and not cut.head.is_probability
    if is_chance and not targets.selector.reads_every_output:
        return [
            (t, rule_of(t.op).chance(wide(t), wide(slope))) for t, slope in zip(tensors, slopes, strict=True)
        ]
    return [(t, wide(t) * wide(slope)) for t, slope in zip(tensors, slopes, strict=True)]
