"""How wide text is in Helvetica, without a font at hand: what a vector figure needs to place words on lines."""

from __future__ import annotations

from rich.cells import cell_len

# Of the characters from space to tilde, in thousandths of the font's size, as Adobe's font metrics have them.
_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_OTHER = 0.56  # of a letter beyond ASCII, as wide as a column of a terminal
_BOLD = 1.06


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width in the unit of the size.

    Example:
        >>> round(text_width("word", 10), 2)
        21.67
    """
    width = sum(_WIDTHS[ord(c) - 32] / 1000 if " " <= c <= "~" else cell_len(c) * _OTHER for c in text)
    return width * size * (_BOLD if bold else 1)


def shortened(text: str, size: float, most: float) -> str:
    """The text, cut where it is wider than `most`.

    Example:
        >>> shortened("a very long word", 10, 50)
        'a very lon…'
    """
    if text_width(text, size) <= most:
        return text
    while text and text_width(text + "…", size) > most:
        text = text[:-1]
    return text + "…"
