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
from textattr.targets.tokens import OutputTokens

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
        given_score: which score the user wants explained; None where that is left to the method.
    """

    backend: Backend
    method: Method
    batch: Batch
    target_names: Any
    given_score: str | None = None

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
        head, labels = self.heads[output], self.labels[output]
        both = zip(answers, self._tokens(output), strict=True)
        return [prediction_of(head, labels, answer, tokens) for answer, tokens in both]

    def predict_first(self) -> list[Prediction]:
        """What the model says of each document at its first output."""
        return self.predict(next(iter(self.heads)))

    def explain(self, wanted: Sequence[Wanted], *, progress: bool) -> Iterator[AnyExplanation]:
        """Explain each document as it is wanted."""
        requests = [target_request(*each, self.labels, self.heads, self.given_score) for each in wanted]
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
        document, target = attributed.job
        labels, tokens = self.labels[target.output], self._tokens(target.output)[document]
        prediction = prediction_of(self.heads[target.output], labels, attributed.answer, tokens)
        prediction = known.setdefault(target.output, prediction)
        return Found(attributed, target.selector.label(labels, attributed.index), prediction, tokens)

    def _tokens(self, output: str | None) -> list[OutputTokens | None]:
        """The tokens of each document that an output has scores for."""
        if output not in self._known_tokens:
            self._known_tokens[output] = self.backend.output_tokens(self.batch, output)
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
            answers = self.backend.predict(self.batch, name) if is_open else None
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
        answers, tokens = self.backend.predict(self.batch, name), self._tokens(name)
        jobs: list[Job] = []
        for i, each in asking:
            numbers = answers[i].scores if answers[i].probabilities is None else answers[i].probabilities
            document = tokens[i]
            assert document is not None
            assert numbers is not None
            jobs += [(i, target) for target in each.targets(head, self.labels[name], document, numbers)]
        return jobs
