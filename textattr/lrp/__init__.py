"""Layer-wise relevance propagation: rules as plain data, one table of ops, one walk over them."""

from __future__ import annotations

from textattr.lrp.affine import Affine
from textattr.lrp.attention import AttnLRP
from textattr.lrp.check import check
from textattr.lrp.composite import Kind, Score
from textattr.lrp.ops import Step, added_rule, rule
from textattr.lrp.presets import PRESETS
from textattr.lrp.rule import Rule, Shared
from textattr.lrp.rules import AlphaBeta, Epsilon, Flat, Gamma, Pass, WSquare, Z, ZBox, ZPlus
from textattr.lrp.special import ActivationEpsilon, EpsilonWithBias, EpsilonWithBiasInSums

__all__ = [
    "PRESETS",
    "ActivationEpsilon",
    "Affine",
    "AlphaBeta",
    "AttnLRP",
    "Epsilon",
    "EpsilonWithBias",
    "EpsilonWithBiasInSums",
    "Flat",
    "Gamma",
    "Kind",
    "Pass",
    "Rule",
    "Score",
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
