"""How each part looks: one table of declarations, lowered to inline styles or to classes and a style sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from markupsafe import Markup

from textattr.renderers.palette import LEVELS, Palette

Look = Callable[..., Markup]
"""Names of parts in, the attribute that makes an element look like them out."""

DECLARATIONS: Mapping[str, str] = {
    "explanation": "line-height:1.5;margin:8px 0;overflow-wrap:anywhere",
    "facts": "font-size:0.9em",
    "target": "margin:8px 0",
    "heading": "margin:0 0 4px",
    "label": "font-weight:600",
    "fact": "display:inline-block;margin:0 16px 0 0",
    "name": "opacity:0.75",
    "text": "font-size:0.9em;font-weight:600;margin:12px 0 4px",
    "document": (
        "white-space:pre-wrap;unicode-bidi:plaintext;text-align:start;line-height:1.9;padding:8px 12px;"
        "border:1px solid #8888;border-radius:6px;print-color-adjust:exact;-webkit-print-color-adjust:exact"
    ),
    "explained": "outline:2px solid #808080;outline-offset:1px;border-radius:3px",
    "unseen": "opacity:0.65;font-style:italic",
    "unknown-explained": "outline-style:dashed",
    "key": "padding:0 4px;margin-inline:2px 4px",
    "unread": "opacity:0.6",
    "cut": (
        "font-size:0.8em;white-space:nowrap;user-select:none;-webkit-user-select:none;unicode-bidi:isolate;"
        "border-inline-start:2px dashed currentColor;padding-inline:4px;margin-inline:4px"
    ),
    "isolated": "display:inline-block;vertical-align:top;unicode-bidi:isolate",
    "legend": "font-size:0.9em;margin:4px 0",
    "scale": (
        "display:inline-block;vertical-align:middle;line-height:0;padding:3px 4px;border:1px solid #8888;"
        "border-radius:4px;print-color-adjust:exact;-webkit-print-color-adjust:exact"
    ),
    "swatch": "display:inline-block;width:20px;height:12px;border-bottom:2px solid transparent",
    "strongest": "border-collapse:collapse;margin:8px 0;font-size:0.9em",
    "number": "padding:0 4px;border-radius:3px",
    "weight": "text-align:right;white-space:nowrap;padding:2px 8px;font-variant-numeric:tabular-nums",
    "token": "text-align:start;padding:2px 8px",
    "shares": "font-size:0.9em;margin:4px 0",
    "warnings": "font-size:0.9em;margin:8px 0;padding:0 0 0 20px",
}
"""What does not depend on the palette."""


def inline(palette: Palette) -> Look:
    """Looks as `style="..."`: for a fragment, which has no style sheet.

    Example:
        >>> from textattr.renderers.palette import palette_named
        >>> print(inline(palette_named("greys"))("target", "level0"))
         style="margin:8px 0;background-color:#ffffff;color:#000000"
    """
    declarations = {**DECLARATIONS, **_of_palette(palette)}

    def look(*parts: str) -> Markup:
        return Markup(' style="{}"').format(";".join(declarations[part] for part in parts))

    return look


def classes(*parts: str) -> Markup:
    """Looks as `class="..."`, for [stylesheet][].

    Example:
        >>> print(classes("swatch", "level+4"))
         class="swatch for-4"
    """
    return Markup(' class="{}"').format(" ".join(map(_class, parts)))


def stylesheet(light: Palette, dark: Palette) -> str:
    """The rules behind [classes][]; the dark palette is for readers whose system is dark."""
    return "\n".join(
        (
            *_rules(DECLARATIONS),
            *_rules(_of_palette(light)),
            "@media (prefers-color-scheme: dark) {",
            *_rules(_of_palette(dark)),
            "}",
        )
    )


def level_name(level: int) -> str:
    """The name of the part that is a colour level, such as "level-3" or "level+2"."""
    return f"level{level:+d}" if level else "level0"


def _class(part: str) -> str:
    return part.replace("level+", "for-").replace("level-", "against-").replace("level0", "neutral")


def _of_palette(palette: Palette) -> dict[str, str]:
    """Each level's colours and, on the paper, the line that shows its sign without colour; the frame of the unknown."""
    levels = {
        level_name(level): (
            f"background-color:{palette.backgrounds[level]};color:{palette.ink(level)}"
            + _line(level, palette.line)
        )
        for level in LEVELS
    }
    return {**levels, "unknown": f"outline:1px dashed {palette.line};outline-offset:1px"}


def _line(level: int, colour: str) -> str:
    if level == 0:
        return ""
    style = "solid" if level > 0 else "dotted"
    return f";border-radius:3px;background-clip:padding-box;border-bottom:2px {style} {colour}"


def _rules(declarations: Mapping[str, str]) -> list[str]:
    return [f".{_class(part)} {{ {rules.replace(';', '; ')} }}" for part, rules in declarations.items()]
