"""What gradients are worth in a quantised model, whose layers round the numbers that they compute with."""

from __future__ import annotations

from textattr.split.survey import Survey


def caution_of_rounding(survey: Survey) -> tuple[str, ...]:
    """What the reader should know of gradients taken through layers that round; nothing where none does."""
    if not survey.quantised:
        return ()
    caution = (
        f"these layers are quantised: {', '.join(survey.quantised)}. They round, which has no gradient; Keras gives "
        "that of the same layer unrounded: the weights are near those of the model, not exact, whatever the number of "
        "steps; method='shapley_sampling' or 'occlusion' asks the quantised model itself"
    )
    return (caution,)
