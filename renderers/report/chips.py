"""A document with its words coloured, in as few bytes as do: half a million of them stand in one page."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from textattr.renderers.segments import Piece
from textattr.renderers.templating import drawn

FLAGS = (
    ("is_unknown", "u"),
    ("is_unread", "r"),
    ("is_explained", "e"),
    ("is_unseen", "s"),
    ("turns_text", "iso"),
)
"""What a piece may be, and the class that it has then."""


def chips(pieces: Sequence[Piece]) -> Markup:
    """Words for in <b>, words against in <i>, each with the class of its step; all other text as it is.

    Example:
        >>> print(chips([Piece("so "), Piece("<bad>", -0.4, -8)]))
        so <i class=m8>&lt;bad&gt;</i>
    """
    return Markup("".join(_chip(piece) for piece in pieces))  # each of which is safe


def marks_of(piece: Piece) -> list[str]:
    """The classes of what it is beside its weight."""
    return [name for flag, name in FLAGS if getattr(piece, flag)]


def _chip(piece: Piece) -> Markup:
    text, marks = drawn(piece.text), marks_of(piece)
    if not piece.level:
        return Markup('<span class="{}">{}</span>').format(" ".join(marks), text) if marks else text
    tag, step = ("b", f"l{piece.level}") if piece.level > 0 else ("i", f"m{-piece.level}")
    if not marks:
        return Markup(f"<{tag} class={step}>{text}</{tag}>")
    return Markup(f'<{tag} class="{{}}">{{}}</{tag}>').format(" ".join([step, *marks]), text)
