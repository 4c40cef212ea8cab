"""What comes back: frozen, plain data. Renderers are functions of it; nothing here computes an attribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from textattr.comparison import Comparison
from textattr.errors import SeveralTextsError
from textattr.frozen import Array, Plain, freeze, read_only
from textattr.showing import Shown
from textattr.visible import visible_line


@dataclass(
    frozen=True, slots=True
)  # by the ten thousand: without a dict each, the garbage collector has half the work
class Token:
    """One token of the document: `document[start:end]` are its characters.

    Args:
        text: how the tokenizer writes it.
        start: of its characters.
        end: of its characters.
        is_special: the tokenizer added it, as a start token.
        is_unknown: the model reads the id of unknown words here.
        word: the number of the word that it is a piece of, where the tokenizer tells; pieces of one word share it.
    """

    text: str
    start: int
    end: int
    is_special: bool = False
    is_unknown: bool = False
    word: int | None = None


@dataclass(
    frozen=True, slots=True
)  # by the ten thousand: without a dict each, the garbage collector has half the work
class Span:
    """Weighted characters: `text == document[start:end]`; `weight` is positive where it speaks for the target."""

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Feature:
    """One number beside the text: its name, its value and its weight for the target."""

    name: str
    value: float
    weight: float


@dataclass(frozen=True, eq=False)
class Prediction(Plain):
    """What the model said.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        labels: one name per class (or per output of a regression).
        scores: float array (C,): logits, or the outputs as they came where there are no logits. A one-unit
            sigmoid has two classes, whose scores are (-z, z). Where each token has scores of its own, (T, C), one
            line for each token of the explanation; of a word that was merged, that of its first token.
        probabilities: float array, shaped as `scores`, as `model.predict` implies them; None for a regression.
        label: the predicted label; for "multilabel" the most probable one. Of scores per token, all `token_labels`
            with a space between.
        activation: the last activation, taken off to get the scores ("softmax", "sigmoid", "log_softmax");
            None where there was none to take off.
        output: the name of the model's output, where it has several.
        token_labels: where each token has scores of its own, the label predicted for each; else empty.
    """

    task: str
    labels: tuple[str, ...]
    scores: Array
    probabilities: Array | None
    label: str
    activation: str | None = None
    output: str | None = None
    token_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", read_only(self.scores))
        if self.probabilities is not None:
            object.__setattr__(self, "probabilities", read_only(self.probabilities))

    @property
    def token_probabilities(self) -> Array | None:
        """Of scores per token, the probability of the label predicted for each, float (T,); else None."""
        if not self.token_labels or self.probabilities is None:
            return None
        columns = [self.labels.index(label) for label in self.token_labels]
        return read_only(self.probabilities[range(len(columns)), columns])


@dataclass(frozen=True, eq=False)
class TargetExplanation(Plain):
    """Why one target got its score.

    Args:
        target: the index of the class (or of the regression's output); None for a function given as target.
        against: the index of the class it is contrasted with, or None.
        label: the target's name.
        score: the target's score, in the unit that was attributed; a contrast's is the difference of both.
        probability: the target's probability, or None for a regression.
        heatmap: float array, one value per token, padding gone.
        spans: the same weights on the characters of the document; tokens without characters have no span.
        shares: relevance beside the spans, by name: "padding", "special", "positions", "other inputs". Sums, in the
            unit of the heatmap.
        diagnostics: what the method says of its own result.
        output: the name of the model's output, where it has several.
        positions: where each token has scores of its own, the tokens whose scores are explained, as positions in
            `tokens`; several for an entity, whose score is the sum of theirs.
        baseline_score: the score that the weights start from, where the method has a baseline: weights and shares
            sum to `score - baseline_score`, without those of inputs that nothing is compared with ("other inputs").
        features: the numbers beside the text whose columns have names, each with its weight.
        unseen: of a score of tokens, the tokens that it cannot depend on, as positions in `tokens`: those that come
            later, in a model that reads forward, or lie too far away.
    """

    target: int | None
    against: int | None
    label: str
    score: float
    probability: float | None
    heatmap: Array
    spans: tuple[Span, ...]
    shares: Mapping[str, float] = field(default_factory=dict)
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    output: str | None = None
    positions: tuple[int, ...] = ()
    baseline_score: float | None = None
    features: tuple[Feature, ...] = ()
    unseen: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "heatmap", read_only(self.heatmap, dtype=float))
        freeze(self, "shares", "diagnostics")

    @property
    def position(self) -> int | None:
        """The token whose score is explained, the first one of an entity; None where the score is the document's."""
        return self.positions[0] if self.positions else None

    def __repr__(self) -> str:
        return f"TargetExplanation({self.label!r}, score={self.score:.4g}, {len(self.heatmap)} tokens)"


@dataclass(frozen=True, eq=False)
class SharedTarget(Plain):
    """Why one target got its score, where several texts have a part in it; see `TargetExplanation` for the fields.

    The heatmaps and spans stand with the texts: `explanation["premise"].targets[0].heatmap`.
    """

    target: int | None
    against: int | None
    label: str
    score: float
    probability: float | None
    shares: Mapping[str, float] = field(default_factory=dict)
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    output: str | None = None
    baseline_score: float | None = None
    features: tuple[Feature, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "shares", "diagnostics")

    @property
    def heatmap(self) -> Array:
        """Refused: each text has its own."""
        raise SeveralTextsError("each text has its own heatmap: explanation[name].targets[0].heatmap")

    @property
    def spans(self) -> tuple[Span, ...]:
        """Refused: each text has its own."""
        raise SeveralTextsError("each text has its own spans: explanation[name].targets[0].spans")


@dataclass(frozen=True, eq=False)
class Explanation(Shown, Plain):
    """Why a model decided as it did about one document: what `explain_prediction` returns.

    It shows itself in Jupyter and prints itself in a terminal; `save` keeps it.

    Args:
        method: the method's name in `textattr.METHODS`; `title` is what people call it.
        options: the method's options, as plain data.
        model: the model's name.
        document: the text that the spans index.
        tokens: the tokens of the document, padding gone.
        prediction: what the model said; of its first output, where it has several.
        targets: one explanation per target.
        truth: what the caller said is right.
        warnings: what the reader should know before believing it.
        other_predictions: those of the model's other outputs.
        layout: "text", or "features" where the tokens name features and there is no text around them.
        unit: what a token is called: "token"; "word", "sentence" or "group" where tokens were merged to these.
        checks: what was compared with the model's own answer, and how far it was off.
        unread: stretches (start, end) of the document that were cut off, so that the model did not read them.
        method_reason: why this method, in one line, where `method="auto"` left that to the model.
    """

    method: str
    title: str
    options: Mapping[str, Any]
    model: str
    document: str
    tokens: tuple[Token, ...]
    prediction: Prediction
    targets: tuple[TargetExplanation, ...]
    truth: str | None = None
    warnings: tuple[str, ...] = ()
    other_predictions: tuple[Prediction, ...] = ()
    layout: str = "text"
    checks: tuple[Comparison, ...] = ()
    unread: tuple[tuple[int, int], ...] = ()
    unit: str = "token"
    method_reason: str = ""

    def __post_init__(self) -> None:
        freeze(self, "options")

    def __repr__(self) -> str:
        targets = ", ".join(f"{t.label!r} {t.score:.4g}" for t in self.targets)
        document = self.document if len(self.document) <= 60 else self.document[:59] + "…"
        what = f"{self.title}, {len(self.tokens)} {self.unit}s"
        return visible_line(f"Explanation({document!r}: {targets}; {what})")


@dataclass(frozen=True, eq=False)
class MultiTextExplanation(Shown, Plain):
    """Why a model of several texts decided as it did: `explanation["premise"]` is the part that one text has in it.

    The weights of all texts are on one scale; `texts` maps names to [Explanation][]s, whose fields the others are.
    """

    method: str
    title: str
    options: Mapping[str, Any]
    model: str
    texts: Mapping[str, Explanation]
    prediction: Prediction
    targets: tuple[SharedTarget, ...]
    truth: str | None = None
    warnings: tuple[str, ...] = ()
    other_predictions: tuple[Prediction, ...] = ()
    checks: tuple[Comparison, ...] = ()
    method_reason: str = ""

    def __post_init__(self) -> None:
        freeze(self, "options", "texts")

    def __getitem__(self, name: str) -> Explanation:
        """The explanation of one text alone."""
        if name not in self.texts:
            raise SeveralTextsError(f"no text is called {name!r}: the texts are {', '.join(self.texts)}")
        return self.texts[name]

    @property
    def document(self) -> str:
        """Refused: each text has its own."""
        raise SeveralTextsError(
            f"there are several texts: explanation[name].document, name in {', '.join(self.texts)}"
        )

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Refused: each text has its own."""
        raise SeveralTextsError(
            f"there are several texts: explanation[name].tokens, name in {', '.join(self.texts)}"
        )

    @property
    def heatmap(self) -> Array:
        """Refused: each target of each text has its own."""
        raise SeveralTextsError(
            f"there are several texts: explanation[name].targets[0].heatmap, name in {', '.join(self.texts)}"
        )

    @property
    def spans(self) -> tuple[Span, ...]:
        """Refused: each target of each text has its own."""
        raise SeveralTextsError(
            f"there are several texts: explanation[name].targets[0].spans, name in {', '.join(self.texts)}"
        )

    def __repr__(self) -> str:
        targets = ", ".join(f"{t.label!r} {t.score:.4g}" for t in self.targets)
        return visible_line(f"MultiTextExplanation({', '.join(self.texts)}: {targets}; {self.title})")


AnyExplanation = Explanation | MultiTextExplanation
