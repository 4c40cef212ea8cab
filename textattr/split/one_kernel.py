"""The LSTM and GRU of tf_keras, without the second kernel that they trace for a GPU.

They trace their loop twice, as TensorFlow's and as cuDNN's, and the gradient of both, and let the optimizer of the
graph choose. Where there is no GPU it always chooses the first: tracing that alone takes a third of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from textattr.keras_private import TWO_KERNELS, has_two_kernels
from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.split.stand_in import run, stand_in


@contextmanager
def one_kernel(layers: list[Any]) -> Iterator[None]:
    """Run the layers that have two kernels with the one of the CPU, where there is no GPU, inside the `with`."""

    def handler(layer: Any, _: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        cell = stand_in(layer.cell)  # Keras notes what a cell is called with, and this one never was
        return run(stand_in(layer, cell=cell, **{TWO_KERNELS: False}), args, kwargs)

    is_on_gpu = bool(tensorflow().config.list_physical_devices("GPU"))
    with intercepted([layer for layer in layers if has_two_kernels(layer) and not is_on_gpu], handler):
        yield
