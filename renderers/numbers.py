"""Numbers as readers see them: two digits in a picture, three where asked, a true minus, figures of one width."""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUS = "\u2212"
_MOST_PLACES = 9


@dataclass(frozen=True)
class Digits:
    """How many decimal places all numbers of one picture have, so that they can be compared at sight.

    Two where weights are about 1 in size; as many as show two digits of the largest where they are smaller.

    Args:
        places: after the decimal point.
    """

    places: int = 2

    @classmethod
    def of(cls, scale: float) -> Digits:
        """For weights up to `scale`.

        Example:
            >>> Digits.of(1.3), Digits.of(0.0042), Digits.of(25_000.0)
            (Digits(places=2), Digits(places=4), Digits(places=0))
        """
        if not math.isfinite(scale) or scale <= 0:
            return cls()
        size = math.floor(math.log10(scale))
        return cls(0 if size >= 3 else min(max(2, 1 - size), _MOST_PLACES))

    def plain(self, value: float, more: int = 0) -> str:
        """A number; `more` adds places.

        Example:
            >>> Digits().plain(-0.034), Digits().plain(-0.001), Digits().plain(2.5e9)
            ('−0.03', '0.00', '2.5e9')
        """
        value = float(value)
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
        if abs(value) >= 1e6:
            digits, _, power = f"{value:.{1 + more}e}".partition("e")
            return f"{digits}e{int(power)}".replace("-", MINUS)
        text = f"{value:.{self.places + more}f}"
        is_zero = not text.strip("-0.")
        return text.lstrip("-") if is_zero else text.replace("-", MINUS)

    def signed(self, value: float, more: int = 0) -> str:
        """A number with its sign; what rounds to zero keeps the sign that it has.

        Example:
            >>> Digits().signed(1.3), Digits().signed(-0.001), Digits().signed(0)
            ('+1.30', '−0.00', '0')
        """
        if value == 0 or math.isnan(value):
            return "0" if value == 0 else "NaN"
        return ("+" if value > 0 else MINUS) + self.plain(abs(float(value)), more)


def probability(value: float) -> str:
    """A probability with two digits; never 0 or 1 where it is neither.

    Example:
        >>> probability(0.8411), probability(0.9999), probability(0.0004), probability(1.0)
        ('0.84', '>0.99', '<0.01', '1.00')
    """
    if math.isnan(value):
        return "NaN"
    if 0.995 <= value < 1:
        return ">0.99"
    if 0 < value < 0.005:
        return "<0.01"
    return f"{float(value):.2f}"


def short(value: float) -> str:
    """A number in as few characters as show four digits of it, with a true minus.

    Example:
        >>> short(4.0), short(-0.123456), short(71)
        ('4', '−0.1235', '71')
    """
    return f"{float(value):.4g}".replace("-", MINUS)


def nice_scale(size: float) -> float:
    """The smallest round number from `size` on: 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten.

    Example:
        >>> nice_scale(1.7), nice_scale(0.31), nice_scale(0.0)
        (2.0, 0.4, 1.0)
    """
    if not math.isfinite(size) or size <= 0:
        return 1.0
    power = math.floor(math.log10(size))
    for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        scale = float(f"{factor}e{power}")
        if size <= scale * (1 + 1e-9):
            return scale
    return float(f"1e{power + 1}")
