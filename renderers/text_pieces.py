"""The pieces of a document in a terminal: in colours, or in brackets with their level where there are none."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style

from textattr.renderers.excerpt import Fold
from textattr.renderers.palette import TerminalPalette
from textattr.renderers.segments import Piece, level_of
from textattr.renderers.view_model import TargetParts
from textattr.visible import visible_text

STEPS = 4  # of the brackets and of the colours: more could not be told apart


@dataclass(frozen=True)
class Page:
    """Where it is shown: with which colours, if any, and how long the longest bar may be beside a token."""

    palette: TerminalPalette | None
    bar: int

    @property
    def colour(self) -> bool:
        """Whether there are colours."""
        return self.palette is not None

    def style(self, level: int) -> Style:
        """How a level from -4 to 4 looks: what speaks for the target is underlined, too."""
        if not level or self.palette is None:
            return Style()
        background = self.palette.backgrounds[level]
        return Style(color=self.palette.ink(level), bgcolor=background, underline=level > 0)


def fold_text(fold: Fold, noun: str, target: TargetParts) -> str:
    """What stands for a quiet stretch."""
    sums = [target.digits.signed(weight) for weight in (fold.gain, -fold.loss) if weight]
    return f" (… {' '.join([f'{fold.tokens} {noun}s', *sums])} …) "


def piece_text(piece: Piece, scale: float, page: Page) -> tuple[str, Style]:
    """What is written of a piece, with its marks, and how it looks."""
    written = around("{", visible_text(piece.text), "}") if piece.is_unknown else visible_text(piece.text)
    level = level_of(piece.weight, scale, steps=STEPS) if piece.level and piece.weight is not None else 0
    if piece.is_unread:
        return around("[✂ not read: ", written, "]"), Style(dim=page.colour)
    if page.colour:
        style = Style(bold=piece.is_explained, reverse=piece.is_explained, dim=piece.is_unseen)
        return written, page.style(level) + style
    written = around(">", written, "<") if piece.is_explained else written
    return around("[", written, f" {level:+d}]") if level else written, Style()


def around(before: str, text: str, behind: str) -> str:
    """The text between two marks, blanks around it left outside; as it is where it is blank."""
    word = text.strip()
    if not word:
        return text
    start = text.index(word)
    return text[:start] + before + word + behind + text[start + len(word) :]
