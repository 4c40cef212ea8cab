"""Two small classifiers that ship with textattr, to try it without a model of one's own: `textattr.demo.load()`."""

from textattr.demo.shipped import NAMES, Demo, Example, load

__all__ = ["NAMES", "Demo", "Example", "load"]
