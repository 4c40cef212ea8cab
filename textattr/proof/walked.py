"""Does the model, as a method ran it to walk back through it, have the scores that the model has?

LRP and DeepLIFT run it with noted activations, recurrent loops that they can look into, and time steps as rows. Where
that changed no op of it, the graph shows that the scores are those of the model; elsewhere both runs are compared.
"""

from __future__ import annotations

from typing import Any

from textattr.comparison import Comparison
from textattr.errors import ModelOutputError
from textattr.graph.same import make_the_same
from textattr.proof.compare import compared
from textattr.proof.copies import numbers, run_on_truth
from textattr.split.cut import Cut, Run
from textattr.targets.target import TargetTensors

WALKED = "the model, as the method ran it to walk back"


def both(cut: Cut, walked: Run, targets: TargetTensors, value: Any) -> dict[str, Any]:
    """Graph code, after the walk: the numbers of its run, those of a plain run where it is another, and the rounding.

    Args:
        cut: the model.
        walked: the run that the method walked back through.
        targets: what is explained of each row.
        value: what is attributed in that run, float (R,).
    """
    run, epsilon = run_on_truth(cut)
    plain, seen = numbers(run, targets, cut.value(run, targets)), numbers(walked, targets, value)
    return {
        "plain": None if make_the_same([plain], [seen]) else plain,
        "walked": seen,
        "epsilon": epsilon,
    }


def require_alike(found: dict[str, Any]) -> Comparison:
    """What was compared, where the two runs that `both` gives are the same up to rounding.

    Raises:
        ModelOutputError: where they differ.
    """
    walked = found["walked"]
    plain = walked if found["plain"] is None else found["plain"]
    check = compared(WALKED, plain, walked, found["epsilon"])
    if check.holds:
        return check
    raise ModelOutputError(
        f"expected {WALKED}, to have the scores of the model, but they differ by {check.difference:.3g} where rounding "
        f"explains {check.bound:.3g}: what would be explained is not the model. Use another method, such as "
        "IntegratedGradients(), and please report the model"
    )
