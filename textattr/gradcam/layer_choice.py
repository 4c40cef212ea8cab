"""Which calls of layers a user means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import LayerError, OptionError
from textattr.gradcam.layer_calls import LayerCall
from textattr.split.layers import find_layer


def choose(layer: Any, known: Sequence[LayerCall], model: Any) -> list[LayerCall]:
    """The calls that a user's `layer` means, each with a time axis.

    Args:
        layer: index into `model.layers`, name, path, "path:call", a layer, or a list of these.
        known: all calls, in order.
        model: the model.

    Raises:
        LayerError: for a layer that is unknown, is called several times, has no time axis, or that no score needs.
        OptionError: for what cannot name a layer at all.
    """
    if isinstance(layer, list | tuple):
        if not layer:
            raise OptionError("layer= got an empty list: name at least one layer, or pass None")
        return list(dict.fromkeys(layer_call for each in layer for layer_call in _chosen(each, known, model)))
    return _chosen(layer, known, model)


def _chosen(layer: Any, known: Sequence[LayerCall], model: Any) -> list[LayerCall]:
    """The call that one name means."""
    is_layer = hasattr(layer, "call") and hasattr(layer, "name")
    if isinstance(layer, bool) or not (is_layer or isinstance(layer, int | np.integer | str)):
        raise OptionError(f"layer must be an index, a name, a layer or a list of these, got {shown(layer)}")
    wanted, number = _call(layer, known)
    path, found = find_layer(model, wanted)
    calls = [layer_call for layer_call in known if layer_call.path == path]
    in_pieces = [layer_call for layer_call in calls if layer_call.reads_pieces]
    if in_pieces and not any(layer_call.is_read for layer_call in calls if layer_call not in in_pieces):
        raise not_whole(in_pieces[0], known)
    if number is None and len(calls) > 1:
        names = " or ".join(f"layer={layer_call.name!r}" for layer_call in calls)
        raise LayerError(f"layer {path!r} is called {len(calls)} times: write {names}, or a list of these")
    calls = calls if number is None else [layer_call for layer_call in calls if layer_call.number == number]
    if not calls:
        what = "puts out no vectors" if number is None else f"has no call number {number}"
        raise LayerError(f"layer {path!r} ({type(found).__name__}) {what}: {_advice(known)}")
    [layer_call] = calls
    if not layer_call.has_time:
        raise LayerError(
            f"layer {layer_call.name!r} ({layer_call.kind}) has no value per token any more, its output is pooled "
            f"over the text: {_advice(known)}"
        )
    if not layer_call.is_read:
        raise LayerError(f"the scores do not depend on layer {layer_call.name!r}: {_advice(known)}")
    return [layer_call]


def not_whole(layer_call: LayerCall, known: Sequence[LayerCall]) -> LayerError:
    """What to raise where a layer reads a document in pieces, each as a row by itself."""
    others = [other for other in known if other.name != layer_call.name]
    return LayerError(
        f"layer {layer_call.name!r} ({layer_call.kind}) has no value per token of the whole text, for it reads one "
        f"sentence at a time: {_advice(others)}"
    )


def last(known: Sequence[LayerCall]) -> list[LayerCall]:
    """The last calls with a time axis, one for each branch.

    Raises:
        LayerError: when there is none.
    """
    found = [layer_call for layer_call in known if layer_call.is_last]
    if not found:
        raise LayerError(
            f"no layer of the model has a value per token that the scores depend on: {_advice(known)}"
        )
    return found


def first(known: Sequence[LayerCall]) -> list[LayerCall]:
    """The first call with a time axis."""
    return [layer_call for layer_call in known if layer_call.has_time and layer_call.is_read][:1] or last(
        known
    )


def _call(layer: Any, known: Sequence[LayerCall]) -> tuple[Any, int | None]:
    """What stands before and after the colon of "encoder:1"."""
    if isinstance(layer, str) and any(layer_call.name == layer for layer_call in known):
        layer_call = next(layer_call for layer_call in known if layer_call.name == layer)
        return layer_call.path, layer_call.number
    if isinstance(layer, str) and layer.rpartition(":")[2].isdigit():
        name, _, number = layer.rpartition(":")
        return name, int(number)
    return layer, None


def _advice(known: Sequence[LayerCall]) -> str:
    would_do = [layer_call.name for layer_call in known if layer_call.has_time and layer_call.is_read]
    if not would_do:
        return "Grad-CAM needs such a layer; integrated_gradients and gradient_x_input do not"
    return f"choose one of {', '.join(dict.fromkeys(would_do))}"
