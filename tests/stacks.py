"""Models made of a list of layers behind a lookup, with random weights, in float64 unless told."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from reference.lrp_network import layers_of
from reference.lrp_rules import z

VOCABULARY, SIZE = 20, 4


@dataclass(frozen=True)
class Part:
    """A layer: the name of its class, its options, and the layer inside it where it wraps one."""

    kind: str
    options: tuple[tuple[str, Any], ...] = ()
    inside: Part | None = None

    def build(self, k, dtype, name):
        inside = () if self.inside is None else (self.inside.build(k, dtype, f"{name}_inside"),)
        return getattr(k.layers, self.kind)(*inside, **dict(self.options), dtype=dtype, name=name)


def part(kind, inside=None, **options):
    return Part(kind, tuple(options.items()), inside)


@dataclass(frozen=True, eq=False)
class Stack:
    """A model and a batch of ids for it; with a mask, id 0 is padding."""

    model: Any
    ids: np.ndarray
    masked: bool

    @property
    def vectors(self):
        return np.asarray(self.model.layers[0].get_weights()[0], np.float64)[self.ids]

    @property
    def steps(self):
        return self.ids != 0 if self.masked else np.ones(self.ids.shape, bool)

    def slow(self, sums=z):
        """The rewrite of its layers."""
        return layers_of(self.model, sums)


def ids_of(count, length, padded, rng):
    ids = rng.integers(1, VOCABULARY, (count, length)).astype("int32")
    for row in range(1, count) if padded else ():
        ids[row, length - min(row, length - 1) :] = 0
    return ids


def stack(parts, **options):
    """The parts in a row; the last few are kept, so that tests of one stack share what is traced of it."""
    return _stack(tuple(parts), **options)


@lru_cache(maxsize=24)
def _stack(parts, *, family="keras", masked=False, biases=True, length=6, dtype="float64", seed=0):
    """For `length` ids or any number. A layer's name is its kind and place, such as `dense_1`."""
    k = importlib.import_module(family)
    rng = np.random.default_rng(seed)
    lookup = k.layers.Embedding(VOCABULARY, SIZE, mask_zero=masked, dtype=dtype, name="lookup")
    after = [p.build(k, dtype, f"{p.kind.lower()}_{i}") for i, p in enumerate(parts)]
    model = k.Sequential([k.Input((length,), dtype="int32"), lookup, *after])
    for layer in model.layers:
        weights = layer.get_weights()
        scale = 1.0 if layer is lookup else 0.6
        layer.set_weights([rng.normal(scale=scale, size=w.shape) for w in weights])
    if not biases:
        for weight in model.weights:
            if "bias" in weight.name:
                weight.assign(np.zeros(weight.shape))
    return Stack(model, ids_of(3, length or 6, masked, rng), masked)
