"""`Explainer`: a model with every setting, ready to explain one document after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from textattr.assemble import Asked, assemble
from textattr.document import Document, read_document
from textattr.errors import DocumentError, IdOutsideTableError, ModelOutputError, OptionError
from textattr.explanation import Explanation, Prediction
from textattr.methods.method import checked_batch_size, checked_score
from textattr.methods.options import choose_method
from textattr.prediction import prediction_of
from textattr.progress import bar
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.head import TASKS, Head
from textattr.split.model import SplitModel, split_model
from textattr.split.rows import NOTHING, PREDICTED, Rows
from textattr.split.signature import fixed_length
from textattr.targets import class_index, class_indices, contrast, labels_of
from textattr.tokenizers.choose import require_tokenizer

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

_WINDOW = 8  # chunks of documents that `explain_many` holds at once, to bring equal lengths together


class Explainer:
    """Explains the predictions of one model; what was compiled for one document serves the next.

    Args:
        model: Keras 3 or tf_keras model.
        tokenizer: turns a text into ids; needed where documents are texts.
        method: a name in `textattr.METHODS`, an instance from `textattr.methods`, or "auto".
        target_names: names of the classes, in order.
        task: "binary", "multiclass", "multilabel" or "regression"; None: inferred from the model.
        score: "logit" or "probability": what is attributed; None: the logit.
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
        self.model = model
        self.tokenizer = None if tokenizer is None else require_tokenizer(tokenizer)
        self.target_names = target_names
        if task is not None and task not in TASKS:
            raise OptionError(f"unknown task {task!r}: choose one of {', '.join(TASKS)}")
        self.task = task
        self.score = checked_score("logit" if score is None else score)
        self.pad_value = pad_value
        if padding not in (None, "post", "pre"):
            raise OptionError(f"unknown padding {padding!r}: choose 'post' or 'pre'")
        self.padding = padding
        self.batch_size = checked_batch_size(batch_size)
        self.progress = progress

    def __repr__(self) -> str:
        return f"Explainer({self.model.name!r}, {self.method!r})"

    def explain(
        self, doc: Any, *, tokens: Any = None, targets: Any = None, against: Any = None, truth: Any = None
    ) -> Explanation:
        """Explain one document.

        Args:
            doc: text, ids (T,) or (1, T), vectors (T, D), or an `Encoding`.
            tokens: one string per id, where `doc` is no text.
            targets: None (what the model predicts), a class index or label, a list of these, or "all".
            against: a class: why the target rather than this one.
            truth: the class that is right, as an index or label, if the caller knows.

        Raises:
            TextAttrError: for a document or target that does not fit the model.
        """
        return next(self._explain_group([self._read(doc, tokens)], [(targets, against, truth)]))

    def explain_many(
        self,
        docs: Iterable[Any],
        *,
        tokens: Any = None,
        targets: Any = None,
        against: Any = None,
        truth: Any = None,
        progress: bool | None = None,
    ) -> Iterator[Explanation]:
        """Explain documents one after the other, in order, those of equal length together.

        Args:
            docs: any iterable; it is read a window at a time.
            tokens: one list of strings per document, where documents are no texts.
            targets: as for `explain`, for all documents.
            against: as for `explain`, for all documents.
            truth: one class for all documents, or one per document.
            progress: show a bar; None: as the explainer was set up.
        """
        if isinstance(docs, str):
            raise DocumentError("explain_many takes several documents, got one string: pass [text], or call explain")
        count = len(docs) if hasattr(docs, "__len__") else None
        pending: list[tuple[Document, tuple[Any, Any, Any]]] = []
        tokens_of = iter(tokens) if tokens is not None else None
        truths = iter(truth) if isinstance(truth, list | tuple | np.ndarray) else None
        with bar("Explaining", count, self.progress if progress is None else progress) as advance:
            for doc in docs:
                own_tokens = None if tokens_of is None else next(tokens_of, None)
                own_truth = truth if truths is None else next(truths, None)
                pending.append((self._read(doc, own_tokens), (targets, against, own_truth)))
                if len(pending) == self.batch_size * _WINDOW:
                    for explanation in self._explain_window(pending):
                        advance()
                        yield explanation
                    pending = []
            for explanation in self._explain_window(pending):
                advance()
                yield explanation

    def predict(self, docs: Iterable[Any], *, tokens: Any = None) -> list[Prediction]:
        """What the model says of each document, without explaining it."""
        if isinstance(docs, str):
            raise DocumentError("predict takes several documents, got one string: pass [text]")
        read = [self._read(doc, None if tokens is None else tokens[i]) for i, doc in enumerate(docs)]
        predictions: list[Prediction | None] = [None] * len(read)
        for members in _by_shape(read):
            inputs = self._inputs([read[i] for i in members])
            head = self._split.head(inputs, self.task)
            labels = labels_of(head, self.target_names)
            result = self._predict(inputs, head)
            for row, i in enumerate(members):
                predictions[i] = prediction_of(head, labels, result["logits"][row], result["probabilities"][row])
        return [prediction for prediction in predictions if prediction is not None]

    def _read(self, doc: Any, tokens: Any) -> Document:
        return read_document(doc, tokens=tokens, tokenizer=self.tokenizer, length=fixed_length(self.model))

    def _explain_window(self, pending: list[tuple[Document, tuple[Any, Any, Any]]]) -> Iterator[Explanation]:
        documents = [document for document, _ in pending]
        done: dict[int, Explanation] = {}
        for members in _by_shape(documents):
            group = self._explain_group([documents[i] for i in members], [pending[i][1] for i in members])
            done.update(zip(members, group, strict=True))
        for i in range(len(documents)):
            yield done.pop(i)

    def _explain_group(
        self, documents: list[Document], wishes: list[tuple[Any, Any, Any]]
    ) -> Iterator[Explanation]:
        """Documents of equal shapes: one row per document and target, all at once."""
        inputs = self._inputs(documents)
        self._check_ids(inputs)
        head = self._split.head(inputs, self.task)
        labels = labels_of(head, self.target_names)
        asked = []
        for targets, against, truth in wishes:
            classes = class_indices(targets, labels)
            right = None if truth is None else labels[class_index(truth, labels)]
            asked.append(Asked(classes, contrast(against, classes, labels), right))
        per_document = self._row_targets(inputs, head, asked)
        rows = Rows(
            inputs,
            target=np.array([t for targets in per_document for t in targets], np.int32),
            against=np.array(
                [NOTHING if a.against is None else a.against for a, ts in zip(asked, per_document, strict=True) for _ in ts],
                np.int32,
            ),
            head=head,
            score=self.score,
            batch_size=self.batch_size,
            special_ids=documents[0].special_ids,
        )
        of = np.repeat(np.arange(len(documents)), [len(targets) for targets in per_document])
        if len(of) > len(documents):
            tf = tensorflow()
            rows = Rows(**{**vars(rows), "inputs": tf.nest.map_structure(lambda x: tf.gather(x, of), rows.inputs)})
        attribution = self.method.explain_rows(self._split, rows)
        self._check_output(attribution.logits)
        for i, document in enumerate(documents):
            yield assemble(
                document,
                asked[i],
                attribution,
                np.flatnonzero(of == i),
                head=head,
                labels=labels,
                method=self.method,
                model_name=str(self.model.name),
                score=self.score,
                pad_value=self.pad_value,
                padding=self.padding,
            )

    def _row_targets(self, inputs: Any, head: Head, asked: list[Asked]) -> list[tuple[int, ...]]:
        """The targets of each document; where they depend on what the model says, it is asked first."""
        if head.task == "regression":
            return [tuple(range(head.classes)) if a.classes is None else a.classes for a in asked]
        if head.task != "multilabel" or all(a.classes is not None for a in asked):
            return [(PREDICTED,) if a.classes is None else a.classes for a in asked]
        probabilities = self._predict(inputs, head)["probabilities"]
        chosen = []
        for row, a in zip(probabilities, asked, strict=True):
            likely = tuple(int(i) for i in np.flatnonzero(row >= 0.5)) or (int(row.argmax()),)
            chosen.append(likely if a.classes is None else a.classes)
        return chosen

    def _predict(self, inputs: Any, head: Head) -> dict[str, Any]:
        def build(cut: Cut, *_: Any) -> dict[str, Any]:
            run = cut.run()
            return {"logits": run.logits, "probabilities": run.probabilities}

        count = self._split.count(inputs)
        unasked = np.full(count, PREDICTED, np.int32)
        rows = Rows(inputs, unasked, unasked, head, self.score, self.batch_size)
        parts = [
            self._split.program("predict", build, rows[i : i + self.batch_size], {})
            for i in range(0, count, self.batch_size)
        ]
        result = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        self._check_output(result["logits"])
        return result

    def _inputs(self, documents: list[Document]) -> Any:
        tf = tensorflow()
        batch = tf.nest.map_structure(lambda *leaves: np.stack(leaves), *(d.inputs for d in documents))
        return self._split.tensors(batch)

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
        broken = [w.path if hasattr(w, "path") else w.name for w in self.model.weights if np.isnan(np.asarray(w)).any()]
        where = f"these weights hold NaN: {', '.join(broken)}" if broken else "its weights are finite"
        raise ModelOutputError(f"the model's output is NaN; {where}. Train it again, or check the input's scale")


def _by_shape(documents: list[Document]) -> list[list[int]]:
    """The positions of the documents, those of the same shapes and special ids together."""
    tf = tensorflow()
    groups: dict[Any, list[int]] = {}
    for i, document in enumerate(documents):
        shapes = tuple((np.shape(leaf), np.asarray(leaf).dtype.kind) for leaf in tf.nest.flatten(document.inputs))
        groups.setdefault((shapes, tuple(sorted(document.special_ids.items()))), []).append(i)
    return list(groups.values())
