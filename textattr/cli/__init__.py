"""The command `textattr`: explain a sentence without writing Python.

Exit code 0: done; 1: the work failed; 2: wrong arguments. An error is one line on stderr.
"""

from __future__ import annotations

from textattr.cli.commands import app, main

__all__ = ["app", "main"]
