"""What to say where the model itself fails."""

from __future__ import annotations

import re
from typing import Any

from textattr.errors import DocumentError
from textattr.split.family import tensorflow

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def cannot_trace(inputs: Any, error: Exception) -> DocumentError:
    """What to raise where the model fails while TensorFlow makes a graph of it, which `model.predict` does as well."""
    shapes = ", ".join(str(tuple(leaf.shape)) for leaf in tensorflow().nest.flatten(inputs))
    lines = [line.strip() for line in _COLOURS.sub("", str(error)).splitlines() if line.strip()]
    told = next(
        (line for line in lines if not line.startswith("Exception encountered")), type(error).__name__
    )
    return DocumentError(
        f"TensorFlow cannot make a graph of the model on inputs of shape {shapes}: {told}. See whether model.predict "
        "takes these inputs: what it cannot run cannot be explained"
    )
