"""How each part of a fragment looks: one table of declarations, written as `style="..."`.

A fragment has no style sheet, for notebooks drop those, and takes the ink of its page, of which it does not know the
colour.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from markupsafe import Markup

from textattr.renderers.palette import LEVELS, Palette

Look = Callable[..., Markup]
"""Names of parts in, the attribute that makes an element look like them out."""

_LIST = "list-style:none;padding:0;margin:0"
DECLARATIONS: Mapping[str, str] = {
    "fragment": (
        f"{_LIST};margin:8px 0;line-height:1.5;font-size:13px;overflow-wrap:anywhere;"
        "font-family:system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif;font-variant-numeric:tabular-nums;"
        "print-color-adjust:exact;-webkit-print-color-adjust:exact"
    ),
    "item": "margin:0;padding:0;list-style:none",
    "line": (
        "margin:4px 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;align-items:center;column-gap:12px"
    ),
    "wide": "margin:4px 0;padding:0;list-style:none",
    "list": _LIST,
    "plain": "text-decoration:none;border:0;cursor:inherit",
    "label": "font-size:19px;font-weight:650;line-height:1.4",
    "strong": "font-weight:650",
    "second": "text-decoration:none;border:0;opacity:0.75",
    "source": "text-decoration:none;border:0;opacity:0.75;margin-left:auto",
    "isolated": "unicode-bidi:isolate",
    "block": "display:inline-block;vertical-align:top;unicode-bidi:isolate",
    "key": "font-weight:400;font-style:normal;padding-bottom:1px",
    "document": (
        "margin:4px 0;padding:0;list-style:none;white-space:pre-wrap;unicode-bidi:plaintext;text-align:start;"
        "font-size:16px;line-height:30px;max-width:46em"
    ),
    "block-document": "display:block;text-decoration:none;border:0",
    "word": "font-weight:400;font-style:normal",
    "chip": "padding:1px;margin:0 -1px;border-radius:4px;background-clip:padding-box",
    "chip-list": "padding:1px 4px;margin:0 6px 0 0;border-radius:4px;background-clip:padding-box",
    "explained": "outline:2px solid #808080;outline-offset:1px;border-radius:4px",
    "unseen": "opacity:0.75;font-style:italic",
    "unknown": "outline:1px dashed currentColor;outline-offset:1px;border-radius:4px",
    "unknown-explained": "outline-style:dashed",
    "unread": "text-decoration:none;opacity:0.75;font-size:13px;line-height:20px",
    "pill": (
        "text-decoration:none;font-size:12px;line-height:18px;white-space:nowrap;user-select:none;"
        "-webkit-user-select:none;unicode-bidi:isolate;border:1px solid #808080;border-radius:10px;"
        "padding:0 8px;margin:0 4px;cursor:default"
    ),
    "warning": (
        "margin:4px 0;list-style:none;padding:4px 8px;background-color:rgba(128,128,128,0.14);"
        "border-inline-start:3px solid #e0701a"
    ),
    "bar": "display:inline-block;vertical-align:middle;border-radius:2px;overflow:hidden;text-decoration:none;border:0",
    "lane": "display:block;height:7px;text-decoration:none;border:0;font-size:0",
    "segment": "display:inline-block;height:7px;vertical-align:top;border:0;text-decoration:none;opacity:0.55",
    "even": "opacity:1",
    "ramp": "display:inline-block;width:9px;height:12px;vertical-align:middle;background-clip:padding-box;border:0",
    "row": "margin:0;padding:0;list-style:none;display:flex;align-items:center;height:22px;column-gap:8px",
    "row-word": (
        "text-decoration:none;border:0;display:inline-block;width:13em;overflow:hidden;text-overflow:ellipsis;"
        "white-space:nowrap;unicode-bidi:isolate"
    ),
    "row-number": (
        "text-decoration:none;border:0;display:inline-block;min-width:4em;text-align:right;white-space:nowrap"
    ),
    "class": (
        "margin:0;padding:6px 0;list-style:none;display:flex;flex-wrap:wrap;align-items:center;gap:2px 12px;"
        "border-top:1px solid rgba(128,128,128,0.4)"
    ),
    "class-name": (
        "font-weight:650;display:inline-block;width:8em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    ),
    "columns": f"{_LIST};display:flex;flex-wrap:wrap;gap:8px 24px",
    "column": "margin:0;padding:0;list-style:none;flex:1 1 300px;min-width:min(300px,100%)",
}
"""What does not depend on the palette."""


def styles(palette: Palette) -> Callable[..., str]:
    """Names of parts in, declarations out: for an element that has some of its own as well.

    Example:
        >>> from textattr.renderers.palette import palette_named
        >>> styles(palette_named("greys"))("even", "track")
        'opacity:1;background-color:#e2e2e2'
    """
    declarations = {**DECLARATIONS, **_of_palette(palette)}
    return functools.cache(lambda *parts: ";".join(declarations[part] for part in parts))


def inline(palette: Palette) -> Look:
    """Looks as `style="..."`.

    Example:
        >>> from textattr.renderers.palette import palette_named
        >>> print(inline(palette_named("greys"))("even", "track"))
         style="opacity:1;background-color:#e2e2e2"
    """
    of_parts = styles(palette)
    return functools.cache(lambda *parts: Markup(' style="{}"').format(of_parts(*parts)))


def level_name(level: int) -> str:
    """The name of the part that is a colour level, such as "level-3" or "level+2"."""
    return f"level{level:+d}" if level else "level0"


def _of_palette(palette: Palette) -> dict[str, str]:
    """Each level's two colours and, on the paper below, the line that shows its sign without colour."""
    levels = {
        level_name(level): (
            f"background-color:{palette.backgrounds[level]};color:{palette.ink}" + _line(palette, level)
        )
        for level in LEVELS
    }
    paper = "" if palette.is_see_through else f"background-color:{palette.backgrounds[0]};color:{palette.ink}"
    return {
        **levels,
        "page": f"{paper};padding:8px 12px;border-radius:8px" if paper else "background-color:transparent",
        "key-for": f"border-bottom:2px solid {palette.speaks_for}",
        "key-against": f"border-bottom:2px dotted {palette.against}",
        "bar-for": f"background-color:{palette.speaks_for}",
        "bar-against": f"background-color:{palette.against}",
        "track": f"background-color:{palette.track}",
        "quiet": f"background-color:{palette.quiet}",
        "wrong-bar": f"background-color:{palette.mistake}",
        "wrong": (
            f"font-weight:650;padding:1px 8px;border-radius:4px;border:1px solid {palette.mistake};"
            "background-color:rgba(214,58,52,0.16)"
        ),
    }


def _line(palette: Palette, level: int) -> str:
    if level == 0:
        return ""
    return f";border-bottom:2px {'solid' if level > 0 else 'dotted'} {palette.line(level)}"
