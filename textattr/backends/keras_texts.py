"""The texts of a batch of documents: from relevance where vectors enter the model to relevance of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.accompanying import says_of_tokens
from textattr.backends.backend import AttributedText, Settings
from textattr.backends.token_inputs import MASK_INPUT
from textattr.document import Document, TextPart
from textattr.errors import DocumentError, OptionError, TokensError
from textattr.explanation import Feature
from textattr.padding import padding_of
from textattr.split.nests import leaves_of
from textattr.split.rows import Attribution
from textattr.split.sites import INPUT
from textattr.split.survey import Survey
from textattr.split.texts import TextInput
from textattr.targets.tokens import OutputTokens
from textattr.units.parts import words_of_positions

Array = npt.NDArray[Any]

LARGE_SHARE = 0.3  # of all relevance, by size: what is no text has more, and the explanation warns


@dataclass(frozen=True, eq=False)
class Texts:
    """Where the texts of some documents of equal shapes stand in the model.

    Args:
        survey: where they enter it.
        inputs: the arrays that the model is given.
        settings: those of the explainer.
    """

    survey: Survey
    inputs: Any
    settings: Settings

    def parts(self, document: Document) -> tuple[TextPart, ...]:
        """The part of the document behind each site of text."""
        of_site = {site: self._part(text, document) for text in self.survey.texts for site in text.entries}
        return tuple(of_site[site] for site in range(len(of_site)))

    def lengths(self, document: Document) -> dict[int, int]:
        """How many tokens each text of the document has, padding included, by the model's input."""
        texts = [text for text in self.survey.texts if not text.is_beside]
        return {text.source: len(self._part(text, document).tokens) for text in texts}

    def given_pads(self, documents: Sequence[Document]) -> tuple[Array | None, ...]:
        """What settings and tokenizer say is padding: bool (documents, T) for each site of text, None where nothing.

        A site that covers a part of its text only (one call per sentence) is left out.
        """
        pads: list[Array | None] = [None] * len(self.survey.sites.texts)
        for text in self.survey.texts:
            parts = [self._part(text, document) for document in documents]
            flags = [self._padding(part, None) for part in parts]
            if (
                not text.is_sliced
                and not text.is_features
                and not text.is_beside
                and any(each.any() for each in flags)
            ):
                for site in text.entries:
                    pads[site] = np.stack(flags)
        return tuple(pads)

    def attributed(
        self, document: Document, attribution: Attribution, row: int
    ) -> tuple[AttributedText, ...]:
        """One row of an attribution, on the tokens of each text.

        Raises:
            DocumentError: when a text is nothing but padding.
            TokensError: when the model looks up more or fewer tokens than the text has.
        """
        texts = [text for text in self.survey.texts if not text.is_beside]
        return tuple(self._attributed(text, document, attribution, row) for text in texts)

    def features(self, place: int, attribution: Attribution, row: int) -> tuple[Feature, ...]:
        """One row of an attribution, on the columns of the inputs beside the text that have names.

        Args:
            place: the document's, among the inputs.
            attribution: that of all rows.
            row: that of the document and one target.

        Raises:
            OptionError: where the model looks up some of the columns, each by itself, and not others.
        """
        found: list[Feature] = []
        leaves = leaves_of(self.inputs)
        for text in self.survey.texts:
            if text.is_beside:
                weights = self._per_position(text, attribution.relevance, row)
                values = np.atleast_1d(leaves[text.source][place])
                if len(weights) != len(values):
                    raise OptionError(
                        f"feature_names= names the input {text.name!r}, of whose {len(values)} columns the model looks "
                        "up some, each by itself: which weight is whose is known where it looks up all"
                    )
                found += self.settings.features.weighted(str(text.name), values, weights)
        return tuple(found)

    def beside(
        self, document: Document, place: int, attribution: Attribution, row: int
    ) -> tuple[dict[str, float], tuple[str, ...]]:
        """The share of the inputs beside the text in one row, and a warning where it is large.

        What says something of the tokens of a text, as `says_of_tokens` tells, has none, unless it is part of a sum
        that would not add up without it.

        Args:
            document: the document.
            place: its own, among the inputs.
            attribution: that of all rows.
            row: that of the document and one target.
        """
        sites, leaves = self.survey.sites.others, leaves_of(self.inputs)
        counts = self._counts(document, attribution, row)
        of_text = {text.source for text in self.survey.texts if not text.is_beside}
        has_share = [
            self.settings.method.conserves
            or site.source in of_text  # the text itself, read in another order
            or not says_of_tokens(
                leaves[site.source][place],
                self.survey.names[site.source],
                self._axes_like(site.source, leaves),
                counts,
                is_looked_up=site.kind != INPUT,
            )
            for site in sites
        ]
        counted = [i for i, known in enumerate(has_share) if known and i < len(attribution.others)]
        if not counted:
            return {}, ()
        share = float(sum(attribution.others[i][row] for i in counted))
        if not np.isfinite(share):
            return {}, ()
        words = float(sum(np.abs(each[row]).sum() for each in attribution.relevance))
        if abs(share) <= LARGE_SHARE * (words + abs(share)):
            return {"other inputs": share}, ()
        names = ", ".join(dict.fromkeys(str(self.survey.names[sites[i].source]) for i in counted))
        warning = (
            f"{100 * abs(share) / (words + abs(share)):.0f} % of the relevance went to what is no text ({names}), and "
            "not to the words; where it is numbers, feature_names= shows each column"
        )
        return {"other inputs": share}, (warning,)

    def _axes_like(self, source: int, leaves: Sequence[Array]) -> list[tuple[int, ...]]:
        """How many tokens each text has along each axis, of those texts of which an input may hold a number per token.

        What takes one length only, as a table does, holds none of a text of any length, however long that one is.
        """
        fixed = self.survey.fixed
        texts = [text for text in self.survey.texts if not text.is_beside]
        return [_axes(text, leaves[text.source]) for text in texts if fixed[text.source] or not fixed[source]]

    def _counts(self, document: Document, attribution: Attribution, row: int) -> set[int]:
        """How many tokens each text has, with its padding and without."""
        counts: set[int] = set()
        for text in self.survey.texts:
            if not text.is_beside:
                part = self._part(text, document)
                pads = self._padding(part, self._mask(text, document, attribution.masks, row))
                zeros = pads if part.ids is None or part.ids.size != len(pads) else part.ids.reshape(-1) == 0
                counts |= {len(pads), int((~pads).sum()), int((~(pads | zeros)).sum())}
        return counts

    def output_tokens(
        self, text: TextInput, document: Document, masks: Sequence[Array | None], row: int
    ) -> OutputTokens:
        """The tokens of a text for each of which the model has scores.

        Args:
            text: the text.
            document: the document.
            masks: bool (R, P) for each site of text, as the model masks it; None where it does not.
            row: of the document among the rows.
        """
        part = self._part(text, document)
        pads = self._padding(part, self._mask(text, document, masks, row))
        special = (
            np.zeros(len(pads), bool) if part.encoding is None else np.array(part.encoding.special, bool)
        )
        return OutputTokens(text.name, part.tokens, pads, special & ~pads, words_of_positions(part))

    def _attributed(
        self, text: TextInput, document: Document, attribution: Attribution, row: int
    ) -> AttributedText:
        part = self._part(text, document)
        relevance = self._per_position(text, attribution.relevance, row)
        count = len(part.tokens)
        if len(relevance) != count:
            raise TokensError(
                f"the model looks up {len(relevance)} tokens where the document has {count}: give tokens= or a "
                "tokenizer that tells one token per position"
            )
        pads = np.zeros(count, bool)
        if not text.is_features:
            heeds_masks = self.settings.method.heeds_masks
            mask = self._mask(text, document, attribution.masks, row) if heeds_masks else None
            pads = self._padding(part, mask)
        if pads.all():
            raise DocumentError(f"expected at least one token, got {len(pads)} of padding")
        unseen = None
        if attribution.seen:
            unseen = self._per_position(text, [each.astype(float) for each in attribution.seen], row) == 0
        per_token = {
            name: self._per_position(text, sites, row) for name, sites in attribution.per_token.items()
        }
        return AttributedText(text.name, part, relevance, pads, per_token, text.is_features, unseen=unseen)

    def _name(self, text: TextInput) -> str | None:
        return self.survey.names[text.source]

    def _part(self, text: TextInput, document: Document) -> TextPart:
        parts = document.parts
        for name in (text.name, self._name(text), None):
            if name in parts:
                return parts[name]
        raise DocumentError(
            f"expected a text for the input {self._name(text)!r}, got {', '.join(map(str, parts))}"
        )

    def _padding(self, part: TextPart, mask: Array | None) -> Array:
        return padding_of(part, pad_value=self.settings.pad_value, padding=self.settings.padding, mask=mask)

    def _per_position(self, text: TextInput, sites: Sequence[Array], row: int) -> Array:
        """Numbers of each site as one per position of the text; tables over the same ids add up."""
        return text.summed([each[row : row + 1].astype(np.float64) for each in sites], self.inputs).reshape(
            -1
        )

    def _mask(
        self, text: TextInput, document: Document, masks: Sequence[Array | None], row: int
    ) -> Array | None:
        """Where the model reads, bool (T,): as an input says it, else as the lookups do; None where nothing does."""
        if isinstance(document.inputs, Mapping):
            named = [np.asarray(v, bool) for name, v in document.inputs.items() if MASK_INPUT.search(name)]
            shape = np.shape(document.inputs.get(self._name(text), 0))
            fitting = [mask for mask in named if mask.shape == shape]
            if fitting:
                return fitting[0]
        known = {i: mask[row : row + 1] for i in text.entries if (mask := masks[i]) is not None}
        if len(known) < len(text.entries):
            return next((mask[0] for mask in known.values()), None)
        one = {i: mask[..., None] for i, mask in known.items()}
        together: Array = text.joined(one, self.inputs).all(-1).reshape(-1)
        return together


def _axes(text: TextInput, leaf: Array) -> tuple[int, ...]:
    """How many tokens a text has along each of its axes; () for a string, whose tokens the model finds."""
    is_vectors = leaf.dtype.kind == "f" and not text.is_features and leaf.ndim > 2
    return leaf.shape[1:-1] if is_vectors else leaf.shape[1:]
