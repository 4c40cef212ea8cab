"""`Explainer`: a model with every setting, ready to explain one document after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from textattr.assemble import Assembler, Found
from textattr.document import Document, Reader
from textattr.errors import DocumentError, IdOutsideTableError, ModelOutputError, OptionError
from textattr.explanation import AnyExplanation, Prediction
from textattr.methods.method import checked_batch_size, checked_score
from textattr.methods.options import choose_method
from textattr.prediction import prediction_of
from textattr.progress import bar
from textattr.reading import reader_for
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.head import TASKS, Head
from textattr.split.model import SplitModel, split_model
from textattr.split.rows import NOTHING, PREDICTED, Attribution, Rows
from textattr.wishes import Asked, all_labels, understand_wishes

Wanted = tuple[Any, Any, Any]  # targets, against, truth, as the user gave them

SETTINGS = (
    "tokens",
    "tokenizer",
    "method",
    "targets",
    "against",
    "target_names",
    "task",
    "score",
    "pad_value",
    "padding",
    "embedding_layer",
    "batch_size",
    "progress",
)

_WINDOW = 16  # chunks of documents that `explain_many` holds at once, to bring equal lengths together


class Explainer:
    """Explains the predictions of one model; what was compiled for one document serves the next.

    Args:
        model: Keras 3 or tf_keras model.
        tokenizer: turns a text into ids; needed where documents are texts, unless the model takes strings. A dict
            of these for several texts.
        method: a name in `textattr.METHODS`, an instance from `textattr.methods`, or "auto".
        target_names: names of the classes, in order; a dict {output: names} where there are several outputs.
        task: "binary", "multiclass", "multilabel" or "regression"; None: inferred from the model.
        score: "logit" or "probability": what is attributed; None: what the method is for, mostly the logit.
        pad_value: pad id or pad token; None: what model and tokenizer know as padding.
        padding: "post" or "pre": pads count only at that end.
        embedding_layer: the lookup, by name, path, index or layer, where it is not the obvious one.
        batch_size: rows that the model sees at once.
        **options: options of the named method.

    Raises:
        TextAttrError: for a model, method, option or setting that cannot be used; the message says what to do.

    Example:
        >>> import textattr
        >>> demo = textattr.demo.load("sentiment")
        >>> explainer = textattr.Explainer(demo.model, tokenizer=demo.tokenizer, target_names=demo.labels)
        >>> explainer.predict(["A wonderful film."])[0].label
        'positive'
    """

    def __init__(
        self,
        model: Any,
        *,
        tokenizer: Any = None,
        method: Any = "auto",
        target_names: Any = None,
        task: str | None = None,
        score: str | None = None,
        pad_value: Any = None,
        padding: str | None = None,
        embedding_layer: Any = None,
        batch_size: int = 64,
        progress: bool = False,
        **options: Any,
    ) -> None:
        self.method = choose_method(method, options, SETTINGS)
        self._split: SplitModel = split_model(model, embedding_layer)
        self._reader: Reader = reader_for(model, tokenizer)
        self.model = model
        self.embedding_layer = embedding_layer
        self.tokenizer = tokenizer
        self.target_names = target_names
        if task is not None and task not in TASKS:
            raise OptionError(f"unknown task {task!r}: choose one of {', '.join(TASKS)}")
        self.task = task
        self.score = checked_score(self.method.score if score is None else score)
        self.pad_value = pad_value
        if padding not in (None, "post", "pre"):
            raise OptionError(f"unknown padding {padding!r}: choose 'post' or 'pre'")
        self.padding = padding
        self.batch_size = checked_batch_size(batch_size)
        self.progress = progress

    def __repr__(self) -> str:
        return f"Explainer({self.model.name!r}, {self.method!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what was compiled, which is made again when it is needed."""
        return {name: value for name, value in vars(self).items() if name not in ("_split", "_reader")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The settings; the model is cut again."""
        vars(self).update(state)
        self._split = split_model(self.model, self.embedding_layer)
        self._reader = reader_for(self.model, self.tokenizer)

    def explain(
        self, doc: Any, *, tokens: Any = None, targets: Any = None, against: Any = None, truth: Any = None
    ) -> AnyExplanation:
        """Explain one document.

        Args:
            doc: text, ids (T,) or (1, T), vectors (T, D), features (F,), an `Encoding`, or a dict or tuple of these
                with one entry per input of the model.
            tokens: one string per id, where `doc` is no text; a dict of these for several texts.
            targets: None (what the model predicts), a class index or label, a list of these, "all", a dict
                {output: any of these} where the model has several outputs, or a function of the outputs that gives
                one score per document.
            against: a class: why the target rather than this one.
            truth: the class that is right, as an index or label, if the caller knows.

        Returns:
            an [Explanation][]; a [MultiTextExplanation][] where the model reads several texts.

        Raises:
            TextAttrError: for a document or target that does not fit the model.
        """
        return next(self._explain_group([self._reader.read(doc, tokens)], [(targets, against, truth)]))

    def explain_many(
        self,
        docs: Iterable[Any],
        *,
        tokens: Any = None,
        targets: Any = None,
        against: Any = None,
        truth: Any = None,
        progress: bool | None = None,
    ) -> Iterator[AnyExplanation]:
        """Explain documents one after the other, in order, those of equal length together.

        Args:
            docs: any iterable; it is read a window at a time.
            tokens: one list of strings per document, where documents are no texts.
            targets: as for `explain`, for all documents; a list has one entry per document (for the same two classes
                everywhere, pass a tuple).
            against: one class for all documents, or a list with one per document.
            truth: one class for all documents, or a list with one per document.
            progress: show a bar; None: as the explainer was set up.
        """
        if isinstance(docs, str):
            raise DocumentError(
                "explain_many takes several documents, got one string: pass [text], or call explain"
            )
        count = len(docs) if isinstance(docs, Sized) else None
        per_document = {"tokens": _each(tokens, "tokens", count)}
        for name, given in (("targets", targets), ("against", against), ("truth", truth)):
            per_document[name] = _each(
                given if isinstance(given, list) else None, name, count, otherwise=given
            )
        pending: list[tuple[Document, Wanted]] = []
        with bar("Explaining", count, self.progress if progress is None else progress) as advance:
            for doc in docs:
                own = {name: next(values) for name, values in per_document.items()}
                document = self._reader.read(doc, own["tokens"])
                pending.append((document, (own["targets"], own["against"], own["truth"])))
                if len(pending) == self.batch_size * _WINDOW:
                    for explanation in self._explain_window(pending):
                        advance()
                        yield explanation
                    pending = []
            for explanation in self._explain_window(pending):
                advance()
                yield explanation

    def predict(self, docs: Iterable[Any], *, tokens: Any = None) -> list[Prediction]:
        """What the model says of each document, without explaining it; of its first output, where it has several."""
        if isinstance(docs, str):
            raise DocumentError("predict takes several documents, got one string: pass [text]")
        read = [self._reader.read(doc, None if tokens is None else tokens[i]) for i, doc in enumerate(docs)]
        predictions: dict[int, Prediction] = {}
        for members in _by_shape(read):
            inputs = self._inputs([read[i] for i in members])
            heads = self._split.heads(inputs, self.task)
            name, head = next(iter(heads.items()))
            labels = all_labels(heads, self.target_names)[name]
            predictions.update(zip(members, self._predict(inputs, head, labels), strict=True))
        return [predictions[i] for i in range(len(read))]

    def _explain_window(self, pending: list[tuple[Document, Wanted]]) -> Iterator[AnyExplanation]:
        documents = [document for document, _ in pending]
        done: dict[int, AnyExplanation] = {}
        for members in _by_shape(documents):
            group = self._explain_group([documents[i] for i in members], [pending[i][1] for i in members])
            done.update(zip(members, group, strict=True))
        for i in range(len(documents)):
            yield done.pop(i)

    def _explain_group(self, documents: list[Document], wanted: list[Wanted]) -> Iterator[AnyExplanation]:
        """Documents of equal shapes: one row per document and target, all rows of one output together."""
        inputs = self._inputs(documents)
        self._check_ids(inputs)
        heads = self._split.heads(inputs, self.task)
        labels = all_labels(heads, self.target_names)
        asked = [understand_wishes(*each, labels) for each in wanted]
        survey = self._split.survey(inputs)
        assembler = Assembler(survey, inputs, self.method, str(self.model.name), self.pad_value, self.padding)
        pads = assembler.told_pads(documents)
        said: list[dict[str | None, Prediction]] = [{} for _ in documents]
        found: list[list[Found]] = [[] for _ in documents]
        for (name, objective), jobs in self._jobs(inputs, heads, labels, asked).items():
            head = heads[name]
            attribution = self._attribute(inputs, documents, pads, jobs, head, objective)
            for row, job in enumerate(jobs):
                numbers = attribution.logits[row], attribution.probabilities[row]
                prediction = said[job.document].setdefault(name, prediction_of(head, labels[name], *numbers))
                label = labels[name][int(attribution.target[row])]
                label = label if objective is None else getattr(objective, "__name__", repr(objective))
                found[job.document].append(
                    Found(attribution, row, label, job.against, prediction, is_function=objective is not None)
                )
        for name in [name for name in heads if any(name not in each for each in said)]:
            for each, prediction in zip(said, self._predict(inputs, heads[name], labels[name]), strict=True):
                each.setdefault(name, prediction)
        notes = [note for head in heads.values() for note in head.notes] + list(self.method.cautions(survey))
        for i, document in enumerate(documents):
            yield assembler.assemble(document, found[i], list(said[i].values()), asked[i].truth, notes)

    def _jobs(
        self,
        inputs: Any,
        heads: Mapping[str | None, Head],
        labels: Mapping[str | None, tuple[str, ...]],
        asked: list[Asked],
    ) -> dict[tuple[str | None, Callable[[Any], Any] | None], list[_Job]]:
        """What is to be attributed, by output and function; multilabel models are first asked what they predict."""
        jobs: dict[tuple[str | None, Callable[[Any], Any] | None], list[_Job]] = {}
        first = next(iter(heads))
        for i, a in enumerate(asked):
            if a.objective is not None:
                jobs.setdefault((first, a.objective), []).append(_Job(i, PREDICTED))
        for name, head in heads.items():
            open_ended = any(name in a.wishes and a.wishes[name].classes is None for a in asked)
            predictions = None
            if head.task == "multilabel" and open_ended:
                predictions = self._predict(inputs, head, labels[name])
            for i, wish in [(i, a.wishes[name]) for i, a in enumerate(asked) if name in a.wishes]:
                classes = wish.classes or _open(head, predictions and predictions[i].probabilities)
                jobs.setdefault((name, None), []).extend(_Job(i, each, wish.against) for each in classes)
        return {key: each for key, each in jobs.items() if each}

    def _attribute(
        self,
        inputs: Any,
        documents: list[Document],
        pads: tuple[Any, ...],
        jobs: list[_Job],
        head: Head,
        objective: Callable[[Any], Any] | None,
    ) -> Attribution:
        rows = replace(self._rows(inputs, head), pads=pads)
        if [job.document for job in jobs] != list(range(len(documents))):
            rows = rows[[job.document for job in jobs]]
        rows = replace(
            rows,
            target=np.array([job.target for job in jobs], np.int32),
            against=np.array([NOTHING if job.against is None else job.against for job in jobs], np.int32),
            objective=objective,
            special_ids=documents[0].special_ids,
        )
        attribution = self.method.explain_rows(self._split, rows)
        self._check_output(attribution.logits)
        return attribution

    def _rows(self, inputs: Any, head: Head) -> Rows:
        open_ended = np.full(self._split.count(inputs), PREDICTED, np.int32)
        nothing = np.full_like(open_ended, NOTHING)
        return Rows(inputs, open_ended, nothing, head, self.score, self.batch_size)

    def _predict(self, inputs: Any, head: Head, labels: tuple[str, ...]) -> list[Prediction]:
        rows = self._rows(inputs, head)
        parts = [rows[i : i + self.batch_size] for i in range(0, len(rows), self.batch_size)]
        results = [self._split.program("predict", _said, part, {}) for part in parts]
        logits, probabilities = (
            np.concatenate([r[name] for r in results]) for name in ("logits", "probabilities")
        )
        self._check_output(logits)
        return [prediction_of(head, labels, *numbers) for numbers in zip(logits, probabilities, strict=True)]

    def _inputs(self, documents: list[Document]) -> Any:
        tf = tensorflow()
        batch = tf.nest.map_structure(lambda *leaves: np.stack(leaves), *(d.inputs for d in documents))
        return self._split.checked(batch)

    def _check_ids(self, inputs: Any) -> None:
        leaves = tensorflow().nest.flatten(inputs)
        for site in self._split.survey(inputs).sites.texts:
            if site.table_size is None or site.layer is None:
                continue
            ids = leaves[site.source].numpy().astype(np.int64)
            outside = np.argwhere((ids < 0) | (ids >= site.table_size))
            if len(outside):
                at = tuple(outside[0])
                raise IdOutsideTableError(
                    f"id {ids[at]} at position {at[-1]} is outside the table of {site.layer().name!r}: it has "
                    f"{site.table_size} rows, 0 to {site.table_size - 1}; do ids and model belong together?"
                )

    def _check_output(self, logits: Any) -> None:
        if not np.isnan(logits).any():
            return
        broken = [
            w.path if hasattr(w, "path") else w.name
            for w in self.model.weights
            if np.isnan(np.asarray(w)).any()
        ]
        where = f"these weights hold NaN: {', '.join(broken)}" if broken else "its weights are finite"
        raise ModelOutputError(
            f"the model's output is NaN; {where}. Train it again, or check the input's scale"
        )


@dataclass(frozen=True)
class _Job:
    """One document and one class of it, or what is predicted."""

    document: int
    target: int
    against: int | None = None


def _open(head: Head, probabilities: Any) -> tuple[int, ...]:
    """The classes to explain where none was asked for."""
    if head.task == "regression":
        return tuple(range(head.classes))
    if head.task != "multilabel":
        return (PREDICTED,)
    return tuple(int(i) for i in np.flatnonzero(probabilities >= 0.5)) or (int(probabilities.argmax()),)


def _said(cut: Cut, *_: Any) -> dict[str, Any]:
    run = cut.run()
    return {"logits": run.logits, "probabilities": run.probabilities}


def _each(given: Any, name: str, count: int | None, otherwise: Any = None) -> Iterator[Any]:
    """One entry per document: those given, or the same for all."""
    if given is None:
        return iter(lambda: otherwise, object())
    if count is not None and len(given) != count:
        raise OptionError(
            f"expected one entry of {name}= per document: got {len(given)} for {count} documents"
        )
    return iter(given)


def _by_shape(documents: list[Document]) -> list[list[int]]:
    """The positions of the documents, those of the same shapes and special ids together."""
    tf = tensorflow()
    groups: dict[Any, list[int]] = {}
    for i, document in enumerate(documents):
        shapes = tuple(
            (np.shape(leaf), np.asarray(leaf).dtype.kind) for leaf in tf.nest.flatten(document.inputs)
        )
        lengths = tuple(len(part.tokens) for part in document.parts.values())
        groups.setdefault((shapes, lengths, tuple(sorted(document.special_ids.items()))), []).append(i)
    return list(groups.values())
