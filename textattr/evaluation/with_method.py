"""An explainer like another one, with another method."""

from __future__ import annotations

from typing import Any

from textattr.explainer import SETTINGS, Explainer
from textattr.methods.method import Method

_ITS_OWN = ("method", "progress")


def with_method(explainer: Explainer, method: str | Method, **changes: Any) -> Explainer:
    """The same model with the same settings, but for those in `changes`, explained by another method."""
    kept = [name for name in SETTINGS if name in vars(explainer) and name not in _ITS_OWN]
    settings = {name: getattr(explainer, name) for name in kept}
    return Explainer(explainer.model, method=method, **(settings | changes))
