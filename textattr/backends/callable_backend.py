"""`CallableBackend`: explains a model through its scores of texts of which words are left out, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.backend import Answer, Attributed, AttributedText, Batch, Job, Settings
from textattr.backends.black_box import BlackBox
from textattr.backends.score_cache import Asker, ScoreCache, one_per_text
from textattr.backends.score_meaning import Meaning, in_unit, meaning_of
from textattr.backends.text_game import TextGame, filling
from textattr.backends.text_reader import TextReader
from textattr.backends.windows import windows_of_text
from textattr.document import Document, TextPart, WindowedDocument
from textattr.errors import OptionError, TargetError
from textattr.methods.applied import Applied
from textattr.methods.auto import chosen_for_texts
from textattr.methods.perturbation import REMOVE, PerturbationMethod
from textattr.perturbation.perturbed_document import PerturbedDocument, PerturbedText
from textattr.perturbation.players import Players
from textattr.split.row_memory import MOST_ROWS
from textattr.targets.head import Head
from textattr.targets.target import Class, Function, Target
from textattr.targets.tokens import OutputTokens

Array = npt.NDArray[Any]


class CallableBackend:
    """A function of texts, a scikit-learn pipeline, or a Keras model that counts words.

    Args:
        box: the model.
        tokenizer: says which characters are tokens, or None.
        settings: those of the explainer.

    Raises:
        OptionError: for a method that looks into a model, and for settings that concern its inside.
    """

    def __init__(self, box: BlackBox, tokenizer: Any, settings: Settings) -> None:
        self._box = box
        self._reader = TextReader(tokenizer)
        self._settings = settings
        self._applied = _removing(chosen_for_texts(settings.method))
        self._method = _require_perturbation(self._applied.method, box.name)
        at_once = settings.batch_size if isinstance(settings.batch_size, int) else MOST_ROWS
        self._asker = Asker(box.scores, at_once)
        self._ask_probabilities = box.probabilities and Asker(box.probabilities, at_once)
        self._meaning: Meaning | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The model's own, or that of its class."""
        return self._box.name

    def read(self, doc: Any, tokens: Any) -> Document:
        """Understand one document, which is a text."""
        return self._reader.read(doc, tokens)

    def read_in_windows(
        self, docs: Sequence[Any], tokens: Sequence[Any], size: int, stride: int | None
    ) -> list[WindowedDocument]:
        """Cut a text that is longer than a window."""
        return [windows_of_text(document, size, stride) for document in self.read_all(docs, tokens)]

    def score_kind(self, output: str | None, batch: Batch) -> str:  # noqa: ARG002  (there is only one)
        """The scores as they came."""
        return "logit"

    def read_all(self, docs: Sequence[Any], tokens: Sequence[Any]) -> list[Document]:
        """Understand several documents, which go through the tokenizer together."""
        return self._reader.read_all(docs, tokens)

    def together(self, documents: Sequence[Document]) -> list[list[int]]:
        """All of them: texts need not be of one length."""
        return [list(range(len(documents)))] if documents else []

    def batch(self, documents: Sequence[Document]) -> Batch:
        """The documents, and what the model answers about them and their parts."""
        return Batch(documents, ScoreCache(self._asker))

    def heads(self, batch: Batch) -> Mapping[str | None, Head]:
        """The only output's."""
        return {None: self._settled(batch).head}

    def notes(self, batch: Batch) -> list[tuple[str, ...]]:
        """What had to be guessed about the scores."""
        meaning = self._settled(batch)
        given = self._settings.task is not None or self._box.task is not None
        notes = []
        for scores in batch.inputs(_texts(batch)):
            guesses = [*self._box.notes]
            if not given and meaning.head.task == "regression" and in_unit(scores):
                guesses.append(
                    "one score between 0 and 1 is taken for a number to explain: where it is the probability of a "
                    'class, task="binary" or two target_names= say so'
                )
            if meaning.head.is_one_unit and meaning.are_probabilities and not in_unit(scores):
                guesses.append(
                    f"the score {scores[0]:.4g} is no probability, but those of other texts lie between 0 and 1, so "
                    "that the second class is predicted from 0.5 on: let the function return a score for each class"
                )
            notes.append(tuple(guesses))
        return notes

    def predict(self, batch: Batch, output: str | None) -> list[Answer]:  # noqa: ARG002  (there is only one)
        """What the model says of each document."""
        meaning, texts = self._settled(batch), _texts(batch)
        scores = meaning.of_classes(batch.inputs(texts))
        probabilities: Sequence[Array | None] = meaning.probabilities(scores)
        if self._ask_probabilities is not None and meaning.head.task != "regression":
            probabilities = list(self._ask_probabilities(texts))
        best = [int(row[1] >= row[0]) if meaning.head.is_one_unit else int(row.argmax()) for row in scores]
        return [Answer(*each) for each in zip(scores, probabilities, best, strict=True)]

    def output_tokens(self, batch: Batch, output: str | None) -> list[OutputTokens | None]:  # noqa: ARG002  (it has one)
        """None: a function of texts has scores for whole texts."""
        return [None] * len(batch.documents)

    def own_document(self, length: int | None) -> Any:  # noqa: ARG002  (it is a question of graphs)
        """None: a function is asked as it is."""
        return None

    def attribute(self, batch: Batch, jobs: Sequence[Job], *, progress: bool) -> list[Attributed]:
        """Explain all targets of all documents side by side, so that no text is scored twice."""
        answers = self.predict(batch, None)
        fixed = [(document, target.fixed_to(answers[document].best)) for document, target in jobs]
        perturbed = [_perturbed(batch.documents[document]) for document, _ in fixed]
        for each in perturbed:
            units = each.players.count
            if self._method.counts_numbers(units, units):
                raise OptionError("windows over the numbers of vectors need vectors: give window= in tokens")
        meaning = self._settled(batch)
        values = [_valued(target, meaning, batch.inputs) for _, target in fixed]
        parts = [_part(batch.documents[document]) for document, _ in fixed]
        fill = filling(self._method.replacement)
        game = TextGame(parts, fill, lambda texts, row: values[row](texts), batch.inputs)
        attributed = []
        results = self._method.run(game, perturbed, progress=progress)
        for (document, target), value, (players, result, count) in zip(fixed, values, results, strict=True):
            part, answer = _part(batch.documents[document]), answers[document]
            per_token = {name: players.spread(each) for name, each in result.per_player.items()}
            relevance = players.spread(result.weights)
            text = AttributedText(None, part, relevance, np.zeros(len(relevance), bool), per_token)
            index = target.selector.index if isinstance(target.selector, Class) else answer.best
            attributed.append(
                Attributed(
                    (document, target),
                    self._applied,
                    index=index,
                    value=float(value([_text(part)])[0]),
                    answer=answer,
                    texts=(text,),
                    diagnostics={**result.diagnostics, "evaluations": count},
                    warnings=result.warnings,
                )
            )
        return attributed

    def _settled(self, batch: Batch) -> Meaning:
        """What the scores mean: found out at the first batch, from which only their number is taken."""
        with self._lock:
            if self._meaning is None:
                scores = batch.inputs(_texts(batch))
                settings, units = self._settings, scores.shape[1]
                self._meaning = meaning_of(
                    self._box, self._asker, batch.inputs, units, settings.task, settings.target_names
                )
            return self._meaning


def _valued(target: Target, meaning: Meaning, ask: Callable[[Sequence[str]], Array]) -> Callable[..., Array]:
    """From texts to the scores of a target, float (N,)."""

    def value(texts: Sequence[str]) -> Array:
        scores = meaning.of_classes(ask(texts))
        if isinstance(target.selector, Function):
            return one_per_text(target.selector.function(scores), texts)
        if not isinstance(target.selector, Class):
            raise TargetError(
                f"expected a class, or a function of the scores, as target of a model of texts, got {target.selector}"
            )
        own = np.asarray(scores[:, target.selector.index])
        if target.against is None or meaning.is_margin:
            return own  # of two classes that share one margin, either score is already the contrast
        return np.asarray(own - scores[:, target.against.index])

    return value


def _removing(applied: Applied) -> Applied:
    """With what stands for nothing in a text: words are taken out."""
    stands_for_nothing = applied.options.get("replacement") in ("zero", "auto")
    options = {**applied.options, "replacement": REMOVE} if stands_for_nothing else applied.options
    return replace(applied, options=options)


def _require_perturbation(method: Any, name: str) -> PerturbationMethod:
    """Pass a method that works on any model; refuse the others.

    Raises:
        OptionError: which names those that do.
    """
    if isinstance(method, PerturbationMethod):
        return method
    raise OptionError(
        f"{method.name} looks into the model, but {name} is a black box: choose occlusion, shapley_sampling or lime"
    )


def _texts(batch: Batch) -> list[str]:
    return [str(document.inputs) for document in batch.documents]


def _part(document: Document) -> TextPart:
    return document.parts[None]


def _text(part: TextPart) -> str:
    assert part.encoding is not None
    return part.encoding.text


def _perturbed(document: Document) -> PerturbedDocument:
    part = _part(document)
    count = len(part.tokens)
    tokens = np.arange(count)
    return PerturbedDocument(
        Players.each_alone(count, [tokens[:, None]]), (PerturbedText(part, tokens, part.ids),)
    )
