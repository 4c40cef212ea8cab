"""Which layers a model is made of, and how a user names one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from operator import itemgetter
from types import FunctionType, NoneType
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import LayerError
from textattr.keras_private import all_layers_of, layers_of

_PLAIN = (float, str, bool, NoneType)
_REPLACED = ("call", "lookup_table")  # of an instance; of a layer that looks up words
_OF_THE_MOMENT = ("_", "stop_")  # private, or whether a loop over batches is to end
_MADE_BY_KERAS = "_function"  # what a model compiles to predict and to learn


def walk(model: Any) -> Iterator[tuple[str, Any]]:
    """Every layer below `model`, depth first, each once, with its path ("encoder/embedding")."""
    seen: set[int] = {id(model)}

    def below(parent: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for layer in layers_of(parent):
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            path = f"{prefix}{layer.name}"
            yield path, layer
            yield from below(layer, f"{path}/")

    yield from below(model, "")


def layers_below(model: Any) -> list[Any]:
    """The same layers in some order, without their paths, which takes a fraction of the time."""
    return all_layers_of(model)[1:]


def class_names(layers: Iterable[Any]) -> set[str]:
    """The names of the classes of layers, and of those that they derive from."""
    return {cls.__name__ for layer in layers for cls in type(layer).__mro__}


def has_attention(layers: Iterable[Any]) -> bool:
    """Whether a layer is called attention."""
    return any("attention" in name.lower() for name in class_names(layers))


def find_layer(model: Any, wanted: Any) -> tuple[str, Any]:
    """The path and layer that `wanted` means: a layer of the model, an index into `model.layers`, a name or a path.

    Raises:
        LayerError: when nothing answers to it, or several layers share the name.
    """
    layers = list(walk(model))
    wanted = int(wanted) if isinstance(wanted, np.integer) else wanted
    if isinstance(wanted, bool) or not isinstance(wanted, int | str):
        matches = [(path, layer) for path, layer in layers if layer is wanted]
    elif isinstance(wanted, int):
        top = model.layers
        if not -len(top) <= wanted < len(top):
            raise LayerError(
                f"layer {shown(wanted)} is out of range: the model has {len(top)} layers (0 to {len(top) - 1})"
            )
        matches = [(path, layer) for path, layer in layers if layer is top[wanted]]
    else:
        matches = [(path, layer) for path, layer in layers if path == wanted]
        matches = matches or [(path, layer) for path, layer in layers if layer.name == wanted]
    if len(matches) == 1:
        return matches[0]
    named = ", ".join(path for path, _ in matches or layers)
    if matches:
        raise LayerError(f"several layers are called {shown(wanted)}: give one of the paths {named}")
    near = get_close_matches(shown(wanted).strip("'").lower(), [path.lower() for path, _ in layers], 1)
    meant = next((path for path, _ in layers if [path.lower()] == near), None)
    hint = "" if meant is None else f"did you mean {meant!r}? "
    raise LayerError(f"the model has no layer {shown(wanted)}: {hint}Its layers are {named}")


def is_same(references: tuple[Callable[[], Any], ...], layers: list[Any]) -> bool:
    """Whether weak references are those of exactly these layers."""
    return len(references) == len(layers) and all(
        r() is layer for r, layer in zip(references, layers, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """What Python code may set on a layer that was called already, and a trace of it does not notice.

    Functions, as an activation or a `call` of an instance, tables of words, and plain values but for whole numbers,
    which layers count with, and for what is private. Variables are read at each run.

    Args:
        plain: reads the plain values out of the attributes of a layer; None where there are none.
        values: what it read.
        others: the names of the other attributes, each with the identity of its value: to keep that may keep the model.
    """

    plain: Callable[[Any], Any] | None
    values: Any
    others: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, layer: Any) -> Settings:
        """As they are now."""
        attributes = vars(layer).copy()
        names = [n for n in attributes if not n.startswith(_OF_THE_MOMENT) and not n.endswith(_MADE_BY_KERAS)]
        plain = [name for name in names if type(attributes[name]) in _PLAIN]
        others = dict.fromkeys([*(n for n in names if type(attributes[n]) is FunctionType), *_REPLACED])
        reads = itemgetter(*plain, plain[0]) if plain else None  # a tuple, also of one
        return cls(reads, reads and reads(attributes), tuple((n, id(attributes.get(n))) for n in others))

    def are_those_of(self, layer: Any) -> bool:
        """Whether they are the same still."""
        attributes = vars(layer)
        try:
            if self.plain is not None and self.plain(attributes) != self.values:
                return False
        except KeyError:  # taken off
            return False
        return all(id(attributes.get(name)) == known for name, known in self.others)


def rounds(layer: Any) -> bool:
    """Whether a layer rounds the numbers that it is given: one that was quantised, but for a table of vectors."""
    mode = getattr(layer, "quantization_mode", None)
    return mode is not None and not any(cls.__name__ == "Embedding" for cls in type(layer).__mro__)


def describe(layers: Iterator[tuple[str, Any]] | list[tuple[str, Any]]) -> str:
    """The layers in one line, for an error message."""
    return ", ".join(f"{path} ({type(layer).__name__})" for path, layer in layers) or "none"
