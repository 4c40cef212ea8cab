"""`Explainer`: a model with every setting, ready to explain one document after the other.

Long because a third of it says what each setting means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

from textattr.backends.backend import Backend, Settings
from textattr.backends.black_box import BlackBox, black_box
from textattr.backends.callable_backend import CallableBackend
from textattr.backends.features import checked_features
from textattr.backends.keras_backend import KerasBackend
from textattr.checks import choice, flag, id_or_token, whole_number
from textattr.document import WindowedDocument
from textattr.errors import OptionError
from textattr.explanation import AnyExplanation, Prediction
from textattr.methods.auto import FOR_KERAS, FOR_TEXTS
from textattr.methods.method import checked_score
from textattr.methods.options import choose_method
from textattr.padding import checked_padding
from textattr.pipeline.chunk import ExplainChunk, with_position
from textattr.pipeline.explain import ExplainBatch
from textattr.pipeline.failed_explanation import FailedExplanation
from textattr.pipeline.many import given_documents, outcomes_of
from textattr.pipeline.several import entries_of, next_of, one_by_one
from textattr.pipeline.windows import windows_and_options
from textattr.progress import bar
from textattr.split.row_memory import AUTO, auto_or_whole
from textattr.split.xla import checked_compiler
from textattr.targets.head import checked_task
from textattr.targets.labels import kept_names
from textattr.targets.requests import any_targets

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
    "feature_names",
    "feature_baseline",
    "window",
    "stride",
    "join",
    "batch_size",
    "compile",
    "progress",
)

ON_ERROR = ("raise", "yield")


class Explainer:
    """Explains the predictions of one model; what was compiled for one document serves the next.

    Args:
        model: Keras 3 or tf_keras model; or a black box: a function from a list of texts to scores (N,) or
            (N, C), taken as they come, or to lists of `{label, score}` for all classes, or a scikit-learn pipeline.
            It is called with `batch_size` texts at most, and never twice with the same text for an explanation.
        tokenizer: turns a text into ids; needed where documents are texts, unless the model takes strings. A dict
            of these for several texts.
        method: a name in `textattr.METHODS`, an instance from `textattr.methods`, or "auto": DeepLIFT where all ops
            have rules, else AttnLRP for attention, else integrated gradients; of a black box Shapley values.
        target_names: names of the classes, in order, unless the model tells them; a dict {output: names} where there
            are several outputs.
        task: "binary", "multiclass", "multilabel" or "regression"; None: inferred from the model.
        score: "logit", "log_odds" (log p - log(1 - p), of which the sigmoid is the probability) or "probability":
            what is attributed. None: what the method is for, mostly the logit; of two classes the log-odds, which is
            the logit of a sigmoid and the difference of the two logits of a softmax. Of a scikit-learn pipeline,
            `decision_function` ("logit") or `predict_proba`, with None the latter where there is one.
        pad_value: pad id or pad token; None: what model and tokenizer know as padding.
        padding: "post" or "pre": pads count only at that end.
        embedding_layer: the lookup, by name, path, index or layer, where it is not the obvious one.
        feature_names: {input: names of its columns}, for numbers beside the text: each column gets a weight of its own,
            on the same path as the words, in `target.features`.
        feature_baseline: what these numbers are compared with by methods that have a baseline: "zero", or {input: a
            value for each column, or a reference (documents, columns) whose mean is taken}.
        window: how many tokens the model is to read at a time, special tokens included: a longer text is cut into
            overlapping windows. A token's weight is its mean over the windows that it lies in; what is missing in the
            sum is the share "windows". Of occlusion by its name window= and stride= are options: beside an instance,
            `method=textattr.methods.Occlusion()`, they cut the document.
        stride: how many tokens a window begins behind the one before; None: half of those that a window holds.
        join: how scores and probabilities of the windows become those of the document: "mean", "max", or a function
            from float (windows, classes) to (classes,); of one sigmoid unit, a function or a contrast with one class.
        batch_size: rows that the model sees at once; "auto": 64; of a Keras model fewer where it
            takes over 8 MB for each, and up to 128 where it takes less than 1 MB. Where steps of integrated gradients
            begin behind what is affine, more rows of the rest: as many as make no more than these of all of it.
        compile: "xla": methods that go back through a Keras model are compiled by XLA too, once for each length and
            each power of two of documents of that length. This takes some ten times as long as to trace them, and what
            was compiled is kept until the process ends; a recurrent model is then explained in a fifth to two fifths of
            the time, a transformer in six to nine tenths, a convolution hardly faster. What XLA cannot compile
            runs without it, and the explanation says so. "auto": op by op until that took as long as to compile would,
            for each length and number of documents; then both ways are timed on the documents at hand, and the faster
            one goes on. `target.diagnostics["compile"]` says which, and by how much. None: never.
        progress: show a bar: of the documents, or of the evaluations of the model where there is one document.
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
        feature_names: Any = None,
        feature_baseline: Any = "zero",
        window: Any = None,
        stride: Any = None,
        join: Any = "mean",
        batch_size: int | str = AUTO,
        compile: str | None = None,  # noqa: A002  (a public name)
        progress: bool = False,
        **options: Any,
    ) -> None:
        box = black_box(model, None if score is None else checked_score(score))
        automatic = FOR_KERAS if box is None else FOR_TEXTS
        self.model = model
        self.embedding_layer = embedding_layer
        self.feature_names = feature_names
        self.feature_baseline = feature_baseline
        self.tokenizer = tokenizer
        self.window, self.stride, self.join = window, stride, join
        self._windows, own = windows_and_options(method, window, stride, join)
        self.method = choose_method(method, {**options, **own}, SETTINGS, automatic)
        self.target_names = kept_names(target_names)
        self.task = checked_task(task)
        self.score = None if score is None else checked_score(score)
        self.pad_value = id_or_token("pad_value", pad_value)
        self.padding = checked_padding(padding)
        self.batch_size = auto_or_whole(batch_size)
        self.compile = checked_compiler(compile)
        self.progress = flag("progress", progress)
        self._backend = self._new_backend(box)

    def __setattr__(self, name: str, value: Any) -> None:
        """Settings are read once: to change one later would do nothing, and is refused."""
        if name in vars(self) and not name.startswith("_"):
            raise OptionError(
                f"the settings of an Explainer are fixed when it is made: make another, Explainer(model, {name}=...)"
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"Explainer({self._backend.name!r}, {self.method!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what was compiled, which is made again when it is needed."""
        return {name: value for name, value in vars(self).items() if name != "_backend"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The settings; the model is cut again."""
        vars(self).update(state)
        self._backend = self._new_backend(black_box(self.model, self.score))

    def _new_backend(self, box: BlackBox | None) -> Backend:
        """The backend of the model; `box`: the functions of a model that is no Keras model, else None."""
        settings = Settings(
            method=self.method,
            task=self.task,
            target_names=self.target_names,
            score=self.score,
            batch_size=self.batch_size,
            pad_value=self.pad_value,
            padding=self.padding,
            features=checked_features(self.feature_names, self.feature_baseline),
            compiler=self.compile,
        )
        if box is None:
            return KerasBackend(self.model, self.tokenizer, self.embedding_layer, settings)
        _refuse_settings(
            embedding_layer=self.embedding_layer,
            pad_value=self.pad_value,
            padding=self.padding,
            feature_names=self.feature_names,
            compile=self.compile,
        )
        return CallableBackend(box, self.tokenizer, settings)

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
                one score per document. Where each token has scores, (B, T, C): a [TokenClass][], (position or word,
                class), (position, None) for what is predicted there, a list of these, or "entities": every token that
                is predicted as something else than "O" (as other labels: [Entities][]), neighbours of one kind
                together, whose scores are summed; None means these too. A function gets the outputs as the model
                returns them; with score="logit", and of scores per token unless score="probability", with the last
                activation taken off.
            against: a class: why the target rather than this one.
            truth: the class that is right, as an index or label, if the caller knows.

        Returns:
            an [Explanation][]; a [MultiTextExplanation][] where the model reads several texts.

        Raises:
            TextAttrError: for a document or target that does not fit the model.
        """
        batch = self._batch([self._read(doc, tokens)])
        return next(batch.explain([(targets, against, truth)], progress=self.progress))

    def explain_many(
        self,
        docs: Iterable[Any],
        *,
        tokens: Any = None,
        targets: Any = None,
        against: Any = None,
        truth: Any = None,
        on_error: str = "raise",
        progress: bool | None = None,
    ) -> Iterator[Any]:
        """Explain documents one after the other, in order, those of equal length together.

        Args:
            docs: a list, a generator, a Series, an array, an Arrow column, a `tf.data.Dataset` of texts, a column of a
                Hugging Face dataset; 1,024 are read at a time.
            tokens: one list of strings per document, where documents are no texts.
            targets: as for `explain`, for all documents; a list, a Series, an array has one entry per document (for the
                same two classes everywhere, pass a tuple).
            against: one class for all documents, or a list with one per document.
            truth: the right class of all documents, or a list, a Series, an array with one per document, in which None
                and NaN stand for one that is not known. Of several labels that may hold at once, a document's is a list
                of labels or indices, or a row with 1 where a label holds and 0 elsewhere.
            on_error: "raise": the explanations of all documents before come first, then the error, with the position in
                its message and as `error.index`; "yield": a `FailedExplanation(index, document, error)` in the place of
                a document that cannot be explained.
            progress: show a bar; None: as the explainer was set up.

        Raises:
            TextAttrError: for what holds no documents, for lists of another length, and as `explain` does.
        """
        entries, count = one_by_one(docs, "explain_many")
        choice("on_error", on_error, ON_ERROR)
        progress = self.progress if progress is None else flag("progress", progress)
        given = given_documents(entries, count, tokens, targets, against, truth)
        chunk = ExplainChunk(self._read_all, self._together, self._batch)
        with bar("Explaining", count, progress) as advance:
            for outcome in outcomes_of(given, chunk):
                if isinstance(outcome, FailedExplanation) and on_error == "raise":
                    raise with_position(outcome)
                advance(1)
                yield outcome

    def predict(self, docs: Iterable[Any], *, tokens: Any = None) -> list[Prediction]:
        """What the model says of each document, without explaining it; of its first output, where it has several."""
        entries, count = one_by_one(docs, "predict")
        each = repeat(None) if tokens is None else entries_of(tokens, "tokens", count)
        given = [(doc, next_of(each, "tokens", i)) for i, doc in enumerate(entries)]
        read = self._read_all([doc for doc, _ in given], [own for _, own in given])
        predictions: dict[int, Prediction] = {}
        for members in self._together(read):
            said = self._batch([read[i] for i in members]).predict_first()
            predictions.update(zip(members, said, strict=True))
        return [predictions[i] for i in range(len(read))]

    def warm_up(self, lengths: Iterable[int] | None = None) -> None:
        """Trace now what the first `explain` would, on texts of textattr's own, of so many tokens or of some."""
        for length in (None,) if lengths is None else lengths:
            own = self._backend.own_document(None if length is None else whole_number("lengths", length))
            if own is not None:
                self.explain(own, targets=any_targets(self._batch([self._read(own, None)]).heads))

    def _read(self, doc: Any, tokens: Any) -> WindowedDocument:
        if self._windows is None:
            return WindowedDocument.uncut(self._backend.read(doc, tokens))
        return self._read_all([doc], [tokens])[0]

    def _read_all(self, docs: Sequence[Any], tokens: Sequence[Any]) -> list[WindowedDocument]:
        if self._windows is None:
            return [WindowedDocument.uncut(document) for document in self._backend.read_all(docs, tokens)]
        return self._backend.read_in_windows(docs, tokens, self._windows.size, self._windows.stride)

    def _together(self, documents: list[WindowedDocument]) -> list[list[int]]:
        """The positions of the documents that can share a batch: the windows of one have the same shapes."""
        return self._backend.together([document.windows[0] for document in documents])

    def _batch(self, documents: list[WindowedDocument]) -> ExplainBatch:
        return ExplainBatch(self._backend, documents, self.target_names, self.score, self._windows)


def _refuse_settings(**given: Any) -> None:
    """Refuse what says something about a model's inside, which a black box does not have."""
    for name, value in given.items():
        if value is not None:
            raise OptionError(f"{name}= concerns Keras models that read ids: this model takes texts")
