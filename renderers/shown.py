"""What a caller asks to be shown, checked once for every renderer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from textattr.checks import number, shown, whole_number
from textattr.errors import OptionError

SHOW = ("header", "document", "legend", "shares", "warnings")
"""The parts that `show` chooses from; the table of the strongest tokens is chosen by `top`."""

THRESHOLD = 0.1
MOST_TOKENS = 120
COMMON: Literal["common"] = "common"
OWN: Literal["own"] = "own"

Scale = Literal["common", "own"] | float


@dataclass(frozen=True)
class Options:
    """What is shown of an explanation, and how.

    Args:
        top: how many of the strongest tokens are listed; None: `rows`, of features 20.
        rows: how many beside a document, where the caller does not say.
        parts: names from [SHOW][].
        threshold: the fraction of the scale below which a token stays plain.
        max_tokens: a document of more tokens is folded; None: none is.
        scale: "common", "own", or the weight that gets the strongest colour.
    """

    top: int | None = None
    rows: int = 0
    parts: frozenset[str] = frozenset(SHOW)
    threshold: float = 0.0
    max_tokens: int | None = None
    scale: Scale = COMMON


def checked(
    *,
    top: Any = None,
    show: str | Collection[str] = SHOW,
    highlight_threshold: Any = 0.0,
    max_tokens: Any = None,
    scale: Any = COMMON,
) -> Options:
    """The options that a caller gave.

    Raises:
        OptionError: for an unknown part, a negative number, or a scale that is none.

    Example:
        >>> checked(show="document", scale=2).scale
        2.0
    """
    return Options(
        top=None if top is None else whole_number("top", top, least=0),
        parts=_parts(show),
        threshold=number("highlight_threshold", highlight_threshold, least=0, most=1),
        max_tokens=None if max_tokens is None else whole_number("max_tokens", max_tokens),
        scale=_scale(scale),
    )


def _parts(show: str | Collection[str]) -> frozenset[str]:
    names = (show,) if isinstance(show, str) else tuple(show) if isinstance(show, Iterable) else (show,)
    if unknown := [name for name in names if name not in SHOW]:
        raise OptionError(f"show: expected any of {', '.join(SHOW)}; got {', '.join(map(shown, unknown))}")
    return frozenset(names)


def _scale(scale: Any) -> Scale:
    if isinstance(scale, str):
        if scale in (COMMON, OWN):
            return "common" if scale == COMMON else "own"
        raise OptionError(
            f"scale: expected 'common', 'own' or the weight of the strongest colour; got {shown(scale)}"
        )
    return number("scale", scale, above=0)
