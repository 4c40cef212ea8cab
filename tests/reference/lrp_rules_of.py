"""The rewrites that belong to rules of textattr.lrp, which are plain data."""

from __future__ import annotations

from dataclasses import astuple
from fnmatch import fnmatch

from . import lrp_rules as slow

REWRITES = {
    "Z": lambda: slow.z,
    "Epsilon": slow.epsilon,
    "Gamma": slow.gamma,
    "AlphaBeta": slow.alpha_beta,
    "ZPlus": lambda: slow.z_plus,
    "WSquare": lambda: slow.w_square,
    "Flat": lambda: slow.flat,
    "ZBox": slow.z_box,
    "Pass": lambda: slow.pass_on,
}


def rewrite(rule):
    return REWRITES[type(rule).__name__](*astuple(rule))


def rewrites(rules):
    """A rewrite for each layer, from one rule or from a list of (pattern of names, rule), first match wins."""
    if not isinstance(rules, list):
        rules = [("*", rules)]
    return lambda layer: next(rewrite(rule) for where, rule in rules if fnmatch(layer.name, where))
