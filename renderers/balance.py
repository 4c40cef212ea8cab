"""What a score is made of: where it starts, what the words add and take away, and what lies beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from textattr.explanation import SharedTarget, TargetExplanation
from textattr.renderers.numbers import Digits
from textattr.renderers.wording import Wording

_ROUNDING = 2e-3  # of the largest number in the sum; float32 and half precision stay below
OUTSIDE = "other inputs"  # a share that no sum holds where weights start from a baseline


@dataclass(frozen=True)
class Term:
    """One part of the equation: a text, and "for" or "against" where it is the key to a colour."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Balance:
    """The numbers of the equation.

    Args:
        score: the target's score.
        baseline: where the weights start from; None where the rest does not add up to score - baseline.
        gain: the sum of all positive weights.
        loss: the sum of all negative weights, as a positive number.
        beside: what lies beside the words and belongs to the sum, by name; the method's own error among it.
    """

    score: float
    baseline: float | None
    gain: float
    loss: float
    beside: tuple[tuple[str, float], ...] = ()

    @property
    def total(self) -> float:
        """The sum of all weights of words."""
        return self.gain - self.loss

    @property
    def ends(self) -> tuple[float, ...]:
        """All numbers that a bar from the baseline to the score has to reach."""
        if self.baseline is None:
            return ()
        return self.baseline, self.baseline + self.gain, self.baseline + self.total, self.score


def balance(
    target: TargetExplanation | SharedTarget, weights: Iterable[float], shares: Iterable[tuple[str, float]]
) -> Balance:
    """Adds up one target: baseline + weights + features + shares - error = score, or no baseline where that fails.

    Args:
        target: the target.
        weights: those of all words of all texts.
        shares: what lies beside the words, of all texts.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> round(balance(EXAMPLE.targets[0], [0.5, -0.2], []).total, 6)
        0.3
    """
    numbers = [float(w) for w in weights]
    gain, loss = sum(w for w in numbers if w > 0), -sum(w for w in numbers if w < 0)
    score = float(target.score)
    known = [(name, float(value)) for name, value in shares]
    if target.features:
        known.insert(0, ("numbers beside the text", sum(f.weight for f in target.features)))
    if any(map(math.isnan, numbers)) or target.baseline_score is None:
        return Balance(score, None, gain, loss, tuple(known))
    start = float(target.baseline_score)
    inside = [(name, value) for name, value in known if name != OUTSIDE]
    for beside in (inside, known) if len(inside) < len(known) else (known,):
        error = _error(target, start, gain - loss, beside)
        if error is not None:
            parts = (*beside, ("error of the method", -error))
            return Balance(score, start, gain, loss, tuple(part for part in parts if part[1] != 0))
    return Balance(score, None, gain, loss, tuple(known))


def _error(
    target: TargetExplanation | SharedTarget, start: float, total: float, beside: list[tuple[str, float]]
) -> float | None:
    """By how much the parts exceed score - baseline, as the method says; None where they are off by more than that."""
    parts = [start, total, *(value for _, value in beside)]
    told = target.diagnostics.get("completeness_error", 0.0)
    error = float(told) if isinstance(told, int | float) else 0.0
    off = sum(parts) - error - target.score
    largest = max(map(abs, (*parts, target.score)))
    is_sum = math.isfinite(off) and abs(off) <= _ROUNDING * largest + 1e-9
    return sum(parts) - target.score if is_sum else None


def equation(found: Balance, words: Wording, digits: Digits, noun: str) -> tuple[Term, ...]:
    """The score and what it is made of, in terms to be written one after another.

    Example:
        >>> words = Wording("for", "against", "speaks ", "score", "logit")
        >>> "".join(t.text for t in equation(Balance(4.32, 9.55, 1.0, 6.23), words, Digits(), "word"))
        'score 4.32 = baseline 9.55 + 1.00 for − 6.23 against'
        >>> "".join(t.text for t in equation(Balance(4.32, None, 1.0, 6.23), words, Digits(), "word"))
        'score 4.32; the weights of the words sum to −5.23: 1.00 for − 6.23 against'
    """
    score = [Term(f"{words.name} "), Term(digits.plain(found.score), "score")]
    if found.baseline is None:
        sums = f"; the weights of the {noun}s sum to {digits.plain(found.total)}"
        if not (found.gain and found.loss):
            return (*score, Term(sums))
        gain, loss = _terms(found, words, digits)
        return (*score, Term(f"{sums}: "), gain, Term(f" {_MINUS} "), loss)
    terms = [*score, Term(f" = baseline {digits.plain(found.baseline)}")]
    gain, loss = _terms(found, words, digits)
    if found.gain or not found.loss:
        terms += [Term(" + "), gain]
    if found.loss:
        terms += [Term(f" {_MINUS} "), loss]
    for name, value in found.beside:
        size = digits.plain(abs(value))
        if size.strip("0."):
            terms.append(Term(f" {'+' if value > 0 else _MINUS} {size} {name}", "beside"))
    return tuple(terms)


_MINUS = "−"


def _terms(found: Balance, words: Wording, digits: Digits) -> tuple[Term, Term]:
    return (
        Term(f"{digits.plain(found.gain)} {words.positive}", "for"),
        Term(f"{digits.plain(found.loss)} {words.negative}", "against"),
    )
