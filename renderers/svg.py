"""An explanation as a vector figure for papers and slides."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from textattr.errors import OptionError
from textattr.explanation import AnyExplanation
from textattr.renderers.figure import WIDTH, Figure, figure_of
from textattr.renderers.palette import palette_named
from textattr.renderers.shown import COMMON, MOST_TOKENS, SHOW, THRESHOLD, Scale, checked
from textattr.renderers.templating import environment
from textattr.renderers.view_model import parts_of
from textattr.units.merge import AUTO, Merge


def format_as_svg(
    explanation: AnyExplanation,
    *,
    top: int = 8,
    palette: str = "puor",
    show: str | Collection[str] = SHOW,
    merge: Merge = AUTO,
    highlight_threshold: float = THRESHOLD,
    max_tokens: int | None = MOST_TOKENS,
    scale: Scale = COMMON,
) -> str:
    """The explanation as an SVG, 6.5 inches wide: attributes alone, no style sheet, no script, no browser needed.

    The text is left, with what the score is made of below it, and bars of the strongest tokens are right. Options are
    those of [format_as_html][], but for the palette "auto": a figure has a background of its own.

    Raises:
        OptionError: for an unknown option value, and what is not one explanation.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> format_as_svg(EXAMPLE)[:37]
        '<svg xmlns="http://www.w3.org/2000/sv'
    """
    figure = laid_out(
        explanation,
        top=top,
        palette=palette,
        show=show,
        merge=merge,
        highlight_threshold=highlight_threshold,
        max_tokens=max_tokens,
        scale=scale,
    )
    name = hashlib.sha256(repr(figure).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return environment().get_template("figure.svg").render(figure=figure, width=WIDTH, id=f"textattr-{name}")


def laid_out(
    explanation: AnyExplanation,
    *,
    top: int = 8,
    palette: str = "puor",
    show: str | Collection[str] = SHOW,
    merge: Merge = AUTO,
    highlight_threshold: float = THRESHOLD,
    max_tokens: int | None = MOST_TOKENS,
    scale: Scale = COMMON,
) -> Figure:
    """The shapes of the figure, for whatever draws them.

    Raises:
        OptionError: for an unknown option value, and what is not one explanation.
    """
    chosen = palette_named(palette)
    if chosen.is_see_through:
        raise OptionError("palette: a figure takes 'puor', 'puor-dark' or 'greys', got 'auto'")
    options = checked(
        top=top, show=show, highlight_threshold=highlight_threshold, max_tokens=max_tokens, scale=scale
    )
    return figure_of(parts_of(explanation, options, merge), chosen)
