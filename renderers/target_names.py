"""What a target is about: tokens of its own, a contrast, or just what the model predicted."""

from __future__ import annotations

from collections.abc import Sequence

from textattr.explanation import AnyExplanation, Explanation, SharedTarget, TargetExplanation
from textattr.renderers.kinds import prediction_at
from textattr.renderers.strongest import visible
from textattr.renderers.verdict import predicted_labels


def explained_tokens(number: int, texts: Sequence[tuple[str | None, Explanation]]) -> str | None:
    """The tokens whose own scores a target explains, with a space between."""
    named = [text.tokens[i].text for _, text in texts for i in text.targets[number].positions]
    return " ".join(map(visible, named)) or None


def unseen_tokens(number: int, texts: Sequence[tuple[str | None, Explanation]], noun: str) -> str | None:
    """How many tokens the score of a target cannot depend on, in words."""
    count = sum(len(text.targets[number].unseen) for _, text in texts)
    return f"grey: {count} {noun}{'s' * (count != 1)} that this score cannot depend on" if count else None


def is_predicted(explanation: AnyExplanation, target: TargetExplanation | SharedTarget) -> bool:
    """Whether a target is what the first output predicted, and nothing else was likely."""
    prediction = explanation.prediction
    if target.target is None or target.output not in (None, prediction.output):
        return False
    if prediction.task == "regression":
        return bool(prediction.labels) and target.label == prediction.labels[0]
    return (target.label,) == predicted_labels(prediction)


def contrasted_label(explanation: AnyExplanation, target: TargetExplanation | SharedTarget) -> str | None:
    """The class that a target is contrasted with."""
    labels, index = prediction_at(explanation, target.output).labels, target.against
    if index is None:
        return None
    return labels[index] if 0 <= index < len(labels) else str(index)
