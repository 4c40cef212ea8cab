"""A document with its words coloured, for a fragment: written here, as a template takes twice as long."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from textattr.renderers.excerpt import Fold
from textattr.renderers.look import Look, level_name
from textattr.renderers.numbers import Digits
from textattr.renderers.segments import Piece
from textattr.renderers.templating import drawn


def coloured(pieces: Sequence[Piece | Fold], look: Look, digits: Digits, noun: str, cut: str) -> Markup:
    """Words for in <b>, words against in <i>, each with its weight as a tooltip; quiet stretches as a mark.

    Args:
        pieces: of the document, in order.
        look: how each part looks.
        digits: of weights.
        noun: what a piece is called, such as "token".
        cut: what the mark before characters that the model did not read says.

    Example:
        >>> from textattr.renderers.look import inline
        >>> from textattr.renderers.palette import palette_named
        >>> greys = inline(palette_named("greys"))
        >>> print(coloured([Piece("so "), Piece("<good>")], greys, Digits(), "token", "not read"))
        so &lt;good&gt;
    """
    written = (
        _mark(each, look, digits, noun) if isinstance(each, Fold) else _word(each, look, digits, cut)
        for each in pieces
    )
    return Markup("".join(written))  # each of which is safe


def _mark(fold: Fold, look: Look, digits: Digits, noun: str) -> Markup:
    sums = "".join(f" {digits.signed(each)}" for each in (fold.gain, -fold.loss) if each)
    return Markup('<abbr lang="en"{} title="{} …">… {} {}s{} …</abbr>').format(
        look("pill"), drawn(fold.opening), fold.tokens, noun, sums
    )


def _word(piece: Piece, look: Look, digits: Digits, cut: str) -> Markup:
    text, looks = drawn(piece.text), _looks(piece)
    if piece.level:
        tag = Markup("b" if piece.level > 0 else "i")
        style = look("word", "chip", level_name(piece.level), *looks)
        return _element(tag, style, _tooltip(piece, digits), text)
    if piece.is_unread:
        mark = Markup('<abbr lang="en"{}>✂ {}</abbr>').format(look("pill"), cut)
        return mark + _element(Markup("abbr"), look("unread", *looks), Markup(""), text)
    if looks:
        tooltip = Markup("") if piece.weight is None else _tooltip(piece, digits)
        return _element(Markup("abbr"), look("plain", *looks), tooltip, text)
    return text


def _element(tag: Markup, style: Markup, tooltip: Markup, text: Markup) -> Markup:
    return Markup(f"<{tag}{style}{tooltip}>{text}</{tag}>")  # each of which is safe


def _tooltip(piece: Piece, digits: Digits) -> Markup:
    unknown = ", unknown to the model" if piece.is_unknown else ""
    return Markup(f' title="{digits.signed(piece.weight or 0.0, 1)}{unknown}"')


def _looks(piece: Piece) -> list[str]:
    """What it is beside its weight."""
    looks = ["block"] if piece.turns_text else []
    if piece.is_explained:
        looks += ["explained", "unknown-explained"] if piece.is_unknown else ["explained"]
    elif piece.is_unknown:
        looks.append("unknown")
    return [*looks, "unseen"] if piece.is_unseen else looks
