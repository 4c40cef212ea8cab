"""`Program`: one compiled function, flat tensors in and a nest of arrays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from textattr.split.family import tensorflow
from textattr.split.xla import XLA, refusal_before

# Passes of TensorFlow over a graph that are switched off, see `_rewriting`.
_LEFT_OUT = (
    "arithmetic_optimization",
    "common_subgraph_elimination",
    "debug_stripper",
    "function_optimization",
    "implementation_selector",
    "layout_optimizer",
    "loop_optimization",
    "pin_to_host_optimization",
    "scoped_allocator_optimization",
    "shape_optimization",
    "use_plugin_optimizers",
)


@dataclass(frozen=True, eq=False)
class Program:
    """Graph code, traced once, which runs as one op on flat arrays.

    Called as a Python function, a concrete function takes 0.2 ms to bind its arguments: as long as a small model runs.

    Args:
        function: the concrete function: arrays in, a list of tensors out.
        captured: what it takes beside them, as the model's variables.
        dtypes: of the tensors that come out.
        layout: what the graph code returned, with its `_Position` in that list in place of each tensor.
        compiler: "xla": XLA compiles it for every new shape of the arrays; None: it runs op by op.
        refusal: why XLA cannot compile it, where it was found out that it cannot: then it runs op by op.
        runs_often: whether TensorFlow shall rewrite its graph, which takes nearly half of the time of the first run.
    """

    function: Any
    captured: tuple[Any, ...]
    dtypes: tuple[Any, ...]
    layout: Any
    compiler: str | None = None
    refusal: str | None = None
    runs_often: bool = True

    @classmethod
    def trace(
        cls,
        code: Callable[..., Any],
        specs: Sequence[Any],
        compiler: str | None = None,
        *,
        runs_often: bool = True,
    ) -> Program:
        """Trace `code(*tensors) -> nest of tensors, numbers that are known then, and None` with those specs."""
        layouts: list[Any] = []

        def flat(*tensors: Any) -> list[Any]:
            leaves: list[Any] = []
            layouts.append(_numbered(code(*tensors), leaves))
            return leaves

        is_xla = True if compiler == XLA else None
        function = (
            tensorflow().function(flat, autograph=False, jit_compile=is_xla).get_concrete_function(*specs)
        )
        dtypes = tuple(output.dtype for output in function.outputs)
        refusal = refusal_before(function.graph) if is_xla else None
        captured = tuple(function.captured_inputs)
        return cls(function, captured, dtypes, layouts[-1], compiler, refusal, runs_often)

    def __call__(self, *arrays: Any) -> Any:
        """Run it: the nest that the graph code returned, as NumPy arrays."""
        tf = tensorflow()
        if self.compiler == XLA:  # the op itself would not hand it over
            leaves = self.function(
                *(tf.constant(a, i.dtype) for a, i in zip(arrays, self.function.inputs, strict=False))
            )
        else:
            leaves = tf.raw_ops.StatefulPartitionedCall(
                args=[*arrays, *self.captured],
                Tout=self.dtypes,
                f=self.function,
                config_proto=_rewriting() if self.runs_often else _no_rewriting(),
            )
        return _filled(self.layout, [leaf.numpy() for leaf in leaves])


@cache
def _rewriting() -> bytes:
    """How TensorFlow rewrites a graph before its first run: it folds constants, drops needless waiting and fuses, once.

    By default it does a dozen things more, twice each. They take a third of the time of a first run, and no method got
    faster by them on a convolution, an LSTM or a transformer. Loops need the first two; what is fused, as a product
    with its bias, is rounded otherwise, and scores are to be those of `model.predict` to the last digit.
    """
    config = tensorflow().compat.v1.ConfigProto()
    options = config.graph_options.rewrite_options
    options.meta_optimizer_iterations = options.ONE
    options.memory_optimization = options.NO_MEM_OPT
    for name in _LEFT_OUT:
        setattr(options, name, options.OFF)
    serialized: bytes = config.SerializeToString()
    return serialized


@cache
def _no_rewriting() -> bytes:
    """Graphs as they were traced."""
    config = tensorflow().compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    serialized: bytes = config.SerializeToString()
    return serialized


class _Position(int):
    """Where a tensor stands in the list of those that come out."""


def _numbered(nest: Any, leaves: list[Any]) -> Any:
    if isinstance(nest, Mapping):
        return {name: _numbered(value, leaves) for name, value in nest.items()}
    if isinstance(nest, list | tuple):
        return tuple(_numbered(value, leaves) for value in nest)
    if nest is None or isinstance(nest, int | float):
        return nest
    leaves.append(nest)
    return _Position(len(leaves) - 1)


def _filled(layout: Any, arrays: list[Any]) -> Any:
    if isinstance(layout, _Position):
        return arrays[layout]
    if isinstance(layout, dict):
        return {name: _filled(value, arrays) for name, value in layout.items()}
    return tuple([_filled(value, arrays) for value in layout]) if isinstance(layout, tuple) else layout
