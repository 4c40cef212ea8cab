"""`KerasBackend`: a Keras model, cut where its texts enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.answers import answers_of
from textattr.backends.backend import Answer, Attributed, Batch, Job, Settings
from textattr.backends.keras_reader import reader_for
from textattr.backends.keras_texts import Texts
from textattr.backends.output_text import text_of_output, texts_as_long
from textattr.backends.windows import WindowReader
from textattr.document import Document, TextPart, WindowedDocument
from textattr.methods.applied import Applied
from textattr.methods.auto import chosen
from textattr.methods.method import Method
from textattr.padding import padding_of
from textattr.proof.proof import proof_of
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.layers import walk
from textattr.split.memory import Memory
from textattr.split.model import KEPT, split_model
from textattr.split.nests import leaves_of
from textattr.split.own_documents import own_documents
from textattr.split.row_memory import rows_at_once
from textattr.split.rows import Attribution, Rows
from textattr.split.signature import declared_inputs
from textattr.split.tracing import require_no_trace
from textattr.split.xla import at_first
from textattr.suspicions import require_output
from textattr.targets.head import Head
from textattr.targets.target import TargetTensors
from textattr.targets.tokens import OutputTokens

Array = npt.NDArray[Any]


class KerasBackend:
    """A Keras 3 or tf_keras model.

    Args:
        model: the model.
        tokenizer: turns texts into ids, or None.
        embedding_layer: the lookup, where it is not the obvious one.
        settings: those of the explainer.
    """

    def __init__(self, model: Any, tokenizer: Any, embedding_layer: Any, settings: Settings) -> None:
        self._split = split_model(model, embedding_layer, settings.features.inputs)
        self._reader = reader_for(self._split, tokenizer)
        self._settings = settings
        self._positions: Memory[int] = Memory(KEPT)

    @property
    def name(self) -> str:
        """The model's own."""
        return str(self._split.model.name)

    def read(self, doc: Any, tokens: Any) -> Document:
        """Understand one document; a tokenizer may be a layer, which must not run while the model is traced."""
        require_no_trace()
        return self._reader.read(doc, tokens)

    def read_in_windows(
        self, docs: Sequence[Any], tokens: Sequence[Any], size: int, stride: int | None
    ) -> list[WindowedDocument]:
        """Cut texts that are longer than a window."""
        require_no_trace()
        return WindowReader(self._reader, size, stride, self._pads).read_all(docs, tokens)

    def _pads(self, part: TextPart, mask: Array | None) -> Array:
        """Which positions of a text are padding, bool (T,), as far as that is known before the model runs."""
        if mask is None and part.ids is not None and self._masks_zero:
            mask = part.ids != 0
        return padding_of(part, pad_value=self._settings.pad_value, padding=self._settings.padding, mask=mask)

    @cached_property
    def _masks_zero(self) -> bool:
        return any(getattr(layer, "mask_zero", False) for _, layer in walk(self._split.model))

    def score_kind(self, output: str | None, batch: Batch) -> str:
        """As the user wishes, or the method."""
        return self._score(self.heads(batch)[output])

    def read_all(self, docs: Sequence[Any], tokens: Sequence[Any]) -> list[Document]:
        """Understand several documents, whose texts go through a tokenizer together."""
        require_no_trace()
        return self._reader.read_all(docs, tokens)

    def together(self, documents: Sequence[Document]) -> list[list[int]]:
        """The positions of the documents, those of the same shapes and special ids together."""
        groups: dict[Any, list[int]] = {}
        for i, document in enumerate(documents):
            shapes = tuple(
                (np.shape(leaf), np.asarray(leaf).dtype.kind) for leaf in leaves_of(document.inputs)
            )
            lengths = tuple(len(part.tokens) for part in document.parts.values())
            special = tuple(tuple(sorted(part.special_ids.items())) for part in document.parts.values())
            groups.setdefault((shapes, lengths, special), []).append(i)
        return list(groups.values())

    def batch(self, documents: Sequence[Document]) -> Batch:
        """The documents one below the other, as a nest of arrays (N, ...)."""
        tf = tensorflow()
        stacked = tf.nest.map_structure(lambda *leaves: np.stack(leaves), *(d.inputs for d in documents))
        self._settings.features.require_given(stacked, declared_inputs(self._split.model) or [])
        arrays = self._split.checked(stacked)
        survey = self._split.known(arrays)
        self._reader.require_texts([survey.names[text.source] for text in survey.texts if not text.is_beside])
        for text in survey.texts:
            if text.is_beside:
                leaf = leaves_of(arrays)[text.source]
                self._settings.features.require_columns(str(text.name), leaf)
        return Batch(documents, arrays)

    def heads(self, batch: Batch) -> Mapping[str | None, Head]:
        """As activations, compiled loss and settings say.

        What has a line of scores for something else than the tokens of a text can only be explained by functions of it.
        """
        found = self._split.heads(batch.inputs, self._settings.task)
        return {name: self._head_of_tokens(batch, head) for name, head in found.items()}

    def _head_of_tokens(self, batch: Batch, head: Head) -> Head:
        if not head.is_per_token:
            return head
        survey, lengths = self._split.known(batch.inputs), self._lengths(batch)
        shapes = tuple(leaf.shape[1:] for leaf in leaves_of(batch.inputs))
        key = head, shapes, tuple(lengths.values())
        positions = self._positions.get(key)
        if positions is None:
            positions = int(self._said(self._rows(batch, head)[:1])["logits"].shape[1])
            self._positions.put(key, positions)
        return head if texts_as_long(survey, lengths, positions) else head.for_functions(positions)

    def _texts(self, batch: Batch) -> Texts:
        return Texts(self._split.known(batch.inputs), batch.inputs, self._settings)

    def _lengths(self, batch: Batch) -> dict[int, int]:
        """How many tokens each text has, by its input; documents that share a batch have as many."""
        return self._texts(batch).lengths(batch.documents[0])

    def notes(self, batch: Batch) -> list[tuple[str, ...]]:
        """What had to be guessed of the outputs, and what the method has to say of such a model."""
        survey = self._split.survey(batch.inputs)
        of_heads = [note for head in self.heads(batch).values() for note in head.cautions(self._score(head))]
        return [(*of_heads, *self._settings.method.cautions(survey))] * len(batch.documents)

    def predict(self, batch: Batch, output: str | None) -> list[Answer]:
        """One pass forward, `batch_size` rows at a time."""
        head = self.heads(batch)[output]
        rows = self._rows(batch, head)
        said = self._said(rows)
        require_output(self._split, rows, said["logits"])
        return answers_of(head, rows.score, said["logits"], said["probabilities"])

    def _said(self, rows: Rows) -> dict[str, Any]:
        """All scores of the model and which tokens it masks, `batch_size` rows at a time."""
        rows = proof_of(self._split, rows).prepared(rows)
        parts = [self._split.program(_answers, part) for part in rows.in_groups(rows.batch_size)]
        masks = zip(*(part["masks"] for part in parts), strict=True)
        return {
            **{name: np.concatenate([part[name] for part in parts]) for name in ("logits", "probabilities")},
            "masks": tuple(None if each[0] is None else np.concatenate(each) for each in masks),
        }

    def output_tokens(self, batch: Batch, output: str | None) -> list[OutputTokens | None]:
        """The tokens of the text that has as many positions as the output, with what the model takes for padding."""
        head = self.heads(batch)[output]
        if not head.is_per_token:
            return [None] * len(batch.documents)
        rows = self._rows(batch, head)
        said = self._said(rows)
        texts = self._texts(batch)
        positions = said["logits"].shape[1]
        alike = texts_as_long(texts.survey, self._lengths(batch), positions)
        text = text_of_output(self._split, rows, alike, positions)
        return [texts.output_tokens(text, each, said["masks"], i) for i, each in enumerate(batch.documents)]

    def own_document(self, length: int | None) -> Any:
        """Seeded ids, numbers or words, as the model takes them."""
        return own_documents(self._split, length).docs[0]

    def attribute(self, batch: Batch, jobs: Sequence[Job], *, progress: bool) -> list[Attributed]:
        """Attribute the targets, those of one form side by side."""
        by_form: dict[Any, list[int]] = {}
        for i, (_, target) in enumerate(jobs):
            by_form.setdefault(target.form, []).append(i)
        asked = [self._asked(batch, [jobs[i] for i in members]) for members in by_form.values()]
        applied = chosen(self._settings.method, self._split, asked)
        texts = replace(self._texts(batch), settings=replace(self._settings, method=applied.method))
        found: dict[int, Attributed] = {}
        for members, rows in zip(by_form.values(), asked, strict=True):
            attribution = self._attribute(applied.method, rows, progress)
            answers = answers_of(rows.head, rows.score, attribution.logits, attribution.probabilities)
            for row, i in enumerate(members):
                found[i] = _attributed(texts, batch, attribution, row, jobs[i], applied, answers[row])
        return [found[i] for i in range(len(jobs))]

    def _asked(self, batch: Batch, jobs: Sequence[Job]) -> Rows:
        """A row for each of some jobs whose targets are of one form."""
        pads = self._texts(batch).given_pads(batch.documents)
        rows = replace(self._rows(batch, self.heads(batch)[jobs[0][1].output]), pads=pads)
        documents = [document for document, _ in jobs]
        if documents != list(range(len(batch.documents))):
            rows = rows[documents]
        targets, compiler = tuple(target for _, target in jobs), at_first(self._settings.compiler)
        return replace(rows, targets=targets, compiler=compiler)

    def _attribute(self, method: Method, rows: Rows, progress: bool) -> Attribution:
        asked = replace(rows, progress=progress, compiler=self._settings.compiler)
        attribution, rows = method.explain_rows(self._split, asked), rows.op_by_op
        require_output(self._split, rows, attribution.logits)
        if rows.head.is_per_token and not rows.selector.reads_every_output:
            attribution = replace(attribution, seen=self._seen(rows, attribution))
        return attribution

    def _seen(self, rows: Rows, attribution: Attribution) -> tuple[Array, ...]:
        """What the score of each row depends on; nothing where no gradient tells, as behind rounded numbers."""
        rows = proof_of(self._split, rows).prepared(rows)
        parts = [self._split.program(_gradients, part) for part in rows.in_groups(rows.batch_size)]
        seen = tuple(np.concatenate(each) for each in zip(*parts, strict=True))
        if not all(np.any([each[row].any() for each in seen]) for row in range(len(rows))):
            return ()
        return tuple(s | (r != 0) for s, r in zip(seen, attribution.relevance, strict=True))

    def _rows(self, batch: Batch, head: Head) -> Rows:
        texts = self._texts(batch)
        beside = [text for text in texts.survey.texts if text.is_beside]
        baselines = {text.source: self._settings.features.baselines.get(str(text.name)) for text in beside}
        arrays = leaves_of(batch.inputs)
        return Rows.predicted(
            batch.inputs,
            head,
            parts=tuple(texts.parts(document) for document in batch.documents),
            score=self._score(head),
            feature_baselines=baselines,
            batch_size=rows_at_once(self._settings.batch_size, texts.survey.row_memory, arrays),
        )

    def _score(self, head: Head) -> str:
        """Which kind of score is explained at an output."""
        return head.kind_of(self._settings.score, self._settings.method.score)


def _answers(cut: Cut, *_: Any) -> dict[str, Any]:
    """Graph code: all scores of the model, and which tokens it masks."""
    run = cut.run()
    return {"logits": run.logits, "probabilities": run.probabilities, "masks": run.masks}


def _gradients(cut: Cut, targets: TargetTensors, _: Any) -> Any:
    """Graph code: at which vectors the score has a gradient, bool (R, P) for each site of text."""
    tf = tensorflow()
    return tuple(tf.reduce_any(gradient != 0, -1) for gradient in cut.gradient(targets).vectors)


def _attributed(
    texts: Texts,
    batch: Batch,
    attribution: Attribution,
    row: int,
    job: Job,
    applied: Applied,
    answer: Answer,
) -> Attributed:
    """One row of an attribution."""
    document = batch.documents[job[0]]
    others, doubts = texts.beside(document, job[0], attribution, row)
    return Attributed(
        job,
        applied,
        index=int(attribution.target[row]),
        value=float(attribution.value[row]),
        answer=answer,
        texts=texts.attributed(document, attribution, row),
        features=texts.features(job[0], attribution, row),
        shares={**others, **{name: float(v[row]) for name, v in attribution.shares.items()}},
        diagnostics=attribution.diagnostics_of(row),
        warnings=(*attribution.warnings[row], *doubts),
        checks=attribution.checks,
    )
