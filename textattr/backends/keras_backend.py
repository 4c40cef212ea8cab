"""`Group`: documents of equal shapes, which go into the model together: one row per document and target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from textattr.document import Document
from textattr.explanation import AnyExplanation, Prediction
from textattr.methods.method import Method
from textattr.pipeline.build_explanation import Assembler, Found
from textattr.pipeline.prediction import prediction_of
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.suspicions import require_output
from textattr.targets.head import Head
from textattr.targets.requests import TargetRequest, all_labels, require_contrast, target_request
from textattr.targets.target import Target

Wanted = tuple[Any, Any, Any]  # targets, against, truth, as the user gave them


@dataclass(frozen=True)
class _Job:
    """One document and one target of it."""

    document: int
    target: Target


@dataclass(frozen=True, eq=False)
class Group:
    """Documents of equal shapes, as `by_shape` finds them; the settings are those of an `Explainer`.

    Args:
        split: the model.
        method: what explains.
        documents: what is explained.
        task: as set by the user, or None.
        target_names: as set by the user, or None.
        score: "logit" or "probability".
        batch_size: rows that the model sees at once.
        pad_value: as set by the user, or None.
        padding: as set by the user, or None.
        progress: show a bar, for what takes long.
    """

    split: SplitModel
    method: Method
    documents: list[Document]
    task: str | None
    target_names: Any
    score: str
    batch_size: int
    pad_value: Any
    padding: str | None
    progress: bool = False

    @cached_property
    def inputs(self) -> Any:
        """The documents one below the other: a nest of arrays (N, ...)."""
        tf = tensorflow()
        batch = tf.nest.map_structure(lambda *leaves: np.stack(leaves), *(d.inputs for d in self.documents))
        return self.split.checked(batch)

    @cached_property
    def heads(self) -> dict[str | None, Head]:
        """What each output of the model means."""
        return self.split.heads(self.inputs, self.task)

    @cached_property
    def labels(self) -> dict[str | None, tuple[str, ...]]:
        """The names of the classes of each output."""
        return all_labels(self.heads, self.target_names)

    @cached_property
    def assembler(self) -> Assembler:
        """What makes explanations of what was found."""
        survey, name = self.split.survey(self.inputs), str(self.split.model.name)
        return Assembler(survey, self.inputs, self.method, name, self.pad_value, self.padding)

    def explain(self, wanted: list[Wanted]) -> Iterator[AnyExplanation]:
        """Explain each document as it is wanted."""
        requests = [target_request(*each, self.labels) for each in wanted]
        said: list[dict[str | None, Prediction]] = [{} for _ in self.documents]
        found: list[list[Found]] = [[] for _ in self.documents]
        for jobs in self._jobs(requests):
            name = jobs[0].target.output
            head, labels = self.heads[name], self.labels[name]
            attribution = self._attribute(jobs, head)
            for row, job in enumerate(jobs):
                index = int(attribution.target[row])
                require_contrast(job.target, index, labels)
                numbers = attribution.logits[row], attribution.probabilities[row]
                prediction = said[job.document].setdefault(name, prediction_of(head, labels, *numbers))
                label = job.target.selector.label(labels, index)
                found[job.document].append(Found(attribution, row, label, job.target, prediction))
        for name in [name for name in self.heads if any(name not in each for each in said)]:
            for each, prediction in zip(said, self._predict(name), strict=True):
                each.setdefault(name, prediction)
        notes = [note for head in self.heads.values() for note in head.notes]
        notes += self.method.cautions(self.assembler.survey)
        for i, document in enumerate(self.documents):
            yield self.assembler.assemble(
                document, found[i], list(said[i].values()), requests[i].truth, notes
            )

    def predict(self) -> list[Prediction]:
        """What the model says of each document at its first output."""
        return self._predict(next(iter(self.heads)))

    def _predict(self, output: str | None) -> list[Prediction]:
        """What the model says of each document at one of its outputs."""
        head = self.heads[output]
        rows = self._rows(head)
        parts = [rows[i : i + self.batch_size] for i in range(0, len(rows), self.batch_size)]
        results = [self.split.program("predict", _said, part, {}) for part in parts]
        logits, probabilities = (
            np.concatenate([r[name] for r in results]) for name in ("logits", "probabilities")
        )
        require_output(self.split, rows, logits)
        labels = self.labels[output]
        return [prediction_of(head, labels, *numbers) for numbers in zip(logits, probabilities, strict=True)]

    def _jobs(self, requests: list[TargetRequest]) -> list[list[_Job]]:
        """What is to be attributed, side by side; of multilabel models it is first asked what they predict."""
        jobs: dict[Any, list[_Job]] = {}
        first = next(iter(self.heads))
        for i, request in enumerate(requests):
            if request.function is not None:
                target = Target(request.function, output=first)
                jobs.setdefault(target.form, []).append(_Job(i, target))
        for name, head in self.heads.items():
            asking = [(i, r.by_output[name]) for i, r in enumerate(requests) if name in r.by_output]
            predictions = None
            if head.task == "multilabel" and any(request.classes is None for _, request in asking):
                predictions = self._predict(name)
            for i, wanted in asking:
                probabilities = None if predictions is None else predictions[i].probabilities
                for target in wanted.targets(head, probabilities):
                    jobs.setdefault(target.form, []).append(_Job(i, target))
        return list(jobs.values())

    def _attribute(self, jobs: list[_Job], head: Head) -> Attribution:
        parts = tuple(self.assembler.parts(document) for document in self.documents)
        pads = self.assembler.told_pads(self.documents)
        rows = replace(self._rows(head), pads=pads, parts=parts, progress=self.progress)
        if [job.document for job in jobs] != list(range(len(self.documents))):
            rows = rows[[job.document for job in jobs]]
        rows = replace(rows, targets=tuple(job.target for job in jobs))
        attribution = self.method.explain_rows(self.split, rows)
        require_output(self.split, rows, attribution.logits)
        return attribution

    def _rows(self, head: Head) -> Rows:
        return Rows.predicted(self.inputs, head, score=self.score, batch_size=self.batch_size)


def by_shape(documents: list[Document]) -> list[list[int]]:
    """The positions of the documents, those of the same shapes and special ids together."""
    tf = tensorflow()
    groups: dict[Any, list[int]] = {}
    for i, document in enumerate(documents):
        shapes = tuple(
            (np.shape(leaf), np.asarray(leaf).dtype.kind) for leaf in tf.nest.flatten(document.inputs)
        )
        lengths = tuple(len(part.tokens) for part in document.parts.values())
        special = tuple(tuple(sorted(part.special_ids.items())) for part in document.parts.values())
        groups.setdefault((shapes, lengths, special), []).append(i)
    return list(groups.values())


def _said(cut: Cut, *_: Any) -> dict[str, Any]:
    run = cut.run()
    return {"logits": run.logits, "probabilities": run.probabilities}
