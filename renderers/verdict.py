"""What the model said of a document, and whether that is right: what a picture leads with."""

from __future__ import annotations

from dataclasses import dataclass

from textattr.explanation import AnyExplanation, Prediction
from textattr.renderers.numbers import short

_VALUES, _LONGEST = 6, 80
RIGHT, WRONG = "right", "wrong"


@dataclass(frozen=True)
class Verdict:
    """What the model said at one of its outputs.

    Args:
        output: the output's name, where the model has several.
        label: what was predicted; of a multilabel model all likely labels; of a regression the value's name.
        value: of a regression, the value.
        probability: of the label, where there is one label and it has one.
        truth: what the caller said is right.
        mark: "right", "wrong", or None where nobody said what is right, or nothing tells.
        others: further values of a regression, by name.
    """

    output: str | None
    label: str
    value: str | None
    probability: float | None
    truth: str | None
    mark: str | None
    others: tuple[tuple[str, str], ...]

    @property
    def is_wrong(self) -> bool:
        """Whether the model was wrong."""
        return self.mark == WRONG


def verdicts(explanation: AnyExplanation) -> tuple[Verdict, ...]:
    """One for each output of the model; the truth stands with the first.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> verdicts(EXAMPLE)[0].label, round(verdicts(EXAMPLE)[0].probability, 2)
        ('positive', 0.83)
    """
    first, others = explanation.prediction, explanation.other_predictions
    names = [p.output for p in (first, *others)]
    if others:
        names = [f"output {i}" if name is None else name for i, name in enumerate(names)]
    return (
        _verdict(first, names[0], explanation.truth),
        *(_verdict(p, name, None) for p, name in zip(others, names[1:], strict=True)),
    )


def predicted_labels(prediction: Prediction) -> tuple[str, ...]:
    """The label that was predicted; of a multilabel model all with a probability of 0.5 and more, if there are any."""
    if prediction.task != "multilabel" or prediction.probabilities is None or prediction.token_labels:
        return (prediction.label,)
    likely = [label for label, p in zip(prediction.labels, prediction.probabilities, strict=True) if p >= 0.5]
    return tuple(likely) or (prediction.label,)


def _verdict(prediction: Prediction, output: str | None, truth: str | None) -> Verdict:
    if prediction.task == "regression" and not prediction.token_labels:
        return _values(prediction, output, truth)
    labels = predicted_labels(prediction)
    return Verdict(
        output,
        label=_brief(", ".join(labels)),
        value=None,
        probability=_probability(prediction, labels),
        truth=truth,
        mark=_mark(prediction, labels, truth),
        others=(),
    )


def _values(prediction: Prediction, output: str | None, truth: str | None) -> Verdict:
    pairs = tuple(zip(prediction.labels, map(short, prediction.scores), strict=True))
    label, value = pairs[0] if pairs else (prediction.label, "")
    others, rest = pairs[1:_VALUES], len(pairs) - _VALUES
    if rest > 0:
        others = (*others, ("and", f"{rest} more"))
    return Verdict(output, label, value, None, truth, None, others)


def _probability(prediction: Prediction, labels: tuple[str, ...]) -> float | None:
    if len(labels) != 1 or prediction.probabilities is None or prediction.token_labels:
        return None
    if prediction.label not in prediction.labels:
        return None
    return float(prediction.probabilities[prediction.labels.index(prediction.label)])


def _mark(prediction: Prediction, labels: tuple[str, ...], truth: str | None) -> str | None:
    """Of several likely labels, one that is right does; of labels for each token nobody can tell."""
    if truth is None or prediction.token_labels:
        return None
    return RIGHT if truth in labels else WRONG


def _brief(labels: str) -> str:
    """The labels of all tokens, cut where they are many."""
    return labels if len(labels) <= _LONGEST else labels[: _LONGEST - 1] + "…"
