"""What can go wrong with tables and with the folder that a run writes."""

from __future__ import annotations

from textattr.errors import TextAttrError


class TableError(TextAttrError):
    """A table cannot be read, or does not have what it is said to have."""


class RunError(TextAttrError):
    """A run cannot write into its folder, or cannot go on."""
