"""The templates' environment: everything is escaped, nothing is undefined in silence."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from textattr.renderers.look import level_name
from textattr.renderers.numbers import probability

_NOT_IN_HTML = dict.fromkeys((0, *range(0xD800, 0xE000)), "\ufffd")


@functools.cache
def environment() -> Environment:
    """The one environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(drawn=drawn, level=level_name, probability=probability, percent=percent, n=points)
    return made


def percent(fraction: float) -> str:
    """A length or a place in a bar.

    Example:
        >>> percent(0.5), percent(1 / 3)
        ('50%', '33.3%')
    """
    return f"{100 * min(max(fraction, 0.0), 1.0):.1f}".removesuffix(".0") + "%"


def points(length: float) -> str:
    """A length or a place in a figure.

    Example:
        >>> points(12.0), points(1.26)
        ('12', '1.3')
    """
    return f"{length:.1f}".removesuffix(".0")


def drawn(text: str) -> Markup:
    r"""Text for HTML such that a browser has the very same characters.

    A carriage return becomes a reference, which browsers would otherwise turn into a line feed. What HTML cannot
    hold (NUL, half a surrogate pair) becomes U+FFFD.

    Example:
        >>> print(drawn("<b>\r\n"))
        &lt;b&gt;&#13;
        <BLANKLINE>
    """
    if text.isprintable():  # nothing of these
        return escape(text)
    return Markup(str(escape(text.translate(_NOT_IN_HTML))).replace("\r", "&#13;"))
