"""What comes back: frozen, plain data. Renderers are functions of it; nothing here computes an attribution.

Long because the classes that make up an explanation hold one another and are documented field by field.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from textattr.errors import OptionError, SeveralTextsError
from textattr.frozen import Array, frozen, read_only
from textattr.visible import visible_line


def _same(a: Any, b: Any) -> bool:
    """Equality that looks into arrays, containers and dataclasses; NaN equals NaN."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        if a.dtype == object or b.dtype == object:
            return a.shape == b.shape and all(map(_same, a.ravel().tolist(), b.ravel().tolist()))
        return a.shape == b.shape and bool(np.all((a == b) | ((a != a) & (b != b))))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(_same, a, b))
    if is_dataclass(a) and type(a) is type(b):
        return all(_same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return bool(a == b) or (a != a and b != b)


def _freeze(data: Any, *names: str) -> None:
    """Make these fields of a frozen dataclass read-only, however deep."""
    for name in names:
        object.__setattr__(data, name, frozen(getattr(data, name)))


class _Plain:
    """Field by field equality for dataclasses that hold arrays."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return _same(self, other)


@dataclass(
    frozen=True, slots=True
)  # by the ten thousand: without a dict each, the garbage collector has half the work
class Token:
    """One token of the document: `document[start:end]` are its characters."""

    text: str
    start: int
    end: int
    is_special: bool = False


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
class Check:
    """A comparison of what was explained with the model's own answer.

    Args:
        name: what was compared with the model.
        difference: the largest difference of two scores, in their own unit.
        bound: what rounding explains.
    """

    name: str
    difference: float
    bound: float

    @property
    def holds(self) -> bool:
        """Whether the difference is one of rounding."""
        return self.difference <= self.bound


def worst(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Of several checks of one name that which came nearest to its bound."""
    found: dict[str, Check] = {}
    for check in checks:
        known = found.get(check.name)
        if known is None or check.difference * known.bound > known.difference * check.bound:
            found[check.name] = check
    return tuple(found.values())


@dataclass(frozen=True, eq=False)
class Prediction(_Plain):
    """What the model said.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        labels: one name per class (or per output of a regression).
        scores: float array (C,): logits, or the outputs as they came where there are no logits. A one-unit
            sigmoid has two classes, whose scores are (-z, z).
        probabilities: float array (C,) as `model.predict` implies them; None for a regression.
        label: the predicted label; for "multilabel" the most probable one.
        activation: the last activation, taken off to get the scores ("softmax", "sigmoid", "log_softmax");
            None where there was none to take off.
        output: the name of the model's output, where it has several.
    """

    task: str
    labels: tuple[str, ...]
    scores: Array
    probabilities: Array | None
    label: str
    activation: str | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", read_only(self.scores))
        if self.probabilities is not None:
            object.__setattr__(self, "probabilities", read_only(self.probabilities))


@dataclass(frozen=True, eq=False)
class TargetExplanation(_Plain):
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "heatmap", read_only(self.heatmap, dtype=float))
        _freeze(self, "shares", "diagnostics")

    def __repr__(self) -> str:
        return f"TargetExplanation({self.label!r}, score={self.score:.4g}, {len(self.heatmap)} tokens)"


@dataclass(frozen=True, eq=False)
class SharedTarget(_Plain):
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

    def __post_init__(self) -> None:
        _freeze(self, "shares", "diagnostics")

    @property
    def heatmap(self) -> Array:
        """Refused: each text has its own."""
        raise SeveralTextsError("each text has its own heatmap: explanation[name].targets[0].heatmap")

    @property
    def spans(self) -> tuple[Span, ...]:
        """Refused: each text has its own."""
        raise SeveralTextsError("each text has its own spans: explanation[name].targets[0].spans")


class _Shown:
    """What shows and keeps itself: in Jupyter, in a terminal, in a file."""

    @property
    def _this(self) -> Any:
        """Either of the two classes below, which are all that derive from this one."""
        return self

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AnyExplanation:
        """The explanation that `format_as_dict` made this dict of.

        What comes back is consistent: a weight per token, spans that follow from them, labels and targets of the
        prediction.

        Raises:
            TextAttrError: when it is not such a dict; it names the place, such as `targets[0].spans[3].weight`.
        """
        from textattr.renderers.from_dict import explanation_from_dict

        return explanation_from_dict(data)

    @classmethod
    def from_json(cls, path: str | os.PathLike[str]) -> AnyExplanation:
        """The explanation in a .json file that `save` wrote.

        Raises:
            TextAttrError: when the file cannot be read, or holds none.

        Example:
            >>> import tempfile
            >>> from pathlib import Path
            >>> from textattr.renderers.example import EXAMPLE
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     EXAMPLE.save(Path(folder, "review.json"))
            ...     Explanation.from_json(Path(folder, "review.json")) == EXAMPLE
            True
        """
        from textattr.renderers.files import read_file
        from textattr.renderers.from_dict import explanation_from_json

        return explanation_from_json(read_file(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the explanation to a file: a report (.html), all of it (.json) or a row per token (.csv).

        A file of that name is replaced in one step and keeps its mode; a symbolic link is followed.
        `Explanation.from_json` reads the .json, `textattr.read_csv` the .csv.

        Raises:
            OptionError: for another suffix, or what is no path.
            FolderError: when the folder does not exist.
            FileError: when the file cannot be written for another reason.
        """
        from textattr.renderers.files import as_path, replace_file

        path = as_path(path)
        match path.suffix.lower():
            case ".html":
                from textattr.renderers.report import write_report

                write_report(self._this, path, title=path.stem)
            case ".json":
                from textattr.renderers.dictionary import format_as_dict

                replace_file(path, json.dumps(format_as_dict(self._this), allow_nan=False) + "\n")
            case ".csv":
                from textattr.renderers.csv_table import format_as_csv

                replace_file(path, format_as_csv(self._this))
            case other:
                raise OptionError(
                    f"save: expected a path that ends in .html, .json or .csv; got {other or str(path)!r}"
                )

    def __str__(self) -> str:
        from textattr.renderers.text import format_for_stdout

        return format_for_stdout(self._this)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """What Jupyter shows; `include` and `exclude` are its own wishes for mime types."""
        from textattr.renderers.html import format_as_html

        forms: dict[str, Callable[[Any], str]] = {"text/plain": str, "text/html": format_as_html}
        return {
            mime: form(self)
            for mime, form in forms.items()
            if (not include or mime in include) and mime not in (exclude or ())
        }


@dataclass(frozen=True, eq=False)
class Explanation(_Shown, _Plain):
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
        checks: what was compared with the model's own answer, and how far it was off.
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
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, "options")

    def __repr__(self) -> str:
        targets = ", ".join(f"{t.label!r} {t.score:.4g}" for t in self.targets)
        document = self.document if len(self.document) <= 60 else self.document[:59] + "…"
        return visible_line(f"Explanation({document!r}: {targets}; {self.title}, {len(self.tokens)} tokens)")


@dataclass(frozen=True, eq=False)
class MultiTextExplanation(_Shown, _Plain):
    """Why a model of several texts decided as it did: `explanation["premise"]` is the part that one text has in it.

    The weights of all texts are on one common scale; `texts` maps each text's name to its [Explanation][], the other
    fields are those of an `Explanation`.
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
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, "options", "texts")

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
