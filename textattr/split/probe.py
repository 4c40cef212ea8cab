"""A batch of seeded documents, by which a model shows what its outputs are like, whatever is to be explained.

The documents are as random as texts can be: ids that are in the table, of several lengths, padded at either end;
words of the model's own vocabulary; numbers of several sizes. What a score means is read off them, so that it never
depends on the documents at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.split.family import tensorflow
from textattr.split.layers import walk
from textattr.split.rounding import ROUNDINGS
from textattr.split.signature import declared_inputs, input_name, takes_dict
from textattr.split.sites import INPUT, Sites
from textattr.targets.evidence import Observed

Array = npt.NDArray[Any]

ROWS = 16
TOKENS = 2048  # in all rows together: of long documents there are fewer rows
LENGTHS = (12, 40, 200)  # tokens that are tried in turn, where the model takes any number; some need many
TOPS = (1000, 50, 2)  # ids below which are tried in turn, where the size of the table is not known
SCALES = (0.1, 1.0, 10.0, 100.0)  # of numbers that are no ids

WORDS = tuple("the a of and to in is it this film good bad not very great awful 1 2024 ! ?".split())

_MASK = re.compile("mask", re.IGNORECASE)


@dataclass(frozen=True)
class Probe:
    """What the documents are made for.

    Args:
        leaves: the specs of the model's inputs, in the order of `tf.nest.flatten`.
        names: their names, None where they have none.
        tables: how many rows the tables have that are looked up with the ids of an input, by its position: None where
            that is not known.
        words: what strings are made of.
    """

    leaves: tuple[Any, ...]
    names: tuple[str | None, ...]
    tables: Mapping[int, int | None]
    words: Sequence[str]

    def batches(self, lengths: Sequence[int] = LENGTHS) -> Iterator[list[Array]]:
        """Batches to be tried in turn, until the model takes one: an array for each input; of so many tokens each."""
        numbers = [leaf.dtype.name != "string" for leaf in self.leaves]
        tops = TOPS if any(size is None and numbers[i] for i, size in self.tables.items()) else TOPS[:1]
        is_fixed = all(None not in leaf.shape.as_list()[1:] for leaf in self.leaves)
        for length in lengths[:1] if is_fixed else lengths:
            for top in tops:
                yield self.batch(length, top)

    def batch(self, length: int, top: int) -> list[Array]:
        """Documents of `length` tokens, where the model takes any number; ids below `top`, where any may be right."""
        rng = np.random.default_rng(0)
        shapes = [_sizes(leaf, length) for leaf in self.leaves]
        longest = max((int(np.prod(shape)) for i, shape in enumerate(shapes) if i in self.tables), default=1)
        rows = min(ROWS, max(4, TOKENS // longest))
        kept = {shape: _kept(rng, rows, shape) for shape in shapes if shape}
        return [self._leaf(rng, i, (rows, *shape), kept.get(shape), top) for i, shape in enumerate(shapes)]

    def _leaf(self, rng: Any, i: int, shape: tuple[int, ...], kept: Array | None, top: int) -> Array:
        """One input: ids with zeros at the padding, words, a mask, or numbers."""
        dtype = self.leaves[i].dtype
        if dtype.name == "string":
            return _strings(rng, shape, self.words)
        if i in self.tables:
            ids = rng.integers(0, max(1, self.tables[i] or top), shape)
            return np.asarray(ids if kept is None else ids * kept, dtype.as_numpy_dtype)
        is_mask = dtype.is_floating and _MASK.search(self.names[i] or "") is not None
        if is_mask or not dtype.is_floating:
            return np.asarray(np.ones(shape) if kept is None else kept, dtype.as_numpy_dtype)
        numbers = rng.normal(size=shape) * np.resize(SCALES, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
        numbers[: shape[0] // 2] = np.abs(numbers[: shape[0] // 2])  # counts are not negative
        return np.asarray(numbers, dtype.as_numpy_dtype)


def probe_of(model: Any, spec: Any, names: Sequence[str | None], sites: Sites | None) -> Probe:
    """What documents a model takes.

    Args:
        model: the Keras model, whose own vocabularies are read.
        spec: what it was traced with.
        names: the names of its inputs.
        sites: where text enters it; None where no token is looked up.
    """
    tables: dict[int, int | None] = {}
    for site in () if sites is None else (*sites.texts, *sites.others):
        if site.kind != INPUT:
            known = tables.get(site.source, site.table_size)
            size = site.table_size
            tables[site.source] = None if size is None or known is None else min(size, known)
    leaves = tuple(tensorflow().nest.flatten(spec))
    return Probe(leaves, tuple(names), tables, _vocabulary(model) or WORDS)


def blank(model: Any, *, rows: int = 1, length: int = 1, as_dict: bool = True) -> Any:
    """A batch of the shapes and dtypes that a model declares, by which it may be traced; ids below 2.

    Args:
        model: the Keras model.
        rows: how many documents, up to four.
        length: how many tokens each has, where the model takes any number.
        as_dict: give several inputs as a dict, not as a tuple; an only one where the model was built with a dict.
    """
    declared = declared_inputs(model)
    if declared is None:
        return np.ones((rows, length), "int32")
    names = [input_name(tensor) for tensor in declared]
    leaves = tuple(tensorflow().TensorSpec(tensor.shape, tensor.dtype) for tensor in declared)
    batch = [array[:rows] for array in Probe(leaves, tuple(names), {}, WORDS).batch(length, TOPS[0])]
    if len(batch) == 1 and not takes_dict(model):
        return batch[0]
    return dict(zip(names, batch, strict=True)) if as_dict else tuple(batch)


def observed(
    run: Callable[..., Sequence[Array]], probe: Probe, epsilon: float
) -> tuple[Observed | None, ...] | None:
    """What a model gives for the first batch that it takes, for each output; None where it takes none of them.

    Args:
        run: the model: an array for each input -> an array for each output.
        probe: the documents.
        epsilon: the rounding of the model, as `rounding_since` gives it.
    """
    for batch in probe.batches():
        try:
            outputs = run(*batch)
        except Exception:  # noqa: BLE001  (whatever a model raises, it takes another batch or none)
            continue
        return tuple(_seen(np.asarray(output, np.float64), epsilon) for output in outputs)
    return None


def _seen(output: Array, epsilon: float) -> Observed | None:
    rows = output.reshape(-1, output.shape[-1]) if output.ndim == 3 else output.reshape(len(output), -1)
    rows = rows[np.isfinite(rows).all(1)]
    if not rows.size:
        return None
    slack = ROUNDINGS * epsilon
    is_inside = bool((rows >= -slack).all() and (rows <= 1 + slack).all())
    return Observed(is_inside, is_inside and bool((np.abs(rows.sum(1) - 1) <= slack).all()))


def _sizes(leaf: Any, length: int) -> tuple[int, ...]:
    """The shape of one document; of sentences of words there are few, but each is as long."""
    sizes = leaf.shape.as_list()[1:]
    last = len(sizes) - 1 - leaf.dtype.is_floating * (len(sizes) > 1)
    return tuple((length if axis == last else 3) if size is None else size for axis, size in enumerate(sizes))


def _kept(rng: Any, rows: int, shape: tuple[int, ...]) -> Array:
    """Which tokens are no padding, bool (rows, ...): whole documents, and shorter ones padded behind or in front."""
    length = shape[-1]
    counts = np.where(np.arange(rows) % 2, rng.integers(1, length + 1, rows), length)
    behind = np.arange(length) < counts[:, None]
    padded = np.where((np.arange(rows) % 4 == 3)[:, None], behind[:, ::-1], behind)
    return np.broadcast_to(padded.reshape(rows, *[1] * (len(shape) - 1), length), (rows, *shape))


def _strings(rng: Any, shape: tuple[int, ...], words: Sequence[str]) -> Array:
    """Texts; single words, where a document has several strings."""
    is_split = len(shape) > 1 and shape[-1] > 1
    counts = np.ones(shape, int) if is_split else rng.integers(1, 13, shape)
    texts = [" ".join(rng.choice(words, count)) for count in counts.reshape(-1)]
    return np.array(texts, object).reshape(shape)


def _vocabulary(model: Any) -> list[str]:
    """Words that the model's own layers know, without those that stand for padding and the unknown."""
    for _, layer in walk(model):
        if hasattr(layer, "get_vocabulary"):
            words = [str(word) for word in islice(layer.get_vocabulary(), 1000)]
            return [word for word in words if word and not word.startswith("[")]
    return []
