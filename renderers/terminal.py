"""What a terminal can show: how many colours, and which characters."""

from __future__ import annotations

import os
import sys
from typing import Any, Literal

from textattr.explanation import AnyExplanation
from textattr.renderers.text import format_as_text


def format_for_stdout(explanation: AnyExplanation, **options: Any) -> str:
    """What `print(explanation)` prints: in colour where a terminal reads it and `NO_COLOR` is not set.

    `options` are those of [format_as_text][] beside the colour. Characters that stdout cannot encode are escaped with
    a backslash.
    """
    stdout = sys.stdout
    is_terminal = stdout is not None and stdout.isatty()  # there is none in a program without a console
    wants_colour = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    text = format_as_text(explanation, colour=terminal_colours() if wants_colour else False, **options)
    encoding = getattr(stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, errors="backslashreplace").decode(encoding)


def terminal_colours() -> Literal["256", "truecolor"]:
    """How many colours the terminal has, as its variables say."""
    return "truecolor" if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") else "256"
