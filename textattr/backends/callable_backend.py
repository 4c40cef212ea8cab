"""`TextGroup`: texts that are explained by asking a black box, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.black_box import BlackBox
from textattr.backends.score_cache import Answers, one_per_text
from textattr.backends.text_game import TextGame, filling
from textattr.document import Document, TextPart
from textattr.errors import OptionError, TargetError
from textattr.explanation import Explanation, Prediction, TargetExplanation
from textattr.methods.options import plain_options
from textattr.methods.perturbation import REMOVE, PerturbationMethod
from textattr.perturbation.players import Players
from textattr.perturbation.subject import Subject, SubjectText
from textattr.pipeline.build_explanation import unique
from textattr.spans import place_tokens, weighted_spans
from textattr.suspicions import infinite_scores, suspicions
from textattr.targets.head import Head
from textattr.targets.labels import labels_of
from textattr.targets.requests import TargetRequest, require_contrast, target_request
from textattr.targets.target import Class, Function, Target

Array = npt.NDArray[Any]
Wanted = tuple[Any, Any, Any]  # targets, against, truth, as the user gave them


@dataclass(frozen=True)
class _Job:
    """One document and one target of it."""

    document: int
    target: Target


@dataclass(frozen=True, eq=False)
class TextGroup:
    """Texts to be explained; the settings are those of an `Explainer`.

    Args:
        box: the model.
        method: what explains.
        documents: what is explained.
        task: as set by the user, or None.
        target_names: as set by the user, or None.
        batch_size: the most texts in one call.
        progress: show a bar.
    """

    box: BlackBox
    method: PerturbationMethod
    documents: list[Document]
    task: str | None
    target_names: Any
    batch_size: int
    progress: bool = False

    @cached_property
    def texts(self) -> list[str]:
        """The documents themselves."""
        return [str(document.inputs) for document in self.documents]

    @cached_property
    def answers(self) -> Answers:
        """What the model has said so far."""
        return Answers(self.box.scores, self.batch_size)

    @cached_property
    def head(self) -> Head:
        """What the scores mean."""
        units = self.answers(self.texts).shape[1]
        names = self.box.labels or self.answers.labels
        names = self.target_names if names is None else names
        task = self.task or self.box.task
        if self.task == "binary" and units == 2:
            task = "multiclass"
        if task is None and units == 1:
            task = "binary" if isinstance(names, Sized) and len(names) == 2 else "regression"
        task = task or "multiclass"
        head = Head(task, units, self.box.activation)
        if task == "binary" and units > 2 or task == "multiclass" and units < 2:
            raise OptionError(f"task={task!r} does not fit a model that gives {units} scores for each text")
        return head

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes."""
        head = self.head  # asks the model first, which tells its labels
        own = self.box.labels or self.answers.labels
        if own is not None and len(own) != head.classes:
            own = None
        labels = labels_of(head, self.target_names if self.target_names is not None else own)
        if own is not None and set(labels) == set(own) and labels != own:
            raise TargetError(
                f"the model tells its labels, {', '.join(own)}, in this order; target_names= has another: leave it out"
            )
        return labels

    @cached_property
    def predictions(self) -> list[Prediction]:
        """What the model says of each document."""
        scores = self._scores(self.texts)
        known = self._probabilities(scores)
        return [
            Prediction(
                task=self.head.task,
                labels=self.labels,
                scores=scores[i],
                probabilities=None if known is None else known[i],
                label=self.labels[int(scores[i].argmax())],
                activation=self.box.activation,
            )
            for i in range(len(scores))
        ]

    @property
    def _guesses(self) -> tuple[str, ...]:
        told = self.task is not None or self.box.task is not None
        if told or self.head.task != "regression" or not _in_unit(self.answers(self.texts)):
            return ()
        note = (
            "one score between 0 and 1 is taken for a number to explain: where it is the probability of a class, "
            'task="binary" or two target_names= say so'
        )
        return (note,)

    def predict(self) -> list[Prediction]:
        """What the model says of each document, without explaining it."""
        return self.predictions

    def explain(self, wanted: list[Wanted]) -> Iterator[Explanation]:
        """Explain each document as it is wanted."""
        requests = [target_request(*each, {None: self.labels}) for each in wanted]
        jobs = [job for i, each in enumerate(requests) for job in self._jobs(i, each)]
        subjects = [_subject(self.documents[job.document]) for job in jobs]
        for subject in subjects:
            units = subject.players.count
            if self.method.counts_numbers(units, units):
                raise OptionError("windows over the numbers of vectors need vectors: give window= in tokens")
        results = self.method.run(self._game(jobs), subjects, progress=self.progress)
        found: list[list[TargetExplanation]] = [[] for _ in self.documents]
        warnings: list[list[str]] = [[*d.warnings, *self.box.notes, *self._guesses] for d in self.documents]
        for mine, prediction in zip(warnings, self.predictions, strict=True):
            mine.extend(infinite_scores(prediction.scores, prediction.labels))
        for job, (players, findings, count) in zip(jobs, results, strict=True):
            heat = players.spread(findings.weights)
            said = {name: players.spread(each) for name, each in findings.per_player.items()}
            diagnostics = {**findings.diagnostics, "evaluations": count, **said}
            found[job.document].append(self._target(job, heat, diagnostics))
            told = suspicions(heat, np.zeros(len(heat), bool), bool(findings.warnings))
            warnings[job.document] += [*findings.warnings, *told]
        for i, each in enumerate(requests):
            yield self._explanation(i, each.truth, found[i], warnings[i])

    def _jobs(self, document: int, request: TargetRequest) -> list[_Job]:
        if request.function is not None:
            return [_Job(document, Target(request.function))]
        prediction = self.predictions[document]
        best = int(prediction.scores.argmax())
        targets = [
            t.fixed_to(best) for t in request.by_output[None].targets(self.head, prediction.probabilities)
        ]
        for target in targets:
            require_contrast(target, _index(target) or 0, self.labels)
        return [_Job(document, target) for target in targets]

    def _scores(self, texts: Sequence[str]) -> Array:
        """Of each class, float (N, C): a single score of two classes is that of the second one."""
        scores = self.answers(texts)
        if not self.head.is_one_unit or scores.shape[1] == 2:
            return scores
        return np.concatenate([1 - scores if self._is_share else -scores, scores], axis=1)

    @cached_property
    def _is_share(self) -> bool:
        """Whether the documents' scores lie between 0 and 1; a scikit-learn margin is none, wherever it lies."""
        scores = self.answers(self.texts)
        return self.box.probabilities is None and self.box.labels is None and bool(_in_unit(scores))

    def _probabilities(self, scores: Array) -> Array | None:
        """Those of the documents, float (N, C), as far as they can be known."""
        if self.head.task == "regression":
            return None
        if self.box.probabilities is not None:
            return Answers(self.box.probabilities, self.batch_size)(self.texts)
        if not _in_unit(scores) or self.head.is_one_unit and not self._is_share:
            return None
        sums = self.head.task == "multilabel" or np.allclose(scores.sum(1), 1, atol=1e-3)
        return scores if sums else None

    def _value(self, job: _Job, texts: Sequence[str]) -> Array:
        """The score that is attributed, for each text: (N,)."""
        scores = self._scores(texts)
        selector, against = job.target.selector, job.target.against
        if isinstance(selector, Function):
            return one_per_text(selector.function(scores), texts)
        own = np.asarray(scores[:, _index(job.target)])
        if against is None or self.head.is_one_unit and not self._is_share:
            return own  # of two classes that share one margin, either score is already the contrast
        return np.asarray(own - scores[:, against.index])

    def _game(self, jobs: Sequence[_Job]) -> TextGame:
        parts = [_part(self.documents[job.document]) for job in jobs]
        fill = filling(self.method.replacement)
        return TextGame(parts, fill, lambda texts, row: self._value(jobs[row], texts), self.answers)

    def _target(self, job: _Job, heat: Array, diagnostics: dict[str, Any]) -> TargetExplanation:
        document, prediction = self.documents[job.document], self.predictions[job.document]
        part = _part(document)
        content, tokens = place_tokens(part, range(len(part.tokens)))
        index, against = _index(job.target), job.target.against
        known = prediction.probabilities is not None and index is not None
        return TargetExplanation(
            target=index,
            against=None if against is None else against.index,
            label=job.target.selector.label(self.labels, index or 0),
            score=float(self._value(job, [content])[0]),
            probability=float(prediction.probabilities[index]) if known else None,  # type: ignore[index]
            heatmap=heat,
            spans=weighted_spans(content, tokens, list(heat)),
            diagnostics=diagnostics,
        )

    def _explanation(
        self, i: int, truth: str | None, targets: Sequence[TargetExplanation], warnings: Sequence[str]
    ) -> Explanation:
        part = _part(self.documents[i])
        content, tokens = place_tokens(part, range(len(part.tokens)))
        options = plain_options(self.method)
        if options["replacement"] in ("zero", "auto"):
            options["replacement"] = REMOVE
        return Explanation(
            method=self.method.name,
            title=self.method.title,
            options=options,
            model=self.box.name,
            document=content,
            tokens=tokens,
            prediction=self.predictions[i],
            targets=tuple(targets),
            truth=truth,
            warnings=unique(warnings),
        )


def require_perturbation(method: Any, name: str) -> PerturbationMethod:
    """Pass a method that works on any model; refuse the others.

    Raises:
        OptionError: which names those that do.
    """
    if isinstance(method, PerturbationMethod):
        return method
    raise OptionError(
        f"{method.name} looks into the model, but {name} can only be asked: choose occlusion, shapley_sampling or lime"
    )


def _part(document: Document) -> TextPart:
    return document.parts[None]


def _subject(document: Document) -> Subject:
    part = _part(document)
    count = len(part.tokens)
    tokens = np.arange(count)
    return Subject(Players.each_alone(count, [tokens[:, None]]), (SubjectText(part, tokens, part.ids),))


def _in_unit(scores: Array) -> bool:
    return bool(((scores >= 0) & (scores <= 1)).all())


def _index(target: Target) -> int | None:
    """The class of a target; None of a function."""
    return target.selector.index if isinstance(target.selector, Class) else None
