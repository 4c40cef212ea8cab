"""The colours of a weight: diverging ramps of seventeen steps, from against (-8) over neutral (0) to for (+8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textattr.checks import shown
from textattr.errors import OptionError
from textattr.renderers.colour import ink_on, mixed

STEPS = 8
LEVELS = tuple(range(-STEPS, STEPS + 1))
_WEAKEST = 0.16  # of the way from the paper to the end: the first step can be told from the paper


@dataclass(frozen=True)
class Palette:
    """How weights, lines and mistakes are coloured on one kind of page.

    Args:
        backgrounds: a colour for each level from -8 to 8; level 0 is the paper.
        ink: of text on the paper and on each of the backgrounds.
        speaks_for: of lines and bars of positive weights.
        against: of lines and bars of negative weights.
        mistake: of what is wrong; never a weight's colour.
        track: of the empty part of a bar.
        quiet: of the full part of a bar that is no weight, such as a probability.
    """

    backgrounds: Mapping[int, str]
    ink: str
    speaks_for: str
    against: str
    mistake: str
    track: str
    quiet: str

    @property
    def is_see_through(self) -> bool:
        """Whether the page shows through: then its ink is taken as well."""
        return self.ink == "inherit"

    def line(self, level: int) -> str:
        """The colour of the line under a token of this level."""
        return self.speaks_for if level > 0 else self.against


def _ramp(against: str, paper: str, speaks_for: str) -> dict[int, str]:
    """Equal steps in OKLab from the paper to each end."""
    shares = [_WEAKEST + (1 - _WEAKEST) * i / (STEPS - 1) for i in range(STEPS)]
    arms = {-1: against, 1: speaks_for}
    found = {0: paper}
    for sign, end in arms.items():
        found.update({sign * (i + 1): mixed(paper, end, share) for i, share in enumerate(shares)})
    return found


_VEILS = (0.09, 0.155, 0.22, 0.285, 0.35, 0.415, 0.48, 0.545)
_VEIL_FOR, _VEIL_AGAINST = "236,90,0", "106,76,255"


def _veils() -> dict[int, str]:
    """Colours that cover a page of unknown colour a little or more."""
    found = {0: "transparent"}
    for i, opacity in enumerate(_VEILS, start=1):
        found[i] = f"rgba({_VEIL_FOR},{opacity})"
        found[-i] = f"rgba({_VEIL_AGAINST},{opacity})"
    return found


PALETTES: Mapping[str, Palette] = {
    "auto": Palette(
        _veils(),
        ink="inherit",
        speaks_for="#e0701a",
        against="#946ff0",
        mistake="#d63a34",
        track="rgba(128,128,128,0.28)",
        quiet="rgba(128,128,128,0.9)",
    ),
    "puor": Palette(
        _ramp("#9573e6", "#ffffff", "#ee7f0c"),
        ink="#1b1b20",
        speaks_for="#cf5f00",
        against="#7a52dc",
        mistake="#b0201c",
        track="#e2e2e8",
        quiet="#565660",
    ),
    "puor-dark": Palette(
        _ramp("#6d4acb", "#19191e", "#a85200"),
        ink="#ececf1",
        speaks_for="#ea8a30",
        against="#a184f5",
        mistake="#ff8a80",
        track="#2e2e37",
        quiet="#a9a9b6",
    ),
    "greys": Palette(
        _ramp("#8f8f8f", "#ffffff", "#8f8f8f"),
        ink="#1b1b20",
        speaks_for="#565656",
        against="#565656",
        mistake="#1b1b20",
        track="#e2e2e2",
        quiet="#565656",
    ),
}
"""Purple speaks against, orange for the target: ends that colour-blind readers tell apart too. "auto" lets a page of
any colour show through; "puor" is for light pages, "puor-dark" for dark ones; "greys" is for print, where the line
alone carries the sign."""


def palette_named(name: str) -> Palette:
    """The palette of that name.

    Raises:
        OptionError: when there is none of that name.

    Example:
        >>> palette_named("greys").backgrounds[8]
        '#8f8f8f'
    """
    if not isinstance(name, str) or name not in PALETTES:
        raise OptionError(f"palette: expected one of {', '.join(PALETTES)}; got {shown(name)}")
    return PALETTES[name]


@dataclass(frozen=True)
class TerminalPalette:
    """Backgrounds for the levels from -4 to 4, of which black or white text stands out."""

    backgrounds: Mapping[int, str]

    def ink(self, level: int) -> str:
        """Black or white, whichever has more contrast."""
        return ink_on(self.backgrounds[level])


def _terminal(against: tuple[str, ...], speaks_for: tuple[str, ...]) -> TerminalPalette:
    colours = (*reversed(against), "#ffffff", *speaks_for)
    return TerminalPalette(dict(zip(range(-4, 5), colours, strict=True)))


TERMINALS: Mapping[str, TerminalPalette] = {
    "256": _terminal(
        ("#afafd7", "#af87ff", "#875fff", "#5f00af"), ("#d7af87", "#ffaf5f", "#ff8700", "#d75f00")
    ),
    "truecolor": _terminal(
        ("#c1b5e3", "#a98fe6", "#8763dd", "#5f2fb5"), ("#e3c3a0", "#f0ae6a", "#ee8a24", "#c25a00")
    ),
}
"""The same hues for terminals, dull where weak, since the background may be black or white."""
