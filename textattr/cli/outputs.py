"""What the command line writes: explanations on stdout and in files, in colour where people read it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from textattr.visible import visible_line

if TYPE_CHECKING:
    from textattr.explanation import AnyExplanation


def show(explanation: AnyExplanation, *files: Path | None) -> None:
    """Print an explanation, and write it to the files whose names are given."""
    import textattr
    from textattr.renderers.terminal import terminal_colours

    wanted = [file for file in files if file is not None]
    try:
        for file in wanted:  # first, for the reader of the pipe may leave early
            explanation.save(file)
    finally:  # what was computed is shown even where it cannot be saved
        print(textattr.format_as_text(explanation, colour=terminal_colours() if colour() else False))
    for file in wanted:
        print(visible_line(f"saved {file}"))


def colour() -> bool:
    """Colour for people, none for programs, and as the usual variables say (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
