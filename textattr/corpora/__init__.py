"""Corpora: a table in, a table out, and which words decide over all of it."""

from textattr.corpora.explain_table import explain_table
from textattr.corpora.read_table import read_table
from textattr.corpora.run import Run

__all__ = ["Run", "explain_table", "read_table"]
