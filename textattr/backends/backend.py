"""`Backend`: what stands behind an `Explainer`, a Keras model or a function of texts, and its data.

Documents come in as the user gave them, and go on as a `Batch`; attributions leave as `Attributed`, one for each target
of each document, on the tokens of its texts. Nothing that follows asks which kind of backend it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy.typing as npt

from textattr.backends.features import Features
from textattr.comparison import Comparison
from textattr.document import Document, TextPart, WindowedDocument
from textattr.explanation import Feature
from textattr.methods.applied import Applied
from textattr.methods.method import Method
from textattr.targets.head import Head
from textattr.targets.target import Target
from textattr.targets.tokens import OutputTokens

Array = npt.NDArray[Any]

Job = tuple[int, Target]  # the position of a document in its batch, and what is to be explained of it


@dataclass(frozen=True)
class Settings:
    """The settings of an `Explainer`, checked.

    Args:
        method: what explains.
        task: "binary", "multiclass", "multilabel", "regression", or None.
        target_names: names of the classes, or None.
        score: "logit", "log_odds" or "probability": what is attributed; None: as `Head.kind_of` says.
        batch_size: rows that the model sees at once; "auto": as many as fit.
        pad_value: pad id or pad token, or None.
        padding: "post" or "pre", or None.
        features: inputs of numbers beside the text, whose columns have names.
        compiler: "xla": methods that go back through the model are compiled by XLA too; "auto": where that is faster;
            None: they are not.
    """

    method: Method
    task: str | None
    target_names: Any
    score: str | None
    batch_size: int | str
    pad_value: Any = None
    padding: str | None = None
    features: Features = field(default_factory=Features)
    compiler: str | None = None


@dataclass(frozen=True, eq=False)
class Batch:
    """Documents that go into the model together.

    Args:
        documents: N of them.
        inputs: what the backend made of them for its model.
    """

    documents: Sequence[Document]
    inputs: Any


@dataclass(frozen=True, eq=False)
class Answer:
    """What the model says of one document at one output.

    Args:
        scores: float (C,): logits, or what a function returned; (T, C) where each token has scores of its own.
        probabilities: float, shaped as `scores`, or None where they are not known.
        best: the class that the model predicts; int (T,), for each token, where these have scores.
    """

    scores: Array
    probabilities: Array | None
    best: Any


@dataclass(frozen=True, eq=False)
class AttributedText:
    """One text of a document, with the relevance of its tokens for one target.

    Args:
        name: of the model's input; None where there is only one text.
        part: the tokens.
        relevance: float64 (T,).
        pads: bool (T,): which tokens are padding.
        per_token: further numbers that the method gives of each token, float (T,), by name.
        is_features: whether the tokens name features, with no text around them.
        explained: the positions whose own scores are explained, where each has some.
        unseen: bool (T,): those that such a score cannot depend on; None where that was not looked at.
    """

    name: str | None
    part: TextPart
    relevance: Array
    pads: Array
    per_token: Mapping[str, Array] = field(default_factory=dict)
    is_features: bool = False
    explained: tuple[int, ...] = ()
    unseen: Array | None = None


@dataclass(frozen=True, eq=False)
class Attributed:
    """One target of one document, attributed.

    Args:
        job: which.
        applied: the method that found it.
        index: the class; for a function, which has none, the predicted one.
        value: the score that was attributed.
        answer: what the model says of the document at that output.
        texts: the relevance of the tokens of each text.
        features: the numbers beside the text, with the relevance of each.
        shares: relevance of what is no token, by name.
        diagnostics: what the method says of its result, by name.
        warnings: what the reader should know.
        checks: what was compared with the model's own answer.
    """

    job: Job
    applied: Applied
    index: int
    value: float
    answer: Answer
    texts: tuple[AttributedText, ...]
    features: tuple[Feature, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    checks: tuple[Comparison, ...] = ()


class Backend(Protocol):
    """What predicts with a model and explains it."""

    @property
    def name(self) -> str:
        """What the model is called."""
        ...

    def read(self, doc: Any, tokens: Any) -> Document:
        """Understand one document as the user gave it; `tokens` as for `Explainer.explain`."""
        ...

    def score_kind(self, output: str | None, batch: Batch) -> str:
        """Which kind of score is explained at an output: "logit", "log_odds" or "probability"."""
        ...

    def read_all(self, docs: Sequence[Any], tokens: Sequence[Any]) -> list[Document]:
        """Understand several documents, each with its `tokens`."""
        ...

    def read_in_windows(
        self, docs: Sequence[Any], tokens: Sequence[Any], size: int, stride: int | None
    ) -> list[WindowedDocument]:
        """The same, each cut into windows of `size` tokens where it is longer than that."""
        ...

    def together(self, documents: Sequence[Document]) -> list[list[int]]:
        """The positions of the documents that can share a batch."""
        ...

    def batch(self, documents: Sequence[Document]) -> Batch:
        """Documents, as `together` finds them, ready for the model."""
        ...

    def heads(self, batch: Batch) -> Mapping[str | None, Head]:
        """What each output of the model means, by its name; the same whatever the batch holds."""
        ...

    def notes(self, batch: Batch) -> list[tuple[str, ...]]:
        """What the reader of each document's explanation should know of the model and the method."""
        ...

    def predict(self, batch: Batch, output: str | None) -> list[Answer]:
        """What the model says of each document at one output."""
        ...

    def output_tokens(self, batch: Batch, output: str | None) -> list[OutputTokens | None]:
        """The tokens of each document that an output has scores for; None where it has one row for all of them."""
        ...

    def own_document(self, length: int | None) -> Any:
        """A document of textattr's own of so many tokens, or of some; None where there is nothing to trace for one."""
        ...

    def attribute(self, batch: Batch, jobs: Sequence[Job], *, progress: bool) -> list[Attributed]:
        """Attribute the targets; in the order of `jobs`."""
        ...
