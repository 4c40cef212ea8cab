"""Corpora: a table in, a table out, and which words decide over all of it."""

from textattr.corpora.explain_table import explain_table
from textattr.corpora.ray_engine import RayEngine
from textattr.corpora.read_table import read_table
from textattr.corpora.run import Run
from textattr.corpora.summarize import summarize
from textattr.corpora.summary import Summary

__all__ = ["RayEngine", "Run", "Summary", "explain_table", "read_table", "summarize"]
