"""An explanation as an HTML fragment for notebooks and web pages."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from textattr.explanation import AnyExplanation
from textattr.renderers.coloured import coloured
from textattr.renderers.look import inline, styles
from textattr.renderers.palette import LEVELS, palette_named
from textattr.renderers.score_bar import score_bar
from textattr.renderers.shown import COMMON, MOST_TOKENS, SHOW, THRESHOLD, Scale, checked
from textattr.renderers.templating import environment
from textattr.renderers.view_model import Parts, TargetParts, parts_of
from textattr.units.merge import AUTO, Merge

_TOP = 8
_EACH_SIDE = 3  # words for and words against, in the line of a class


def format_as_html(
    explanation: AnyExplanation,
    *,
    top: int | None = None,
    palette: str = "auto",
    show: str | Collection[str] = SHOW,
    merge: Merge = AUTO,
    highlight_threshold: float = THRESHOLD,
    max_tokens: int | None = MOST_TOKENS,
    scale: Scale = COMMON,
) -> str:
    """The explanation as an HTML fragment: inline styles, no script, no style sheet, nothing from elsewhere.

    What the model said comes first, with a cross where it was wrong; then what the score is made of, and the text. Each
    token is coloured by its weight: orange and underlined where it speaks for the target, purple and dotted where it
    speaks against; hovering over it shows the weight. Of several targets the text stands once, for the predicted one,
    and each has a line with its strongest words. What the model does not know has a dashed frame, and what was cut
    off before it read the text is grey behind a mark. Where a sanitised page drops all styles, a list is left in which
    bold words speak for, italic ones against.

    Args:
        explanation: the explanation.
        top: how many of the strongest tokens to list in a table; None: 8, folded, beside header and document, 20 of
            features.
        palette: "auto" for a page of any colour; "puor" for a white one, "puor-dark" for a dark one, "greys" for print.
        show: which parts: any of "header", "document", "legend", "shares", "warnings".
        merge: what is coloured as one: "words", "sentences" or whatever else `explanation.merge` takes; "auto": words
            where the tokenizer makes several pieces of one, else tokens; None: the tokens.
        highlight_threshold: tokens whose |weight| is below this fraction of the strongest colour's stay plain.
        max_tokens: of a document of more tokens, quiet stretches are folded; the text as a whole, of at most 5,000
            tokens, stands folded below. None: documents are shown as they are.
        scale: "common": the strongest colour is the largest |weight| of all targets and texts, the same for both
            signs; "own": of each target by itself; or that weight as a number, for pictures to be compared.

    Raises:
        OptionError: for an unknown palette, part, scale or merge, a negative number, or what is not one explanation.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> "speaks for" in format_as_html(EXAMPLE, top=3)
        True
    """
    palette_named(palette)  # an unknown one is refused first
    options = checked(
        top=top, show=show, highlight_threshold=highlight_threshold, max_tokens=max_tokens, scale=scale
    )
    if top is None and {"header", "document"} <= options.parts:
        options = replace(options, rows=_TOP)
    parts = parts_of(explanation, options, merge)
    template = environment().get_template("fragment.html")
    return template.render(**looks_of(palette), **fragment_context(parts))


@functools.cache
def looks_of(palette: str) -> dict[str, Callable[..., str]]:
    """How the parts look in a palette, worked out once."""
    chosen = palette_named(palette)
    return {"look": inline(chosen), "styles": styles(chosen)}


def fragment_context(parts: Parts) -> dict[str, Any]:
    """All that the template reads."""
    primary = parts.primary
    others = [target for target in parts.targets if target is not primary]
    return {
        "parts": parts,
        "noun": parts.noun,
        "levels": [level for level in LEVELS if level],
        "coloured": coloured,
        "cut": "not read",
        "primary": primary,
        "others": others,
        "is_named": primary is not None and not (primary.is_verdict and not others),
        "has_texts": any(text.pieces or text.strongest for target in others for text in target.texts),
        "ranked": [
            (target, target.strongest(_EACH_SIDE))
            for target in sorted(parts.targets, key=lambda t: -(t.probability or 0))
        ],
        "bar_of": lambda target: score_bar(target.balance, target.spans, parts.ends),
        "scale_note": _scale_note(parts),
        "exact": _exact,
        "sentence": lambda target: "".join(term.text for term in target.equation),
    }


def _exact(target: TargetParts) -> str:
    """The score, and what it starts from, with more digits than the picture has."""
    found, digits = target.balance, target.digits
    start = "" if found.baseline is None else f", baseline {digits.plain(found.baseline, 2)}"
    return f"{target.words.name} {digits.plain(found.score, 2)}{start}"


def _scale_note(parts: Parts) -> str:
    """How colours can be compared, where that is not plain."""
    names = {text.name for target in parts.targets for text in target.texts}
    if parts.scale == "given":
        return "scale as given"
    if len(parts.targets) > 1:
        return "one scale for all targets" if parts.scale == COMMON else "each target on its own scale"
    return "one scale for all texts" if len(names) > 1 else ""
