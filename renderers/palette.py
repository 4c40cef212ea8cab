"""The colours of a weight: diverging ramps of nine levels, from against (-4) over neutral (0) to for (+4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textattr.errors import OptionError

LEVELS = tuple(range(-4, 5))
BLACK, WHITE = "#000000", "#ffffff"


@dataclass(frozen=True)
class Palette:
    """A background per level; level 0 is the paper itself.

    Args:
        backgrounds: one colour "#rrggbb" for each level from -4 to 4.
        line: the colour of the lines under tokens, which are drawn on the paper.
    """

    backgrounds: Mapping[int, str]
    line: str

    def ink(self, level: int) -> str:
        """The text colour for a level: black or white, whichever stands out more."""
        return ink(self.backgrounds[level])


def _diverging(against: tuple[str, ...], paper: str, speaks_for: tuple[str, ...], line: str) -> Palette:
    """A palette from two arms of four colours, each from the weakest to the strongest."""
    return Palette(dict(zip(LEVELS, (*reversed(against), paper, *speaks_for), strict=True)), line)


_GREYS = ("#e3e3e3", "#c2c2c2", "#969696", "#5e5e5e")

PALETTES: Mapping[str, Palette] = {
    "puor": _diverging(
        ("#e1d9f6", "#c1afeb", "#9c7fd7", "#6e38b8"),
        "#ffffff",
        ("#fadebc", "#f4b87b", "#ec8d38", "#b1500b"),
        line="#3d3d42",
    ),
    "puor-dark": _diverging(
        ("#4b3774", "#6a49aa", "#916ddd", "#bba4f8"),
        "#17171b",
        ("#5b3922", "#8e5224", "#c47125", "#f9a041"),
        line="#c9c9d0",
    ),
    "greys": _diverging(_GREYS, "#ffffff", _GREYS, line=BLACK),
}
"""Purple speaks against, orange for the target: ends that colour-blind readers tell apart too. "puor" is for
light pages, "puor-dark" for dark ones; "greys" is for print, where the underline alone carries the sign."""

TERMINAL = _diverging(
    ("#afafd7", "#af87ff", "#875fff", "#5f00af"),
    "#ffffff",
    ("#d7af87", "#ffaf5f", "#ff8700", "#d75f00"),
    line=BLACK,
)
"""The same hues among the 256 colours of terminals, dull where weak, since the background may be black or white."""


def palette_named(name: str) -> Palette:
    """The palette of that name.

    Raises:
        OptionError: when there is none of that name.

    Example:
        >>> palette_named("greys").backgrounds[4]
        '#5e5e5e'
    """
    if not isinstance(name, str) or name not in PALETTES:
        raise OptionError(f"palette: expected one of {', '.join(PALETTES)}; got {name!r}")
    return PALETTES[name]


def luminance(colour: str) -> float:
    """The relative luminance of a colour "#rrggbb", from 0 (black) to 1 (white), as WCAG 2.2 defines it.

    `0.2126 R + 0.7152 G + 0.0722 B` of the linear channels of sRGB.

    Example:
        >>> luminance("#ffffff")
        1.0
    """
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 (none) to 21; 4.5 is what WCAG 2.2 asks of text (AA).

    `(L1 + 0.05) / (L2 + 0.05)` with L1 the luminance of the lighter colour.

    Example:
        >>> round(contrast("#000000", "#ffffff"))
        21
    """
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink(background: str) -> str:
    """Black or white, whichever has more contrast to the background: at least 4.58 on any colour.

    Example:
        >>> ink("#f4b87b"), ink("#6e38b8")
        ('#000000', '#ffffff')
    """
    return max(BLACK, WHITE, key=lambda colour: contrast(colour, background))
