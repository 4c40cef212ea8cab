"""Weights of a model that are others for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def kept(weights: Sequence[Any]) -> Iterator[None]:
    """Inside the `with`, weights may be assigned; at its end, also after an error, they are what they were."""
    before = [np.array(weight) for weight in weights]
    try:
        yield
    finally:
        for weight, values in zip(weights, before, strict=True):
            weight.assign(values)
