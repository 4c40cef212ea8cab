"""What is said of an explanation in names and values: what was missed, and what lies beside the tokens."""

from __future__ import annotations

from collections.abc import Mapping

from textattr.explanation import AnyExplanation
from textattr.renderers.balance import OUTSIDE
from textattr.renderers.kinds import noun_of, texts_in
from textattr.renderers.numbers import Digits

Facts = tuple[tuple[str, str], ...]
"""Names and values, each pair to be shown as "name: value"."""

_MUCH = 0.1  # of a text


def missed_facts(explanation: AnyExplanation) -> Facts:
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


def share_facts(shares: Mapping[str, float], digits: Digits, baseline_score: float | None = None) -> Facts:
    """Relevance beside the tokens, by name, where it is any; what is outside the sum of weights is said to be.

    Example:
        >>> share_facts({"padding": 0.0, "special": -0.2}, Digits())
        (('special', '−0.20'),)
    """
    outside = set() if baseline_score is None else {OUTSIDE}
    return tuple(
        (f"{name} (outside the sum)" if name in outside else name, digits.signed(share))
        for name, share in shares.items()
        if share != 0
    )
