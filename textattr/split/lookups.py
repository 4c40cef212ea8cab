"""Find the lookups of a running model: integer tokens in, float vectors one rank higher out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from textattr.split.family import tensorflow
from textattr.split.interception import intercepted

# Ops behind which a token id is no longer a token id (a mask, a length, a position counted from a mask).
_NOT_THE_TOKEN = frozenset(
    "Shape Size Rank NotEqual Equal Greater GreaterEqual Less LessEqual ZerosLike OnesLike Cumsum".split()
)


@dataclass(frozen=True, eq=False)
class Lookup:
    """One call of one lookup layer, as it was seen while the model ran.

    Args:
        layer: the layer that was called.
        call: how many calls of this layer came before.
        ids: int tensor (..., T), what went in.
        vectors: float tensor (..., T, D), what came out.
        mask: bool tensor (..., T), True where a token counts; None where the layer makes no mask.
    """

    layer: Any
    call: int
    ids: Any
    vectors: Any
    mask: Any = None


@contextmanager
def recorded(
    layers: list[Any], replace: Callable[[Lookup], Any] | None = None, *, wanted: Any = None
) -> Iterator[list[Lookup]]:
    """Record every lookup made while the model runs inside the `with`; `replace` may change its vectors.

    Where one lookup runs inside another layer that looks like one (an encoder, a token-and-position layer), only the
    inner one counts; except inside the layer that the user named, `wanted`, which is taken as a whole.
    """
    found: list[Lookup] = []
    calls: dict[int, int] = {}

    def handler(layer: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        before = len(found)
        out = getattr(call, "python_function", call)(*args, **kwargs)
        ids = args[0] if args else next(iter(kwargs.values()), None)
        if not _looks_up(layer, ids, out, is_wanted=layer is wanted):
            return out
        if layer is wanted:
            del found[before:]
        elif len(found) > before:
            return out
        count = calls[id(layer)] = calls.get(id(layer), -1) + 1
        lookup = Lookup(layer, count, ids, out, _mask_of(layer, ids))
        found.append(lookup)
        return out if replace is None else replace(lookup)

    with intercepted(layers, handler):
        yield found


def _looks_up(layer: Any, ids: Any, out: Any, *, is_wanted: bool) -> bool:
    tf = tensorflow()
    if not (tf.is_tensor(ids) and tf.is_tensor(out)) or not hasattr(ids, "op"):
        return False
    if ids.shape.rank is None or out.shape.rank != ids.shape.rank + 1 or not out.dtype.is_floating:
        return False
    known = any(cls.__name__ == "Embedding" for cls in type(layer).__mro__)
    return known or is_wanted or ids.dtype.is_integer


def _mask_of(layer: Any, ids: Any) -> Any:
    """The mask that a lookup makes of its ids, or None."""
    if not getattr(layer, "supports_masking", False):
        return None
    mask = layer.compute_mask(ids, None)
    return mask if tensorflow().is_tensor(mask) else None


def sources(ids: Any, inputs: list[Any]) -> list[int]:
    """The model inputs (their positions in `inputs`) whose values a lookup's ids come from."""
    graph_inputs = {tensor.ref(): i for i, tensor in enumerate(inputs)}
    reached: set[int] = set()
    seen: set[str] = set()
    todo = [ids]
    while todo:
        tensor = todo.pop()
        if tensor.ref() in graph_inputs:
            reached.add(graph_inputs[tensor.ref()])
        elif tensor.op.name not in seen:
            seen.add(tensor.op.name)
            if tensor.op.type not in _NOT_THE_TOKEN:
                todo.extend(tensor.op.inputs)
    return sorted(reached)


def is_untouched(ids: Any, source: Any) -> bool:
    """Whether the ids are the model's own input, value by value (casts and reshapes aside)."""
    while ids.ref() != source.ref():
        if ids.op.type not in ("Cast", "Identity", "Reshape", "Squeeze", "ExpandDims"):
            return False
        ids = ids.op.inputs[0]
    return True
