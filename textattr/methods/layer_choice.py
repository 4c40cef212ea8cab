"""Which calls of layers a user means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import LayerError, OptionError
from textattr.methods.timed_layers import Moment
from textattr.split.layers import find_layer


def choose(layer: Any, known: Sequence[Moment], model: Any) -> list[Moment]:
    """The calls that a user's `layer` means, each with a time axis.

    Args:
        layer: index into `model.layers`, name, path, "path:call", a layer, or a list of these.
        known: all calls, in order.
        model: the model.

    Raises:
        LayerError: for an unknown layer, one without a time axis or without a say, one that is called several times.
        OptionError: for what cannot name a layer at all.
    """
    if isinstance(layer, list | tuple):
        if not layer:
            raise OptionError("layer= got an empty list: name at least one layer, or pass None")
        return list(dict.fromkeys(moment for each in layer for moment in _chosen(each, known, model)))
    return _chosen(layer, known, model)


def _chosen(layer: Any, known: Sequence[Moment], model: Any) -> list[Moment]:
    """The call that one name means."""
    is_layer = hasattr(layer, "call") and hasattr(layer, "name")
    if isinstance(layer, bool) or not (is_layer or isinstance(layer, int | np.integer | str)):
        raise OptionError(f"layer must be an index, a name, a layer or a list of these, got {shown(layer)}")
    wanted, number = _call(layer, known)
    path, found = find_layer(model, wanted)
    calls = [moment for moment in known if moment.path == path]
    if number is None and len(calls) > 1:
        names = " or ".join(f"layer={moment.name!r}" for moment in calls)
        raise LayerError(f"layer {path!r} is called {len(calls)} times: write {names}, or a list of these")
    calls = calls if number is None else [moment for moment in calls if moment.number == number]
    if not calls:
        what = "puts out no vectors" if number is None else f"has no call number {number}"
        raise LayerError(f"layer {path!r} ({type(found).__name__}) {what}: {_advice(known)}")
    [moment] = calls
    if not moment.has_time:
        raise LayerError(
            f"layer {moment.name!r} ({moment.kind}) has no value per token any more, its output is pooled over the "
            f"text: {_advice(known)}"
        )
    if not moment.is_read:
        raise LayerError(f"the scores do not depend on layer {moment.name!r}: {_advice(known)}")
    return [moment]


def last(known: Sequence[Moment]) -> list[Moment]:
    """The last calls with a time axis, one for each branch.

    Raises:
        LayerError: when there is none.
    """
    found = [moment for moment in known if moment.is_last]
    if not found:
        raise LayerError(
            f"no layer of the model has a value per token that the scores depend on: {_advice(known)}"
        )
    return found


def first(known: Sequence[Moment]) -> list[Moment]:
    """The first call with a time axis."""
    return [moment for moment in known if moment.has_time and moment.is_read][:1] or last(known)


def _call(layer: Any, known: Sequence[Moment]) -> tuple[Any, int | None]:
    """What stands before and after the colon of "encoder:1"."""
    if isinstance(layer, str) and any(moment.name == layer for moment in known):
        moment = next(moment for moment in known if moment.name == layer)
        return moment.path, moment.number
    if isinstance(layer, str) and layer.rpartition(":")[2].isdigit():
        name, _, number = layer.rpartition(":")
        return name, int(number)
    return layer, None


def _advice(known: Sequence[Moment]) -> str:
    would_do = [moment.name for moment in known if moment.has_time and moment.is_read]
    if not would_do:
        return "Grad-CAM needs such a layer; integrated_gradients and gradient_x_input do not"
    return f"choose one of {', '.join(dict.fromkeys(would_do))}"
