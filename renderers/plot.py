"""Explanations drawn with matplotlib: bars of the strongest tokens, and a heat map of tokens by methods."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textattr._optional import require
from textattr.checks import whole_number
from textattr.errors import OptionError
from textattr.explanation import AnyExplanation, Explanation
from textattr.renderers.figure import WIDTH, Box, Figure, Stroke, Words
from textattr.renderers.kinds import one_or_many
from textattr.renderers.palette import PALETTES, STEPS
from textattr.renderers.shown import Options
from textattr.renderers.text_width import text_width
from textattr.renderers.view_model import parts_of
from textattr.units.merge import AUTO, Merge
from textattr.visible import visible_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties

_PUOR = PALETTES["puor"]
_MOST_COLUMNS = 60
_NARROW = 0.87  # of the size, in which DejaVu Sans is about as wide as Helvetica
_MARGIN = 6.0  # points around a figure in a file


def plot(
    explanations: AnyExplanation | Sequence[AnyExplanation],
    ax: Axes | None = None,
    *,
    top: int = 20,
    merge: Merge = AUTO,
) -> Axes:
    """Draws an explanation as bars of its strongest tokens; several of one document as a heat map, a row each.

    Methods, layers or models compare in a heat map; each row is divided by its largest |weight|. Of each explanation,
    the first target is drawn. Needs matplotlib: `pip install 'textattr[plot]'`.

    Args:
        explanations: one, or several of the same document in the same tokens.
        ax: the axes to draw into; None: new ones.
        top: how many bars; a heat map shows the first 60 tokens.
        merge: what counts as one, as [format_as_html][] takes it.

    Raises:
        MissingExtraError: without matplotlib.
        OptionError: for what is no explanation, and several of different tokens.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> ax = plot(EXAMPLE, top=3)
        >>> [label.get_text() for label in ax.get_yticklabels()]
        ['awful', 'great', 'acting']
    """
    require("matplotlib", "plot")
    whole_number("top", top)
    found = list(one_or_many(explanations))
    if not found:
        raise OptionError("plot: expected one explanation or more, got none")
    axes = _new_axes() if ax is None else ax
    return _bars(axes, found[0], top, merge) if len(found) == 1 else _heatmap(axes, found)


def _new_axes() -> Axes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Paper

    paper = Paper(figsize=(6.5, 3.5), layout="constrained")
    FigureCanvasAgg(paper)
    return paper.subplots()


def _bars(axes: Axes, explanation: AnyExplanation, top: int, merge: Merge) -> Axes:
    target = parts_of(explanation, Options(top=top), merge).targets[0]
    rows = [*[row for text in target.texts for row in text.strongest][:top], *target.features]
    sizes = [row.fraction * target.scale for row in rows]
    colours = [_PUOR.speaks_for if size > 0 else _PUOR.against for size in sizes]
    hatches = ["" if size > 0 else "////" for size in sizes]
    axes.barh(range(len(rows)), sizes, color=colours, hatch=hatches, edgecolor="white", linewidth=0)
    axes.set_yticks(range(len(rows)), [visible_line(row.name) for row in rows], parse_math=False)
    axes.invert_yaxis()
    axes.axvline(0, color=_PUOR.quiet, linewidth=0.8)
    axes.set_xlabel(f"{target.words.negative} ← {target.words.unit} → {target.words.positive}")
    axes.set_title(visible_line(f"why {target.label}"), loc="left", parse_math=False)
    return axes


def _heatmap(axes: Axes, explanations: Sequence[AnyExplanation]) -> Axes:
    from matplotlib.colors import ListedColormap

    texts = [each for each in explanations if isinstance(each, Explanation)]
    tokens = {tuple(token.text for token in each.tokens) for each in texts}
    if len(texts) < len(explanations) or len(tokens) != 1:
        raise OptionError(
            "plot: expected explanations of one document in the same tokens, got others; explanation.merge('words') "
            "gives them common ones"
        )
    weights = np.array([each.targets[0].heatmap[:_MOST_COLUMNS] for each in texts])
    largest = np.abs(weights).max(axis=1, keepdims=True) if weights.size else np.ones((len(texts), 1))
    strengths = np.divide(weights, largest, out=np.zeros_like(weights), where=largest > 0)
    ramp = ListedColormap([_PUOR.backgrounds[level] for level in range(-STEPS, STEPS + 1)])
    axes.imshow(strengths, cmap=ramp, vmin=-1, vmax=1, aspect="auto")
    words = [visible_line(token.text) for token in texts[0].tokens[:_MOST_COLUMNS]]
    axes.set_xticks(range(len(words)), words, rotation=60, ha="right", parse_math=False)
    axes.set_yticks(range(len(texts)), [visible_line(each.title) for each in texts], parse_math=False)
    for (row, column), strength in np.ndenumerate(strengths):
        if abs(strength) >= 0.1:
            sign = "+" if strength > 0 else "−"
            axes.text(column, row, sign, ha="center", va="center", fontsize=8, color=_PUOR.ink)
    return axes


def draw(figure: Figure, kind: str) -> bytes:
    """The shapes of a figure as a file: "pdf" or "png", the same bytes each time.

    Raises:
        MissingExtraError: without matplotlib.
    """
    require("matplotlib", "plot")
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Paper

    height = max(figure.height, 1.0)
    paper = Paper(figsize=((WIDTH + 2 * _MARGIN) / 72, (height + 2 * _MARGIN) / 72))
    FigureCanvasAgg(paper)
    axes = paper.add_axes((0, 0, 1, 1))
    axes.set_xlim(-_MARGIN, WIDTH + _MARGIN)
    axes.set_ylim(height + _MARGIN, -_MARGIN)
    axes.axis("off")
    for shape in figure.shapes:
        _draw(axes, shape)
    written = io.BytesIO()
    metadata: dict[str, Any] = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    with mpl.rc_context({"pdf.fonttype": 42}):
        paper.savefig(written, format=kind, dpi=300, metadata=metadata)
    return written.getvalue()


def _draw(axes: Axes, shape: Box | Stroke | Words) -> None:
    from matplotlib.patches import Rectangle

    if isinstance(shape, Box):
        place = (shape.x, shape.y)
        axes.add_patch(Rectangle(place, shape.width, shape.height, facecolor=shape.fill, linewidth=0))
    elif isinstance(shape, Stroke):
        style = (0, (1.3, 1.5)) if shape.is_dotted else "solid"
        ends = ([shape.x1, shape.x2], [shape.y1, shape.y2])
        axes.plot(*ends, color=shape.colour, linewidth=shape.width, linestyle=style)
    else:
        anchor = {"start": "left", "end": "right", "middle": "center"}[shape.anchor]
        font = _fitting(shape)
        axes.text(
            shape.x,
            shape.y,
            shape.text,
            fontproperties=font,
            color=shape.colour,
            ha=anchor,
            va="baseline",
            parse_math=False,
        )


def _fitting(words: Words) -> FontProperties:
    """The font that there is, in the size in which the words are no wider than in Helvetica."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    wanted = words.length or text_width(words.text, words.size, bold=words.is_bold)
    font = FontProperties(family="DejaVu Sans", weight="bold" if words.is_bold else "normal", size=words.size)
    width, _, _ = TextToPath().get_text_width_height_descent(words.text, font, ismath=False)
    font.set_size(words.size * min(_NARROW, wanted / width) if width else words.size)
    return font
