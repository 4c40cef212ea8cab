"""Graph code for what the model says of some rows, whatever is to be explained."""

from __future__ import annotations

from typing import Any

from textattr.split.cut import Cut


def answers(cut: Cut, *_: Any) -> dict[str, Any]:
    """All scores of one output, float (R, C): `logits` and `probabilities`."""
    run = cut.run()
    return {"logits": run.logits, "probabilities": run.probabilities}
