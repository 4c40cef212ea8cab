"""Colours as numbers: contrast as WCAG measures it, and mixing in OKLab, where equal steps look equal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BLACK, WHITE = "#000000", "#ffffff"

# From linear sRGB to the responses of the three cones and from their cube roots to lightness and two hues, after
# Ottosson (2020), "A perceptual color space for image processing".
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def channels(colour: str) -> npt.NDArray[np.float64]:
    """Red, green and blue of a colour "#rrggbb", from 0 to 1.

    Example:
        >>> channels("#ff0000").tolist()
        [1.0, 0.0, 0.0]
    """
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def linear(colour: str) -> npt.NDArray[np.float64]:
    """The same as amounts of light."""
    c = channels(colour)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """The relative luminance of a colour "#rrggbb", from 0 (black) to 1 (white), as WCAG 2.2 defines it.

    `0.2126 R + 0.7152 G + 0.0722 B` of the linear channels of sRGB.

    Example:
        >>> round(luminance("#ffffff"), 6)
        1.0
    """
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 (none) to 21; 4.5 is what WCAG 2.2 asks of text (AA).

    `(L1 + 0.05) / (L2 + 0.05)` with L1 the luminance of the lighter colour.

    Example:
        >>> round(contrast("#000000", "#ffffff"))
        21
    """
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(background: str) -> str:
    """Black or white, whichever has more contrast to the background: at least 4.58 on any colour.

    Example:
        >>> ink_on("#f4b87b"), ink_on("#6e38b8")
        ('#000000', '#ffffff')
    """
    return max(BLACK, WHITE, key=lambda colour: contrast(colour, background))


def mixed(one: str, other: str, share: float) -> str:
    """A colour that lies `share` of the way from one to the other in OKLab.

    Example:
        >>> mixed("#ffffff", "#ee7f0c", 1.0), mixed("#ffffff", "#000000", 0.5)
        ('#ee7f0c', '#636363')
    """
    lab = (1 - share) * _to_lab(one) + share * _to_lab(other)
    light = np.clip(np.linalg.solve(_CONES, np.linalg.solve(_LAB, lab) ** 3), 0, 1)
    c = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(each) * 255):02x}" for each in c)


def _to_lab(colour: str) -> npt.NDArray[np.float64]:
    return np.asarray(_LAB @ np.cbrt(_CONES @ linear(colour)))


def over(veil: str, page: str) -> str:
    """What a colour "rgba(r,g,b,opacity)" looks like on a page "#rrggbb".

    Example:
        >>> over("rgba(255,0,0,0.5)", "#ffffff")
        '#ff8080'
    """
    *rgb, opacity = map(float, veil.removeprefix("rgba(").removesuffix(")").split(","))
    mix = opacity * np.array(rgb) + (1 - opacity) * channels(page) * 255
    return "#" + "".join(f"{round(float(each)):02x}" for each in mix)
