"""Find the lookups of a running model: integer tokens in, float vectors one rank higher out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as with_fields
from typing import Any

from textattr.graph.traits import OPS, is_same, moved_from, traits
from textattr.keras_private import tensor_mask
from textattr.split.calls import Call, recorded
from textattr.split.family import tensorflow
from textattr.split.ragged import dense, is_ragged, ragged_as
from textattr.split.watching import is_one_of


@dataclass(frozen=True, eq=False)
class Lookup:
    """One call of one lookup layer, as it was seen while the model ran.

    Rows of different length (a ragged tensor) are filled up with zeros: the model goes on with what is no filling.

    Args:
        layer: the layer that was called.
        call: how many calls of this layer came before.
        ids: int tensor (..., T), what went in.
        vectors: float tensor (..., T, D), what came out.
        mask: bool tensor (..., T), True where a token counts; None where nothing makes a mask.
        masked_by: the layer around the lookup that made the mask; None where the lookup itself made it.
    """

    layer: Any
    call: int
    ids: Any
    vectors: Any
    mask: Any = None
    masked_by: Any = None


@contextmanager
def lookups_in(
    layers: list[Any], replace: Callable[[Lookup], Any] | None = None, *, wanted: Any = None
) -> Iterator[list[Lookup]]:
    """Record every lookup made while the model runs inside the `with`; `replace` may change its vectors.

    Where one lookup runs inside another layer that looks like one (an encoder, a token-and-position layer), only the
    inner one counts; except inside the layer that the user named, `wanted`, which is taken as a whole.
    """
    found: list[Lookup] = []

    def noted(call: Call) -> Any:
        layer, returned = call.layer, call.returned
        ids, out = dense(call.first), dense(returned)
        if is_ragged(call.first) != is_ragged(returned):
            return returned
        if not _looks_up(layer, ids, out, is_wanted=layer is wanted):
            return returned
        inner = {each.key for each in call.inner}
        inside = [lookup for lookup in found if (id(lookup.layer), lookup.call) in inner]
        before = found[: len(found) - len(inside)]
        if inside and layer is not wanted:
            mask = mask_of(layer, ids, out)
            found[:] = [*before, *(_masked(lookup, mask, layer) for lookup in inside)]
            return returned
        lookup = Lookup(layer, call.number, ids, out, mask_of(layer, ids, out))
        found[:] = [*before, lookup]
        given = out if replace is None else replace(lookup)
        return ragged_as(returned, given) if is_ragged(returned) else given

    with recorded(layers, noted):
        yield found


def _looks_up(layer: Any, ids: Any, out: Any, *, is_wanted: bool) -> bool:
    tf = tensorflow()
    if not (tf.is_tensor(ids) and tf.is_tensor(out)) or not hasattr(ids, "op"):
        return False
    if ids.shape.rank is None or out.shape.rank != ids.shape.rank + 1 or not out.dtype.is_floating:
        return False
    if is_wanted or is_one_of(layer, ("Embedding",)):
        return True
    return ids.dtype.is_integer and _is_one_vector_per_id(ids, out)


def _is_one_vector_per_id(ids: Any, out: Any) -> bool:
    """Whether `out` (..., T, D) tells the tokens apart; a mask made of the ids, of whatever shape, does not."""
    sizes = zip(ids.shape.as_list(), out.shape.as_list(), strict=False)
    if any(size != 1 and found == 1 or None not in (size, found) and size != found for size, found in sizes):
        return False
    return bool(sources(out, [ids]))


def mask_of(layer: Any, ids: Any, out: Any) -> Any:
    """The mask of a lookup's output: what its `call` set there, else what `compute_mask` makes of the ids, or None."""
    mask = tensor_mask(out)
    mask = dense(mask)
    if mask is None and getattr(layer, "supports_masking", False) and not is_one_of(layer, ("Model",)):
        mask = layer.compute_mask(ids, None)  # that of a model would run its layers once more
    return mask if tensorflow().is_tensor(mask) else None


def _masked(lookup: Lookup, mask: Any, layer: Any) -> Lookup:
    """The lookup with the mask of a layer around it, where it has none of its own and the mask has its shape."""
    if lookup.mask is not None or mask is None or mask.shape.rank != lookup.ids.shape.rank:
        return lookup
    return with_fields(lookup, mask=mask, masked_by=layer)


def sources(ids: Any, inputs: list[Any]) -> list[int]:
    """The model inputs (their positions in `inputs`) whose values a lookup's ids come from."""
    reached, _ = _way_back(ids, inputs)
    return sorted(reached)


def picks_rows(lookup: Lookup) -> bool:
    """Whether a lookup reads rows of a table at its ids, as opposed to a formula of the ids."""
    _, ops = _way_back(lookup.vectors, [lookup.ids])
    return any(OPS[name].picks_rows for name in ops & OPS.keys())


def is_in_place(lookup: Lookup, source: Any) -> bool:
    """Whether each id of a lookup comes from the very position of the input `source` at which it stands."""
    _, ops = _way_back(lookup.ids, [source])
    return not any(OPS[name].relocates for name in ops & OPS.keys())


def reached(tensors: list[Any], inputs: list[Any]) -> set[int]:
    """The model inputs (their positions in `inputs`) that tensors depend on in any way."""
    return {i for each in tensors for i in _way_back(each, inputs, whole=True)[0]}


def _way_back(tensor: Any, inputs: list[Any], *, whole: bool = False) -> tuple[set[int], set[str]]:
    """Which of `inputs` a tensor tells the tokens of, and the types of the ops on the way there.

    Args:
        tensor: the tensor.
        inputs: the model's inputs.
        whole: also go on behind what is no token any more.
    """
    graph_inputs = {each.ref(): i for i, each in enumerate(inputs)}
    reached: set[int] = set()
    types: set[str] = set()
    seen: set[str] = set()
    todo = [tensor]
    while todo:
        each = todo.pop()
        if each.ref() in graph_inputs:
            reached.add(graph_inputs[each.ref()])
        elif each.op.name not in seen:
            seen.add(each.op.name)
            if whole or not is_condition(each.op):
                types.add(each.op.type)
                todo.extend(each.op.inputs)
    return reached, types


def is_condition(op: Any) -> bool:
    """Whether the op makes of a token what is no token any more, such as a mask or a length."""
    known = traits(op)
    counts = op.type in ("Cumsum", "Sign") or op.type == "Cast" and op.outputs[0].dtype == tensorflow().bool
    return known.compares or known.sizes or counts


def is_untouched(ids: Any, source: Any) -> bool:
    """Whether the ids are the model's own input, value by value (casts and reshapes aside)."""
    while ids.ref() != source.ref():
        if not is_same(ids):
            return False
        ids = moved_from(ids)
    return True
