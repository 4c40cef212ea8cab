"""An explanation as shapes on paper, in points: an SVG and a PDF are drawn from the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from textattr.renderers.excerpt import Fold
from textattr.renderers.numbers import probability
from textattr.renderers.palette import LEVELS, Palette
from textattr.renderers.score_bar import score_bar
from textattr.renderers.segments import Piece
from textattr.renderers.strongest import Strong
from textattr.renderers.text_width import shortened, text_width
from textattr.renderers.verdict import Verdict
from textattr.renderers.view_model import Parts, TargetParts
from textattr.visible import visible_line

WIDTH = 468.0  # 6.5 inches, the width of a page's text
_TEXT = 272.0  # of these the document's
_LABELS, _BARS = 64.0, 80.0
_SIZE, _LINE, _SMALL = 9.5, 19.0, 8.0
_ROW = 12.5


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    radius: float = 0.0


@dataclass(frozen=True)
class Stroke:
    """A straight line, dotted where it stands for what speaks against."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str
    width: float = 1.1
    is_dotted: bool = False


@dataclass(frozen=True)
class Words:
    """A text on one line; `length` is the width that it is stretched to."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    is_bold: bool = False
    anchor: str = "start"
    length: float | None = None


Shape = Box | Stroke | Words


@dataclass
class Figure:
    """The shapes, in the order that they are drawn, and the same in words for who cannot see them."""

    title: str
    description: str
    height: float = 0.0
    shapes: list[Shape] = field(default_factory=list)


def figure_of(parts: Parts, palette: Palette) -> Figure:
    """The verdict above; of each target the text and what the score is made of, left, and bars, right."""
    labels = ", ".join(target.label for target in parts.targets)
    figure = Figure(visible_line(f"Why the model said {labels}"), visible_line(_description(parts)))
    y = 11.0
    for said in parts.verdicts[:1]:
        figure.shapes += _verdict(said, y, palette)
        y += 14
    for target in parts.targets:
        y = _target(figure, target, parts, y, palette)
    if "legend" in parts.shown and parts.targets:
        y = _legend(figure, parts.targets[0], y, palette)
    for warning in parts.warnings:
        figure.shapes.append(
            Words(0, y, shortened(f"⚠ {visible_line(warning)}", _SMALL, WIDTH), _SMALL, palette.ink)
        )
        y += 11
    figure.height = y
    return figure


def _description(parts: Parts) -> str:
    said = [f"Predicted {v.label}" + (f", truth {v.truth}" if v.truth else "") for v in parts.verdicts[:1]]
    said += [
        f"Strongest {parts.noun}s for {target.label}: "
        + (", ".join(f"{row.name} {row.weight}" for row in target.bars) or "none")
        for target in parts.targets
    ]
    return ". ".join(said) + "."


def _verdict(said: Verdict, y: float, palette: Palette) -> Iterator[Shape]:
    x = 0.0
    label = visible_line(said.label if said.value is None else f"{said.label} {said.value}")
    label = shortened(label, 11, WIDTH / 2)
    yield Words(x, y, label, 11, palette.ink, is_bold=True)
    x += text_width(label, 11, bold=True) + 6
    if said.probability is not None:
        text = f"p = {probability(said.probability)}"
        yield Words(x, y, text, 8.5, palette.quiet)
        x += text_width(text, 8.5) + 12
    if said.truth is not None:
        mark = "✗ " if said.is_wrong else ""
        text = shortened(f"{mark}truth: {visible_line(said.truth)}", 8.5, WIDTH - x)
        yield Words(
            x, y, text, 8.5, palette.mistake if said.is_wrong else palette.quiet, is_bold=said.is_wrong
        )


def _target(figure: Figure, target: TargetParts, parts: Parts, y: float, palette: Palette) -> float:
    """Draws one target from `y` on, and says where the next one starts."""
    if len(parts.targets) > 1 or not target.is_verdict:
        against = f" against {target.against}" if target.against else ""
        token = f" at {target.token}" if target.token else ""
        why = visible_line(f"why {target.label}{token}{against}")
        figure.shapes.append(Words(0, y + 6, shortened(why, 9, _TEXT), 9, palette.ink, is_bold=True))
        y += 10
    top = y
    for text in target.texts:
        if text.name is not None:
            name = shortened(f"{visible_line(text.name)}  {text.total}", _SMALL, _TEXT)
            figure.shapes.append(Words(0, y + 8, name, _SMALL, palette.quiet))
            y += 6
        if text.pieces or text.excerpt:
            y = _document(figure, text.excerpt or text.pieces, target, y + 16, palette)
    y = _score(figure, target, parts, y, palette)
    return max(y, _bars(figure, target.bars, top, palette))


def _document(
    figure: Figure, pieces: Sequence[Piece | Fold], target: TargetParts, y: float, palette: Palette
) -> float:
    """The text on lines of words, from the right where it begins with letters that are read so."""
    content = "".join(piece.text for piece in pieces if isinstance(piece, Piece))
    is_mirrored = _is_right_to_left(content)
    x = 0.0
    for piece in pieces:
        text = piece.text if isinstance(piece, Piece) else _fold(piece, target)
        for part in re.findall(r"\n|[^\S\n]+|\S+", text):
            width = text_width(part, _SIZE)
            if part == "\n" or (x > 0 and x + width > _TEXT and not part.isspace()):
                x, y = 0.0, y + _LINE
            if part.isspace():
                x += 0 if part == "\n" or x == 0 else width
                continue
            word = shortened(visible_line(part), _SIZE, _TEXT)
            width = text_width(word, _SIZE)
            left = _TEXT - x - width if is_mirrored else x
            figure.shapes += _word(word, left, y, width, piece, palette)
            x += width
    return y + 8


def _word(
    word: str, x: float, y: float, width: float, piece: Piece | Fold, palette: Palette
) -> Iterator[Shape]:
    level = piece.level if isinstance(piece, Piece) else 0
    is_quiet = isinstance(piece, Fold) or piece.is_unread or piece.is_unseen
    if level:
        yield Box(x - 1, y - 9, width + 2, 12, palette.backgrounds[level], 1.5)
        yield Stroke(x - 1, y + 3.8, x + width + 1, y + 3.8, palette.line(level), is_dotted=level < 0)
    if isinstance(piece, Piece) and piece.is_explained:
        for at in (y - 10, y + 5):
            yield Stroke(x - 1, at, x + width + 1, at, palette.ink)
    if isinstance(piece, Piece) and piece.is_unknown and not level:
        yield Stroke(x - 1, y + 3.8, x + width + 1, y + 3.8, palette.ink, 0.6, is_dotted=True)
    yield Words(x, y, word, _SIZE, palette.quiet if is_quiet else palette.ink, length=width)


def _fold(fold: Fold, target: TargetParts) -> str:
    sums = [target.digits.signed(weight) for weight in (fold.gain, -fold.loss) if weight]
    return f" […\N{NO-BREAK SPACE}{fold.tokens}\N{NO-BREAK SPACE}more {' '.join(sums)}\N{NO-BREAK SPACE}…] "


def _is_right_to_left(text: str) -> bool:
    kinds = (unicodedata.bidirectional(character) for character in text)
    return next((kind in ("R", "AL") for kind in kinds if kind in ("L", "R", "AL")), False)


def _score(figure: Figure, target: TargetParts, parts: Parts, y: float, palette: Palette) -> float:
    bar = score_bar(target.balance, target.spans, parts.ends)
    if bar is not None:
        lanes = ((bar.speaks_for, 0.0, palette.speaks_for), (bar.against, 6.0, palette.against))
        for lane, down, colour in lanes:
            width = sum(segment.width for segment in lane.segments)
            if width > 0:
                figure.shapes.append(Box(_TEXT * lane.start, y + down, _TEXT * width, 5, colour))
        for at, width in ((bar.baseline, 0.8), (bar.score, 1.6)):
            figure.shapes.append(Stroke(_TEXT * at, y - 1, _TEXT * at, y + 12, palette.ink, width))
        y += 20
    for line in _wrapped("".join(term.text for term in target.equation), _SMALL, _TEXT):
        figure.shapes.append(Words(0, y + 4, line, _SMALL, palette.quiet))
        y += 10
    return y + 4


def _wrapped(text: str, size: float, width: float) -> Iterator[str]:
    line = ""
    for word in visible_line(text).split():
        if line and text_width(f"{line} {word}", size) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line


def _bars(figure: Figure, rows: Sequence[Strong], y: float, palette: Palette) -> float:
    """Bars left and right of a line, with labels flush against them and numbers at the edge."""
    if not rows:
        return y
    middle = WIDTH - 40 - _BARS / 2
    for i, row in enumerate(rows):
        at = y + _ROW * (i + 1)
        label = shortened(visible_line(row.name), _SMALL, _LABELS)
        figure.shapes.append(Words(middle - _BARS / 2 - 6, at, label, _SMALL, palette.ink, anchor="end"))
        width = _BARS / 2 * abs(row.fraction)
        colour = palette.speaks_for if row.fraction > 0 else palette.against
        figure.shapes.append(Box(middle if row.fraction > 0 else middle - width, at - 7, width, 7, colour))
        figure.shapes.append(Words(WIDTH, at, row.weight, _SMALL, palette.ink, anchor="end"))
    bottom = y + _ROW * (len(rows) + 0.4)
    figure.shapes.append(Stroke(middle, y + 2, middle, bottom, palette.quiet, 0.6))
    return bottom + 4


def _legend(figure: Figure, target: TargetParts, y: float, palette: Palette) -> float:
    if target.scale == 0:
        figure.shapes.append(Words(0, y + 8, "no weight at all", _SMALL, palette.quiet))
        return y + 14
    steps = [level for level in LEVELS if level]
    left, width = 46.0, 7.0
    figure.shapes.append(Words(left - 6, y + 8, target.words.negative, _SMALL, palette.ink, anchor="end"))
    for i, level in enumerate(steps):
        figure.shapes.append(Box(left + width * i, y, width, 8, palette.backgrounds[level]))
    middle, right = left + width * len(steps) / 2, left + width * len(steps)
    figure.shapes.append(Stroke(left, y + 9, middle, y + 9, palette.against, is_dotted=True))
    figure.shapes.append(Stroke(middle, y + 9, right, y + 9, palette.speaks_for))
    figure.shapes.append(Words(right + 6, y + 8, target.words.positive, _SMALL, palette.ink))
    for at, text in ((left, -target.scale), (middle, 0.0), (right, target.scale)):
        figure.shapes.append(Words(at, y + 18, target.digits.signed(text), 7, palette.quiet, anchor="middle"))
    return y + 24
