"""What is to be explained: from what a user typed to `Target` objects, and from these to one score per row."""

from __future__ import annotations

from textattr.targets.scores import Scores
from textattr.targets.target import Class, Columns, Function, Predicted, Selector, Target
from textattr.targets.token_class import TokenClass

__all__ = ["Class", "Columns", "Function", "Predicted", "Scores", "Selector", "Target", "TokenClass"]
