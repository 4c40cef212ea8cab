"""Layer-wise relevance propagation: rules as plain data, one table of ops, one walk over them."""

from __future__ import annotations

from textattr.lrp.affine import Affine
from textattr.lrp.attention import AttnLRP
from textattr.lrp.check import check
from textattr.lrp.composite import Kind
from textattr.lrp.ops import Step, added_rule, rule
from textattr.lrp.presets import PRESETS
from textattr.lrp.rule import Rule, Shared
from textattr.lrp.rules import AlphaBeta, Epsilon, Flat, Gamma, Pass, WSquare, Z, ZBox, ZPlus

__all__ = [
    "PRESETS",
    "Affine",
    "AlphaBeta",
    "AttnLRP",
    "Epsilon",
    "Flat",
    "Gamma",
    "Kind",
    "Pass",
    "Rule",
    "Shared",
    "Step",
    "WSquare",
    "Z",
    "ZBox",
    "ZPlus",
    "added_rule",
    "check",
    "rule",
]
