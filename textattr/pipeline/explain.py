"""A batch of documents, from the requested targets to explanations.

What the backend gets are the windows of the documents, mostly the documents themselves; what it gives is joined here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from textattr.backends.backend import Answer, Attributed, Backend, Batch, Job
from textattr.document import WindowedDocument
from textattr.explanation import AnyExplanation, Prediction
from textattr.pipeline.build_explanation import Found, build_explanation
from textattr.pipeline.prediction import prediction_of
from textattr.pipeline.windows import Windows
from textattr.targets.head import Head
from textattr.targets.requests import TargetRequest, all_labels, require_contrast, target_request
from textattr.targets.target import Target
from textattr.targets.tokens import OutputTokens

Wanted = tuple[Any, Any, Any]  # targets, against, truth, as the user gave them
Predictions = dict[str | None, Prediction]  # of one document, by output


@dataclass(frozen=True, eq=False)
class ExplainBatch:
    """Documents that share a batch.

    Args:
        backend: the model.
        documents: the documents, whose windows can share a batch.
        target_names: as set by the user, or None.
        given_score: which score the user wants explained; None where that is left to the method.
        windows: how what the model says of windows is joined; None where no document is cut.
    """

    backend: Backend
    documents: Sequence[WindowedDocument]
    target_names: Any
    given_score: str | None = None
    windows: Windows | None = None

    @cached_property
    def batch(self) -> Batch:
        """The windows of all documents, ready for the model."""
        return self.backend.batch([window for each in self.documents for window in each.windows])

    @cached_property
    def places(self) -> list[range]:
        """Where the windows of each document stand in the batch."""
        ends = list(accumulate(len(each.windows) for each in self.documents))
        return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]

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
        head, labels = self.heads[output], self.labels[output]
        both = zip(self._answers(output), self._tokens(output), strict=True)
        return [prediction_of(head, labels, answer, tokens) for answer, tokens in both]

    def predict_first(self) -> list[Prediction]:
        """What the model says of each document at its first output."""
        return self.predict(next(iter(self.heads)))

    def explain(self, wanted: Sequence[Wanted], *, progress: bool) -> Iterator[AnyExplanation]:
        """Explain each document as it is wanted."""
        requests = [target_request(*each, self.labels, self.heads, self.given_score) for each in wanted]
        predictions: list[Predictions] = [{} for _ in requests]
        found: list[list[Found]] = [[] for _ in requests]
        for each in self._attributed(self._jobs(requests), progress=progress):
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
                self.documents[i].document,
                found[i],
                list(predictions[i].values()),
                truth=request.truth,
                notes=[*notes[self.places[i].start], *self._note(i, found[i])],
                model_name=self.backend.name,
            )

    def _found(self, attributed: Attributed, known: Predictions) -> Found:
        document, target = attributed.job
        labels, tokens = self.labels[target.output], self._tokens(target.output)[document]
        prediction = prediction_of(self.heads[target.output], labels, attributed.answer, tokens)
        prediction = known.setdefault(target.output, prediction)
        return Found(attributed, target.selector.label(labels, attributed.index), prediction, tokens)

    def _note(self, document: int, found: Sequence[Found]) -> list[str]:
        """What the reader should know of a document that was cut."""
        windowed = self.documents[document]
        if self.windows is None or len(windowed.windows) == 1:
            return []
        has_baseline = any("windows" in each.attributed.shares for each in found)
        return [self.windows.note(windowed, has_baseline=has_baseline)]

    def _answers(self, output: str | None) -> list[Answer]:
        """What the model says of each document at one output."""
        answers = self.backend.predict(self.batch, output)
        return [
            self._joined(output, [answers[i] for i in places]) if document.is_cut else answers[places.start]
            for document, places in zip(self.documents, self.places, strict=True)
        ]

    def _joined(self, output: str | None, answers: Sequence[Answer]) -> Answer:
        assert self.windows is not None
        return self.windows.answer(self.heads[output], answers)

    def _attributed(self, jobs: Sequence[Job], *, progress: bool) -> list[Attributed]:
        """The attribution of each target of each document, in order."""
        cut = {target.output for i, target in jobs if self.documents[i].is_cut}
        best = {output: self._answers(output) for output in cut}
        fixed = [  # what is predicted of a document that was cut need not be predicted of each window
            (i, target.fixed_to(best[target.output][i].best) if self.documents[i].is_cut else target)
            for i, target in jobs
        ]
        asked = [(window, target) for i, target in fixed for window in self.places[i]]
        attributed = iter(self.backend.attribute(self.batch, asked, progress=progress))
        return [self._of_document(job, [next(attributed) for _ in self.places[job[0]]]) for job in fixed]

    def _of_document(self, job: Job, found: Sequence[Attributed]) -> Attributed:
        """One target of one document, from what was found in its windows."""
        document, output = self.documents[job[0]], job[1].output
        if not document.is_cut:
            return replace(found[0], job=job)
        assert self.windows is not None
        kind = self.backend.score_kind(output, self.batch)
        return self.windows.attributed(document, job, self.heads[output], kind, found)

    def _tokens(self, output: str | None) -> list[OutputTokens | None]:
        """The tokens of each document that an output has scores for."""
        if output not in self._known_tokens:
            tokens = self.backend.output_tokens(self.batch, output)
            self._known_tokens[output] = [tokens[places.start] for places in self.places]
        return self._known_tokens[output]

    @cached_property
    def _known_tokens(self) -> dict[str | None, list[OutputTokens | None]]:
        return {}

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
            answers = self._answers(name) if is_open else None
            for i, each in asking:
                probabilities = None if answers is None else answers[i].probabilities
                jobs += [(i, target) for target in each.targets(head, probabilities)]
            jobs += self._token_jobs(name, head, requests)
        return jobs

    def _token_jobs(self, name: str | None, head: Head, requests: Sequence[TargetRequest]) -> list[Job]:
        """What is to be attributed of an output that has scores for each token."""
        asking = [(i, each.tokens[name]) for i, each in enumerate(requests) if name in each.tokens]
        if not asking:
            return []
        answers, tokens = self._answers(name), self._tokens(name)
        jobs: list[Job] = []
        for i, each in asking:
            numbers = answers[i].scores if answers[i].probabilities is None else answers[i].probabilities
            document = tokens[i]
            assert document is not None
            assert numbers is not None
            jobs += [(i, target) for target in each.targets(head, self.labels[name], document, numbers)]
        return jobs
