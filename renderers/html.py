"""An explanation as an HTML fragment for notebooks and web pages."""

from __future__ import annotations

from collections.abc import Collection

from textattr.explanation import AnyExplanation
from textattr.renderers.look import inline
from textattr.renderers.palette import palette_named
from textattr.renderers.templating import environment
from textattr.renderers.view_model import SHOW, parts_of
from textattr.units.merge import AUTO, Merge


def format_as_html(
    explanation: AnyExplanation,
    *,
    top: int | None = None,
    palette: str = "puor",
    show: str | Collection[str] = SHOW,
    merge: Merge = AUTO,
) -> str:
    """The explanation as an HTML fragment: inline styles, no script, no style sheet.

    Each token is coloured by its weight: orange and underlined where it speaks for the target, purple and dotted
    where it speaks against. The strongest colour is the largest |weight| of all targets and texts, the same for
    both signs. Hovering over a token shows its weight. What the model does not know has a dashed frame, and
    what was cut off before it read the text is grey behind a mark. The document's characters are all there, in order.
    Features without a text around them are a table.

    Args:
        explanation: the explanation.
        top: how many of the strongest tokens to list in a table; None: none beside a document, 20 of features.
        palette: "puor", "puor-dark" for dark pages, or "greys" for print.
        show: which parts: any of "header", "document", "legend", "shares", "warnings".
        merge: what is coloured as one: "words", "sentences" or whatever else `explanation.merge` takes; "auto": words
            where the tokenizer makes several pieces of one, else tokens; None: the tokens.

    Raises:
        OptionError: for an unknown palette, part or merge, a negative `top`, or what is not one explanation.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> "speaks for" in format_as_html(EXAMPLE, top=3)
        True
    """
    look = inline(palette_named(palette))
    parts = parts_of(explanation, top=top, show=show, merge=merge)
    return environment().get_template("fragment.html").render(parts=parts, look=look)
