"""An explanation told in words, sentences or other units instead of tokens: weights are added up, none is lost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from textattr.errors import OptionError
from textattr.explanation import (
    AnyExplanation,
    Explanation,
    MultiTextExplanation,
    Prediction,
    TargetExplanation,
    Token,
)
from textattr.frozen import Array
from textattr.showing import AUTO
from textattr.spans import weighted_spans
from textattr.units.boundaries import NO_DICTIONARY, grapheme_cuts, lacks_dictionary
from textattr.units.markers import has_marker
from textattr.units.tokens import (
    GROUP,
    NAMES,
    Units,
    require_units,
    unit_of_tokens,
    whole_characters,
    without_blanks,
)

__all__ = ["AUTO", "Joined", "Merge", "merge", "merged_by", "merged_for", "texts_of"]

Merge = Units | None
"""What `merge=` of a renderer takes: `"auto"`, None for the tokens as they are, or as `Units` says."""

STANDARD_ERROR, AT_MOST = "standard_error", "standard_error_at_most"


@dataclass(frozen=True, eq=False)
class Joined:
    """The units of one text.

    Args:
        of_token: int (T,): the number of each token's unit, counted in the order of their first tokens.
        noun: what a unit is called.
        are_players: whether the tokens of a unit were weighed together, so that their shares of its standard error add
            up to it.
    """

    of_token: Array
    noun: str
    are_players: bool = False

    @property
    def members(self) -> list[list[int]]:
        """The tokens of each unit."""
        members: list[list[int]] = [[] for _ in range(1 + max(self.of_token.tolist(), default=-1))]
        for token, unit in enumerate(self.of_token.tolist()):
            members[unit].append(token)
        return members


def merge(explanation: AnyExplanation, units: Units, what: str = "merge") -> AnyExplanation:
    """The explanation with units instead of tokens; see `Explanation.merge`."""
    require_units(units, what)
    texts = texts_of(explanation)
    if len(texts) > 1 and not callable(units) and not isinstance(units, str):
        raise OptionError(
            f"{what}: there are several texts: expected 'words', 'sentences', or a function of a text, got stretches"
        )
    noun = NAMES.get(units, GROUP) if isinstance(units, str) else GROUP
    joined = {
        name: Joined(unit_of_tokens(text.document, text.tokens, units, what), noun)
        for name, text in texts.items()
        if text.layout == "text"
    }
    lacking = units == "words" and any(lacks_dictionary(texts[name].document) for name in joined)
    return merged_by(explanation, joined, (NO_DICTIONARY,) if lacking else ())


def merged_for(explanation: AnyExplanation, units: Any) -> AnyExplanation:
    """The explanation as a renderer shows it that was told `merge=units`.

    Raises:
        OptionError: for what is no rule for units.
    """
    if units is None:
        return explanation
    if not (isinstance(units, str) and units == AUTO):
        return merge(explanation, units, "merge=")
    if not any(_has_pieces(text) for text in texts_of(explanation).values()):
        return explanation
    merged = merge(explanation, "words")
    before, after = ([len(text.tokens) for text in texts_of(each).values()] for each in (explanation, merged))
    return explanation if before == after else merged


def texts_of(explanation: AnyExplanation) -> Mapping[str | None, Explanation]:
    """The texts by name; None is the name of an only one."""
    if isinstance(explanation, Explanation):
        return {None: explanation}
    return {str(name): text for name, text in explanation.texts.items()}


def merged_by(
    explanation: AnyExplanation, joined: Mapping[str | None, Joined], warnings: Sequence[str] = ()
) -> AnyExplanation:
    """The explanation of units that are known; a text that is not named stays as it is."""
    owner = _owner(explanation, joined)
    prediction, *others = (
        _predicted(each, owner) for each in (explanation.prediction, *explanation.other_predictions)
    )
    common: dict[str, Any] = {"prediction": prediction, "other_predictions": tuple(others)}
    more = tuple(dict.fromkeys((*explanation.warnings, *warnings)))
    texts = {
        name: replace(_merged(text, joined[name]) if name in joined else text, **common)
        for name, text in texts_of(explanation).items()
    }
    if isinstance(explanation, MultiTextExplanation):
        named = {str(name): text for name, text in texts.items()}
        return replace(explanation, texts=named, warnings=more, **common)
    return replace(texts[None], warnings=more)


def _has_pieces(text: Explanation) -> bool:
    """Whether the tokenizer tells that some word has several pieces, and nobody has joined them yet."""
    if text.layout != "text" or text.unit != "token":
        return False
    words = [token.word for token in text.tokens if token.word is not None]
    return len(set(words)) < len(words) or any(has_marker(token.text) for token in text.tokens)


def _merged(text: Explanation, joined: Joined) -> Explanation:
    members, cuts = joined.members, grapheme_cuts(text.document)
    tokens = tuple(_unit(text, [text.tokens[i] for i in each], cuts) for each in members)
    targets = tuple(_target(text.document, target, tokens, joined, members) for target in text.targets)
    return replace(text, tokens=tokens, targets=targets, unit=joined.noun)


def _unit(text: Explanation, pieces: Sequence[Token], cuts: Sequence[int]) -> Token:
    """One token in the place of some, at their characters, without the blanks around them."""
    first = pieces[0]
    if first.is_special or first.end <= first.start:
        return first
    start, end = min(piece.start for piece in pieces), max(piece.end for piece in pieces)
    start, end = whole_characters(cuts, *without_blanks(text.document, start, end))
    words = {piece.word for piece in pieces}
    return Token(
        text.document[start:end],
        start,
        end,
        is_unknown=any(piece.is_unknown for piece in pieces),
        word=first.word if len(words) == 1 else None,
    )


def _target(
    document: str,
    target: TargetExplanation,
    tokens: tuple[Token, ...],
    joined: Joined,
    members: Sequence[Sequence[int]],
) -> TargetExplanation:
    heatmap = [math.fsum(target.heatmap[each].tolist()) for each in map(list, members)]
    of = joined.of_token.tolist()
    unseen = set(target.unseen)
    return replace(
        target,
        heatmap=np.array(heatmap, float),
        spans=weighted_spans(document, tokens, heatmap),
        diagnostics=_diagnostics(target.diagnostics, joined, members),
        positions=tuple(dict.fromkeys(of[i] for i in target.positions)),
        unseen=tuple(unit for unit, each in enumerate(members) if unseen.issuperset(each)),
    )


def _diagnostics(
    diagnostics: Mapping[str, Any], joined: Joined, members: Sequence[Sequence[int]]
) -> dict[str, Any]:
    """What the method says of its result: numbers of each token are left out, but for standard errors.

    How the errors of two tokens go together is not known: that of their sum is at most the sum of theirs.
    """
    count, kept = len(joined.of_token), {}
    for name, value in diagnostics.items():
        if not (isinstance(value, np.ndarray) and value.shape == (count,)):
            kept[name] = value
        elif name in (STANDARD_ERROR, AT_MOST):
            is_known = joined.are_players or len(members) == count
            sums = np.array([math.fsum(value[list(each)].tolist()) for each in members])
            kept[name if is_known else AT_MOST] = sums
    return kept


def _owner(explanation: AnyExplanation, joined: Mapping[str | None, Joined]) -> Joined | None:
    """The units of the text for whose tokens the model has scores; None where that is not known."""
    texts = texts_of(explanation)
    counts = {
        len(p.token_labels)
        for p in (explanation.prediction, *explanation.other_predictions)
        if p.token_labels
    }
    for name, text in texts.items():
        is_owner = len(texts) == 1 or any(target.positions for target in text.targets)
        if is_owner and name in joined and counts == {len(text.tokens)}:
            return joined[name]
    return None


def _predicted(prediction: Prediction, owner: Joined | None) -> Prediction:
    """What the model said of the units: of each what it said of its first token, as is the custom for taggers."""
    if owner is None or not prediction.token_labels:
        return prediction
    first = [each[0] for each in owner.members]
    labels = tuple(prediction.token_labels[i] for i in first)
    probabilities = prediction.probabilities
    return replace(
        prediction,
        scores=prediction.scores[first],
        probabilities=None if probabilities is None else probabilities[first],
        label=" ".join(labels),
        token_labels=labels,
    )
