"""A batch of documents, from the requested targets to explanations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from textattr.backends.backend import Attributed, Backend, Batch, Job
from textattr.explanation import AnyExplanation, Prediction
from textattr.methods.method import Method
from textattr.pipeline.build_explanation import Found, build_explanation
from textattr.pipeline.prediction import prediction_of
from textattr.targets.head import Head
from textattr.targets.requests import TargetRequest, all_labels, require_contrast, target_request
from textattr.targets.target import Target

Wanted = tuple[Any, Any, Any]  # targets, against, truth, as the user gave them
Predictions = dict[str | None, Prediction]  # of one document, by output


@dataclass(frozen=True, eq=False)
class ExplainBatch:
    """Documents that share a batch.

    Args:
        backend: the model.
        method: what explains.
        batch: the documents.
        target_names: as set by the user, or None.
    """

    backend: Backend
    method: Method
    batch: Batch
    target_names: Any

    @cached_property
    def heads(self) -> dict[str | None, Head]:
        """What each output of the model means."""
        return dict(self.backend.heads(self.batch))

    @cached_property
    def labels(self) -> dict[str | None, tuple[str, ...]]:
        """The names of the classes of each output."""
        return all_labels(self.heads, self.target_names)

    def predict(self, output: str | None) -> list[Prediction]:
        """What the model says of each document at one output."""
        answers = self.backend.predict(self.batch, output)
        return [prediction_of(self.heads[output], self.labels[output], answer) for answer in answers]

    def predict_first(self) -> list[Prediction]:
        """What the model says of each document at its first output."""
        return self.predict(next(iter(self.heads)))

    def explain(self, wanted: Sequence[Wanted], *, progress: bool) -> Iterator[AnyExplanation]:
        """Explain each document as it is wanted."""
        requests = [target_request(*each, self.labels) for each in wanted]
        attributed = self.backend.attribute(self.batch, self._jobs(requests), progress=progress)
        predictions: list[Predictions] = [{} for _ in requests]
        found: list[list[Found]] = [[] for _ in requests]
        for each in attributed:
            document, target = each.job
            require_contrast(target, each.index, self.labels[target.output])
            found[document].append(self._found(each, predictions[document]))
        for name in self.heads:
            if any(name not in known for known in predictions):
                for known, prediction in zip(predictions, self.predict(name), strict=True):
                    known.setdefault(name, prediction)
        notes = self.backend.notes(self.batch)
        for i, request in enumerate(requests):
            yield build_explanation(
                self.batch.documents[i],
                found[i],
                list(predictions[i].values()),
                truth=request.truth,
                notes=notes[i],
                method=self.method,
                options=self.backend.options,
                model_name=self.backend.name,
            )

    def _found(self, attributed: Attributed, known: Predictions) -> Found:
        _, target = attributed.job
        labels = self.labels[target.output]
        prediction = prediction_of(self.heads[target.output], labels, attributed.answer)
        prediction = known.setdefault(target.output, prediction)
        return Found(attributed, target.selector.label(labels, attributed.index), prediction)

    def _jobs(self, requests: Sequence[TargetRequest]) -> list[Job]:
        """What is to be attributed; for a multilabel model that depends on what it predicts."""
        first = next(iter(self.heads))
        jobs = [
            (i, Target(request.selector, output=first))
            for i, request in enumerate(requests)
            if request.selector is not None
        ]
        for name, head in self.heads.items():
            asking = [(i, each.by_output[name]) for i, each in enumerate(requests) if name in each.by_output]
            is_open = head.task == "multilabel" and any(each.classes is None for _, each in asking)
            answers = self.backend.predict(self.batch, name) if is_open else None
            for i, each in asking:
                probabilities = None if answers is None else answers[i].probabilities
                jobs += [(i, target) for target in each.targets(head, probabilities)]
        return jobs
