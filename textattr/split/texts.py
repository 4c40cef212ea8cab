"""The texts that a model reads: each an input of it, and the places where its vectors enter."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.graph.traits import is_moved, is_same, moved_from
from textattr.split.family import tensorflow
from textattr.split.nests import leaves_of
from textattr.split.sites import INPUT, Site

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class TextInput:
    """One text that the model reads.

    Args:
        name: of the model's input; None where there is only one text.
        source: position of the input in the order of `tf.nest.flatten`.
        entries: where its vectors enter, as positions among all sites of text.
        parts: for each entry the number of the part of the text that it reads. All 0 where each reads the whole text;
            parts, as of a table called once per sentence, follow one another.
        is_features: it is no text but one row of numbers, each of them shown alone.
        is_beside: such numbers stand beside a text, and the user named their columns.
        vectorization: weak reference to the `TextVectorization` layer that turns the input, as it stands, into the ids
            of all entries; None where there is none.
    """

    name: str | None
    source: int
    entries: tuple[int, ...]
    parts: tuple[int, ...]
    is_features: bool = False
    is_beside: bool = False
    vectorization: Callable[[], Any] | None = None

    @property
    def is_sliced(self) -> bool:
        """Whether each entry reads a part of the text only."""
        return len(set(self.parts)) > 1

    @property
    def columns(self) -> dict[int, slice]:
        """For each entry which columns it reads, of numbers beside a text: one where each has a table, else all."""
        parts = zip(self.entries, self.parts, strict=True)
        return {site: slice(part, part + 1) if self.is_sliced else slice(None) for site, part in parts}

    def tokens_at(self, lengths: Sequence[int], inputs: Any) -> tuple[Array, ...]:
        """For each entry, of that many positions, which token stands at each of them: int (P,)."""
        offsets = self._offsets(lengths, inputs)
        return tuple(offset + np.arange(length) for offset, length in zip(offsets, lengths, strict=True))

    def joined(self, arrays: Sequence[Array] | Mapping[int, Array], inputs: Any) -> Array:
        """The arrays (R, P, D) of its entries as one array in the shape of the input: (R, T, D).

        Entries that read the same tokens (several tables over the same ids) stand side by side on the last axis;
        parts (a call per sentence) follow one another.
        """
        mine = [arrays[i] for i in self.entries]
        whole = mine[0] if len(mine) == 1 else self._laid_out(mine, inputs)
        shape = leaves_of(inputs)[self.source].shape
        if len(shape) > 2 and whole.shape[1] == self._positions(inputs):
            return whole.reshape(*whole.shape[:1], *shape[1:], whole.shape[-1])
        return whole

    def _laid_out(self, mine: Sequence[Array], inputs: Any) -> Array:
        """The arrays of several entries side by side, and one behind the other."""
        beside: dict[int, list[Array]] = {}
        for offset, array in zip(self._offsets([a.shape[1] for a in mine], inputs), mine, strict=True):
            beside.setdefault(offset, []).append(array)
        rows = [np.concatenate(beside[offset], -1) for offset in sorted(beside)]
        return rows[0] if len(rows) == 1 else np.concatenate(rows, 1)

    def summed(self, arrays: Sequence[Array] | Mapping[int, Array], inputs: Any) -> Array:
        """The arrays (R, P) of its entries as one in the shape of the input, (R, T): at the same tokens they add up."""
        alone = {i: arrays[i][..., None] for i in self.entries}
        total: Array = self.joined(alone, inputs).sum(-1)
        return total

    def _offsets(self, lengths: Sequence[int], inputs: Any) -> list[int]:
        """At which token each entry begins; at the first, where parts overlap, as bigrams do, and make up no input."""
        length_of = dict(zip(self.parts, lengths, strict=True))
        begins, end = {}, 0
        for part in sorted(length_of):
            begins[part] = end
            end += length_of[part]
        follow = end == self._positions(inputs)
        return [begins[part] if follow else 0 for part in self.parts]

    def _positions(self, inputs: Any) -> int | None:
        """How many positions the input has; None for strings, whose tokens the model finds."""
        shape = leaves_of(inputs)[self.source].shape
        return math.prod(shape[1:]) if len(shape) > 1 else None


def texts_of(
    sites: Sequence[Site],
    ids: Sequence[Any],
    leaves: Sequence[Any],
    names: Sequence[str | None],
    features: Collection[str] = (),
) -> tuple[TextInput, ...]:
    """The texts that the model reads, in the order in which it declares or looks them up.

    Args:
        sites: all sites of text.
        ids: for each the graph tensor that was looked up; the input itself where the model takes vectors.
        leaves: the inputs, in the order of `tf.nest.flatten`.
        names: their names.
        features: the names of those that hold numbers beside the text, whose columns are named.
    """
    sources = list(dict.fromkeys(site.source for site in sites))
    several = sum(names[source] not in features for source in sources) > 1
    texts = []
    for source in sources:
        entries = tuple(i for i, site in enumerate(sites) if site.source == source)
        is_features = sites[entries[0]].kind == INPUT and leaves[source].shape.rank == 2
        parts = _parts([ids[i] for i in entries], leaves[source])
        is_beside = names[source] in features
        name = names[source] if several or is_beside else None
        texts.append(TextInput(name, source, entries, parts, is_features, is_beside))
    return tuple(texts)


def _parts(ids: Sequence[Any], leaf: Any) -> tuple[int, ...]:
    """For each tensor of ids the number of the part of the input that it is; in reading order where that is known."""
    slices = [_slice_of(each, leaf) for each in ids]
    different = list(dict.fromkeys(slices))
    if len({tuple(step.kind for step in each) for each in different}) == 1:
        different.sort(key=lambda each: [step.numbers for step in each])
    return tuple(different.index(each) for each in slices)


@dataclass(frozen=True)
class _Step:
    """One op on the way from the input to what is looked up: its type, or its name where its place is not known."""

    kind: str
    numbers: tuple[Any, ...] = ()


def _slice_of(ids: Any, leaf: Any) -> tuple[_Step, ...]:
    """How ids were cut out of the input."""
    steps: list[_Step] = []
    while ids.ref() != leaf.ref():
        if not is_moved(ids):
            return (*steps, _Step(ids.name))
        if not is_same(ids):
            steps.append(_step(ids))
        ids = moved_from(ids)
    return tuple(steps)


def _step(tensor: Any) -> _Step:
    tf = tensorflow()
    data = moved_from(tensor).ref()
    known = [tf.get_static_value(each) for each in tensor.op.inputs if each.ref() != data]
    if any(each is None for each in known):
        return _Step(tensor.name)
    places = [tuple((n < 0, int(n)) for n in np.ravel(each)) for each in known]  # -1 stands behind all others
    return _Step(tensor.op.type, (tensor.value_index, *places))
