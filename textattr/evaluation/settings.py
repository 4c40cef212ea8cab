"""An explainer like another one, with another method."""

from __future__ import annotations

from typing import Any

from textattr.explainer import Explainer
from textattr.methods.method import Method

_OF_THE_MODEL = (
    "tokenizer",
    "target_names",
    "task",
    "score",
    "pad_value",
    "padding",
    "embedding_layer",
    "feature_names",
    "feature_baseline",
    "batch_size",
)


def with_method(explainer: Explainer, method: str | Method, **changes: Any) -> Explainer:
    """The same model with the same settings, but for those in `changes`, explained by another method."""
    settings = {name: getattr(explainer, name) for name in _OF_THE_MODEL}
    return Explainer(explainer.model, method=method, **(settings | changes))
