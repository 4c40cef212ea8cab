"""What is said of an explanation in names and values: its header, its targets, and what lies beside the tokens."""

from __future__ import annotations

from collections.abc import Mapping

from textattr.explanation import AnyExplanation, Prediction, SharedTarget, TargetExplanation
from textattr.renderers.kinds import noun_of, texts_in

Facts = tuple[tuple[str, str], ...]
"""Names and values, each pair to be shown as "name: value"."""

_VALUES, _LONGEST = 6, 80
_MUCH = 0.1  # of a text


def header_facts(explanation: AnyExplanation) -> Facts:
    """What holds for the whole explanation."""
    prediction = explanation.prediction
    facts = [("method", explanation.title)]
    if explanation.method_reason:
        facts.append(("chosen because", explanation.method_reason))
    if prediction.task != "regression" and not _has_several_outputs(explanation):
        facts.append(("predicted", _brief(", ".join(predicted_labels(prediction)))))
    if explanation.truth is not None:
        facts.append(("truth", explanation.truth))
    return (*facts, ("model", explanation.model), *_missed(explanation))


def _missed(explanation: AnyExplanation) -> Facts:
    """How much of each text the model did not know or did not read, where it is much."""
    facts = []
    for name, text in texts_in(explanation):
        known = [token for token in text.tokens if not token.is_special]
        unknown = sum(token.is_unknown for token in known)
        if unknown > _MUCH * len(known):
            counts = f"{unknown} of {len(known)} {noun_of(text)}s"
            facts.append(("unknown to the model" if name is None else f"unknown in {name}", counts))
        unread = sum(end - start for start, end in text.unread)
        if unread > _MUCH * len(text.document):
            percent = f"{100 * unread / len(text.document):.0f} % of the text"
            facts.append(("not read" if name is None else f"not read in {name}", percent))
    return tuple(facts)


def output_facts(explanation: AnyExplanation) -> tuple[tuple[str, Facts], ...]:
    """What the model said at each of its outputs, by name; nothing where it has one."""
    if not _has_several_outputs(explanation):
        return ()
    predictions = (explanation.prediction, *explanation.other_predictions)
    return tuple(
        (f"output {i}" if p.output is None else p.output, prediction_facts(p))
        for i, p in enumerate(predictions)
    )


def prediction_facts(prediction: Prediction) -> Facts:
    """What the model said, in one line: the label and its probability, or the values of a regression."""
    if prediction.token_labels:
        return (("predicted", _brief(prediction.label)),)
    if prediction.task == "regression":
        values = tuple(zip(prediction.labels, map(number, prediction.scores), strict=True))
        if len(values) == 1:
            return (("value", values[0][1]),)
        rest = len(values) - _VALUES
        return values if rest <= 0 else (*values[:_VALUES], ("and", f"{rest} more"))
    labels = predicted_labels(prediction)
    facts = [("predicted", ", ".join(labels))]
    if len(labels) == 1 and prediction.probabilities is not None and prediction.label in prediction.labels:
        probability = prediction.probabilities[prediction.labels.index(prediction.label)]
        facts.append(("probability", number(probability)))
    return tuple(facts)


def predicted_labels(prediction: Prediction) -> tuple[str, ...]:
    """The label that was predicted; of a multilabel model all with a probability of 0.5 and more, if there are any."""
    if prediction.task != "multilabel" or prediction.probabilities is None or prediction.token_labels:
        return (prediction.label,)
    likely = [label for label, p in zip(prediction.labels, prediction.probabilities, strict=True) if p >= 0.5]
    return tuple(likely) or (prediction.label,)


def target_facts(target: TargetExplanation | SharedTarget) -> Facts:
    """A target's numbers; a function of the user's is no class and has no probability."""
    if target.target is None:
        return (("value", number(target.score)),)
    facts = [] if target.probability is None else [("probability", number(target.probability))]
    facts.append(("score", number(target.score)))
    if target.baseline_score is not None:
        facts.append(("baseline", number(target.baseline_score)))
    return tuple(facts)


def share_facts(shares: Mapping[str, float], baseline_score: float | None = None) -> Facts:
    """Relevance beside the tokens, by name; where weights sum to what the score gained, what is outside that sum."""
    outside = set() if baseline_score is None else {"other inputs"}
    return tuple(
        (f"{name} (outside the sum)" if name in outside else name, signed(share))
        for name, share in shares.items()
    )


def _brief(labels: str) -> str:
    """The labels of all tokens, cut where they are many."""
    return labels if len(labels) <= _LONGEST else labels[: _LONGEST - 1] + "…"


def number(value: float) -> str:
    """4 significant digits.

    Example:
        >>> number(0.123456)
        '0.1235'
    """
    return f"{float(value):.4g}"


def signed(value: float) -> str:
    """4 significant digits with the sign; zero has none.

    Example:
        >>> signed(0.123456), signed(-0.0)
        ('+0.1235', '0')
    """
    return "0" if value == 0 else f"{float(value):+.4g}"


def _has_several_outputs(explanation: AnyExplanation) -> bool:
    return explanation.prediction.output is not None or bool(explanation.other_predictions)
