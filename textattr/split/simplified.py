"""Layers that the cut model runs in a simpler way than their own, of the same result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textattr.keras_private import has_two_kernels
from textattr.split.interception import is_intercepted
from textattr.split.one_kernel import one_kernel
from textattr.split.time_distributed import is_mapped, steps_as_rows


def has_simpler_way(layer: Any) -> bool:
    """Whether the layer is one of them."""
    return has_two_kernels(layer) or is_mapped(layer)


@contextmanager
def simplified(layers: list[Any]) -> Iterator[None]:
    """Run the layers in their simpler way inside the `with`.

    A layer that is intercepted already runs as that interception has it run.
    """
    free = [layer for layer in layers if not is_intercepted(layer)]
    with one_kernel(free), steps_as_rows(free):
        yield
