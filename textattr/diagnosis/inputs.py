"""What each input of a model is to textattr: text, a number beside it, or something that has no say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.backends.token_inputs import MASK_INPUT
from textattr.diagnosis.findings import OtherInput, Table, Text
from textattr.split.cut import Cut
from textattr.split.failures import longest
from textattr.split.family import tensorflow
from textattr.split.layers import walk
from textattr.split.model import SplitModel
from textattr.split.rows import Rows
from textattr.split.signature import specs
from textattr.split.sites import GATHER, INPUT, Site
from textattr.split.survey import Survey
from textattr.split.texts import TextInput


@dataclass(frozen=True)
class _Entry:
    """What one trace tells of a site of text: how many numbers a vector has, and whether something masks it."""

    size: int | None
    is_masked: bool


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of a model, as they were traced.

    Args:
        split: the model.
        survey: where text and other numbers enter it.
        rows: documents that it runs on.
    """

    split: SplitModel
    survey: Survey
    rows: Rows

    def texts(self) -> tuple[Text, ...]:
        """What is read as text."""
        entries = self.split.inspect(_entries, self.rows)
        return tuple(self._text(text, entries) for text in self.survey.texts)

    def others(self) -> tuple[OtherInput, ...]:
        """The other inputs, in the order of `tf.nest.flatten`."""
        taken = {text.source for text in self.survey.texts}
        shared = {site.source for site in self.survey.sites.others}
        return tuple(
            OtherInput(str(name), source in shared)
            for source, name in enumerate(self.survey.names)
            if source not in taken
        )

    def _text(self, text: TextInput, entries: tuple[_Entry, ...]) -> Text:
        sites = [self.survey.sites.texts[i] for i in text.entries]
        leaf = tensorflow().nest.flatten(self.rows.inputs)[text.source]
        reads = _reads(text, sites[0], leaf)
        length = self._length(text, reads)
        limit = longest(self.split.model, self.rows.inputs) if reads == "ids" and length is None else None
        tables = [
            self._table(site, entries[i].size)
            for i, site in zip(text.entries, sites, strict=True)
            if site.kind != INPUT
        ]
        masked = [site for i, site in zip(text.entries, sites, strict=True) if entries[i].is_masked]
        mask = self._mask_input() or next(map(self._path_of, map(_masker, masked)), None)
        return Text(text.name, reads, length, limit, tuple(dict.fromkeys(tables)), mask)

    def _length(self, text: TextInput, reads: str) -> int | None:
        """The only number of positions; None where it is open."""
        spec = specs(self.split.model, self.rows.inputs, static=False)
        sizes = tensorflow().nest.flatten(spec)[text.source].shape.as_list()[1:]
        positions = sizes[:-1] if reads == "vectors" else sizes
        return None if None in positions or reads == "strings" else int(np.prod(positions))

    def _table(self, site: Site, size: int | None) -> Table:
        if site.kind == GATHER or site.layer is None:
            return Table(None, site.table_size, size)
        layer = site.layer()
        rows = getattr(layer, "input_dim", None) or getattr(layer, "vocabulary_size", None)
        return Table(self._path_of(site.layer), rows, size)

    def _path_of(self, reference: Any) -> str | None:
        return next((path for path, layer in walk(self.split.model) if layer is reference()), None)

    def _mask_input(self) -> str | None:
        return next((name for name in self.survey.names if name and MASK_INPUT.search(name)), None)


def _entries(cut: Cut) -> tuple[_Entry, ...]:
    """Of each site of text what a trace tells."""
    run = cut.run()
    return tuple(
        _Entry(vectors.shape[-1], mask is not None)
        for vectors, mask in zip(run.vectors, run.masks, strict=True)
    )


def _reads(text: TextInput, site: Site, leaf: Any) -> str:
    if text.is_features:
        return "features"
    if leaf.dtype == object:
        return "strings"
    return "vectors" if site.kind == INPUT else "ids"


def _masker(site: Site) -> Any:
    """The layer by which a site is masked."""
    return site.masking or site.masked_by or site.layer
