"""From relevance on vectors to an explanation: sum, strip the padding, place on the characters.

Long because every step needs the same reader of the document and the same texts of the model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.document import Document, TextPart
from textattr.errors import DocumentError, TokensError
from textattr.explanation import (
    AnyExplanation,
    Explanation,
    MultiTextExplanation,
    Prediction,
    SharedTarget,
    TargetExplanation,
    Token,
)
from textattr.frozen import read_only
from textattr.methods.method import Method
from textattr.methods.options import plain_options
from textattr.padding import padding_of
from textattr.spans import place_tokens, weighted_spans
from textattr.split.family import tensorflow
from textattr.split.rows import Attribution
from textattr.split.sites import INPUT
from textattr.split.survey import Survey
from textattr.split.texts import Text, joined, texts_of
from textattr.suspicions import infinite_scores, suspicions
from textattr.targets.target import Target
from textattr.tokenizers.encoding import Encoding

Array = npt.NDArray[Any]

_MASK_INPUT = re.compile(r"(padding|attention|input)_?mask", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Found:
    """One target of one document, attributed.

    Args:
        attribution: what the method found, for this and other rows.
        row: which row of it.
        label: the target's name.
        target: what was explained.
        prediction: what the model said at that output.
    """

    attribution: Attribution
    row: int
    label: str
    target: Target
    prediction: Prediction


@dataclass(frozen=True, eq=False)
class Assembler:
    """Turns what was found about documents of equal shapes into explanations.

    Args:
        survey: where the texts enter the model.
        inputs: the tensors that the model was given.
        method: what ran.
        model_name: the model's name.
        pad_value: as the user set it.
        padding: as the user set it.
    """

    survey: Survey
    inputs: Any
    method: Method
    model_name: str
    pad_value: Any
    padding: str | None

    def assemble(
        self,
        document: Document,
        found: Sequence[Found],
        predictions: Sequence[Prediction],
        truth: str | None,
        notes: Sequence[str],
    ) -> AnyExplanation:
        """The explanation of one document.

        Args:
            document: the document.
            found: its targets.
            predictions: one per output of the model, that of the first target first.
            truth: the right label, if it was told.
            notes: what had to be guessed about the model.

        Raises:
            DocumentError: when a text is nothing but padding.
            TokensError: when the model looks up more or fewer tokens than the text has.
        """
        common: dict[str, Any] = {
            "method": self.method.name,
            "title": self.method.title,
            "options": plain_options(self.method),
            "model": self.model_name,
            "prediction": predictions[0],
            "other_predictions": tuple(predictions[1:]),
            "truth": truth,
        }
        shared = [self._shared(f) for f in found]
        told = [warning for f in found for warning in f.attribution.warnings[f.row]]
        endless = [w for each in predictions for w in infinite_scores(each.scores, each.labels)]
        general = unique([*document.warnings, *notes, *endless, *told])
        explained: dict[str | None, tuple[dict[str, Any], tuple[str, ...]]] = {}
        for text in texts_of(self.survey):
            explained.update(self._texts(text, document, found, shared))
        if set(explained) == {None}:
            explanation, own = explained[None]
            return Explanation(**common, **explanation, warnings=unique([*general, *own]))
        parts = {str(name): Explanation(**common, **e, warnings=own) for name, (e, own) in explained.items()}
        own_warnings = [f"{name}: {warning}" for name, part in parts.items() for warning in part.warnings]
        targets = tuple(SharedTarget(**each) for each in shared)
        return MultiTextExplanation(
            **common, texts=parts, targets=targets, warnings=unique([*general, *own_warnings])
        )

    def _shared(self, found: Found) -> dict[str, Any]:
        """What is said of a target whatever the text."""
        attribution, row, prediction = found.attribution, found.row, found.prediction
        target = None if found.target.selector.reads_every_output else int(attribution.target[row])
        known = prediction.probabilities is not None and target is not None
        beside = float(sum(o[row] for o in attribution.others))
        others = {"other inputs": beside} if attribution.others and np.isfinite(beside) else {}
        return {
            "target": target,
            "against": None if found.target.against is None else found.target.against.index,
            "label": found.label,
            "score": float(attribution.value[row]),
            "probability": float(prediction.probabilities[target]) if known else None,  # type: ignore[index]
            "shares": {**others, **{name: float(v[row]) for name, v in attribution.shares.items()}},
            "diagnostics": {name: _plain(values[row]) for name, values in attribution.diagnostics.items()},
            "output": prediction.output,
        }

    def told_pads(self, documents: Sequence[Document]) -> tuple[Array | None, ...]:
        """What user and tokenizer say is padding: bool (documents, T) for each site of text, None where they do not.

        A site that covers a part of its text only (one call per sentence) is left out.
        """
        pads: list[Array | None] = [None] * len(self.survey.sites.texts)
        for text in texts_of(self.survey):
            parts = [self._part(text, document) for document in documents]
            flags = [
                padding_of(part, pad_value=self.pad_value, padding=self.padding, mask=None) for part in parts
            ]
            is_whole = len({self.survey.sites.texts[site].layer for site in text.sites}) == len(text.sites)
            if is_whole and not self._is_features(text) and any(each.any() for each in flags):
                for site in text.sites:
                    pads[site] = np.stack(flags)
        return tuple(pads)

    def parts(self, document: Document) -> tuple[TextPart, ...]:
        """The part of the document behind each site of text."""
        of_site = {site: self._part(text, document) for text in texts_of(self.survey) for site in text.sites}
        return tuple(of_site[site] for site in range(len(of_site)))

    def _texts(
        self, text: Text, document: Document, found: Sequence[Found], shared: list[dict[str, Any]]
    ) -> dict[str | None, tuple[dict[str, Any], tuple[str, ...]]]:
        """The fields of an `Explanation` that belong to one text, and its warnings; by name, where it is several."""
        part = self._part(text, document)
        heats = [self._heat(text, f) for f in found]
        is_features = self._is_features(text)
        if len(heats[0]) != len(part.tokens):
            raise TokensError(
                f"the model looks up {len(heats[0])} tokens where the document has {len(part.tokens)}: give tokens= or "
                "a tokenizer that tells one token per position"
            )
        pads = np.zeros(len(part.tokens), bool)
        if not is_features:
            mask = self._mask(text, document, found[0]) if self.method.heeds_masks else None
            pads = padding_of(part, pad_value=self.pad_value, padding=self.padding, mask=mask)
        if pads.all():
            raise DocumentError(f"expected at least one token, got {len(pads)} of padding")
        told = [bool(f.attribution.warnings[f.row]) for f in found]
        own = unique(
            [w for heat, is_told in zip(heats, told, strict=True) for w in suspicions(heat, pads, is_told)]
        )
        if part.encoding is not None and part.encoding.texts is not None:
            each_of = {
                name: self._with_tokens(
                    text, found, shared, np.flatnonzero(_belongs(part.encoding, name) & ~pads)
                )
                for name in part.encoding.texts
            }
            packed = _packed(part.encoding, heats, pads, shared, each_of)
            return {name: (each, own) for name, each in packed.items()}
        kept = np.flatnonzero(~pads)
        content, tokens = place_tokens(part, [int(i) for i in kept], "\n" if is_features else None)
        targets = tuple(
            _target(heat[kept], _padding_share(heat, pads), tokens, content, each)
            for heat, each in zip(heats, self._with_tokens(text, found, shared, kept), strict=True)
        )
        layout = "features" if is_features else "text"
        fields = {"document": content, "tokens": tokens, "targets": targets, "layout": layout}
        return {text.name: (fields, own)}

    def _with_tokens(
        self, text: Text, found: Sequence[Found], shared: list[dict[str, Any]], kept: Array
    ) -> list[dict[str, Any]]:
        """What is shared of each target, with what the method says of the tokens of one text beside it."""
        both = []
        for f, each in zip(found, shared, strict=True):
            of_tokens = {
                name: read_only(self._per_position(text, f, sites)[kept])
                for name, sites in f.attribution.per_token.items()
            }
            both.append({**each, "diagnostics": {**each["diagnostics"], **of_tokens}})
        return both

    def _name(self, text: Text) -> str | None:
        return self.survey.names[text.source]

    def _part(self, text: Text, document: Document) -> TextPart:
        parts = document.parts
        for name in (text.name, self._name(text), None):
            if name in parts:
                return parts[name]
        raise DocumentError(
            f"expected a text for the input {self._name(text)!r}, got {', '.join(map(str, parts))}"
        )

    def _heat(self, text: Text, found: Found) -> Array:
        """Relevance per position, summed over the embedding axis; tables over the same ids add up."""
        return self._per_position(text, found, found.attribution.relevance)

    def _per_position(self, text: Text, found: Found, sites: Sequence[Array]) -> Array:
        """Numbers of each site, (R, P, D) or (R, P), as one per position of the text."""
        one = [
            each[found.row : found.row + 1].astype(np.float64).reshape(1, each.shape[1], -1) for each in sites
        ]
        summed: Array = joined(text, one, self.inputs).sum(-1).reshape(-1)
        return summed

    def _mask(self, text: Text, document: Document, found: Found) -> Array | None:
        """Where the model reads, bool (T,): as an input says it, else as the lookups do; None where nothing does."""
        if isinstance(document.inputs, Mapping):
            told = [np.asarray(v, bool) for name, v in document.inputs.items() if _MASK_INPUT.search(name)]
            fitting = [
                mask for mask in told if mask.shape == np.shape(document.inputs.get(self._name(text), 0))
            ]
            if fitting:
                return fitting[0]
        masks = {i: found.attribution.masks[i] for i in text.sites}
        own = [mask[found.row] for mask in masks.values() if mask is not None]
        if len(own) < len(masks):
            return own[0] if own else None
        one = {i: mask[found.row : found.row + 1, :, None] for i, mask in masks.items() if mask is not None}
        together: Array = joined(text, one, self.inputs).all(-1).reshape(-1)
        return together

    def _is_features(self, text: Text) -> bool:
        site = self.survey.sites.texts[text.sites[0]]
        leaf = tensorflow().nest.flatten(self.inputs)[text.source]
        return site.kind == INPUT and len(leaf.shape) == 2


def _belongs(encoding: Encoding, name: str | None) -> Array:
    """Which positions belong to a text, bool (T,); None: to no text."""
    return np.array([each == name for each in encoding.text_of or ()], bool)


def _packed(
    encoding: Encoding,
    heats: Sequence[Array],
    pads: Array,
    shared: list[dict[str, Any]],
    each_of: Mapping[str, list[dict[str, Any]]],
) -> dict[str | None, dict[str, Any]]:
    """Several texts in one input, told apart by the encoding; what belongs to none becomes a share of all of them.

    `each_of` is what is shared, with what is said of the tokens, by the name of the text.
    """
    fields: dict[str | None, dict[str, Any]] = {}
    for name, content in (encoding.texts or {}).items():
        kept = np.flatnonzero(_belongs(encoding, name) & ~pads)
        tokens = tuple(Token(encoding.tokens[i], *encoding.offsets[i]) for i in map(int, kept))
        targets = tuple(
            _target(heat[kept], {}, tokens, content, each)
            for heat, each in zip(heats, each_of[name], strict=True)
        )
        fields[name] = {"document": content, "tokens": tokens, "targets": targets}
    nobodys = _belongs(encoding, None) & ~pads
    for heat, each in zip(heats, shared, strict=True):
        special = {"special": float(heat[nobodys].sum())} if nobodys.any() else {}
        each["shares"] = {**_padding_share(heat, pads), **special, **each["shares"]}
    return fields


def _padding_share(heat: Array, pads: Array) -> dict[str, float]:
    return {"padding": float(heat[pads].sum())} if pads.any() else {}


def _target(
    heatmap: Array,
    shares: Mapping[str, float],
    tokens: tuple[Token, ...],
    content: str,
    shared: Mapping[str, Any],
) -> TargetExplanation:
    special = np.array([token.is_special for token in tokens], bool)
    specials = {"special": float(heatmap[special].sum())} if special.any() else {}
    rest = {**shared, "shares": {**shares, **specials, **shared["shares"]}}
    return TargetExplanation(**rest, heatmap=heatmap, spans=weighted_spans(content, tokens, list(heatmap)))


def unique(warnings: Sequence[str]) -> tuple[str, ...]:
    """Each warning once, in order."""
    return tuple(dict.fromkeys(warnings))


def _plain(value: Any) -> Any:
    """One row of a diagnostic: a Python number or string, or a read-only array."""
    return value.item() if np.ndim(value) == 0 and hasattr(value, "item") else read_only(value)
