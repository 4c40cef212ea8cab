"""What was found out about a model, as frozen, plain data: `dataclasses.asdict` makes JSON of it."""

from __future__ import annotations

from dataclasses import dataclass

from textattr.comparison import Comparison


@dataclass(frozen=True)
class File:
    """Where a model comes from.

    Args:
        path: of the file, as it was given.
        kind: ".keras" or ".h5", by what is in it.
        saved_by: the version of Keras that wrote it; empty where it does not say.
    """

    path: str
    kind: str
    saved_by: str


@dataclass(frozen=True)
class Table:
    """Where ids become vectors.

    Args:
        layer: its path; None for a bare `tf.gather`.
        rows: how many ids it knows; None where it does not say.
        size: how many numbers a vector has; None where that is not known.
    """

    layer: str | None
    rows: int | None
    size: int | None


@dataclass(frozen=True)
class Text:
    """An input that is read as text.

    Args:
        name: of the input; None where there is only one text.
        reads: "ids", "strings", "vectors", or "features", which are no text but numbers that are shown one by one.
        length: the only number of positions that it takes; None where it takes several.
        longest: the largest number of tokens that it takes; None where no limit was met.
        tables: the tables that it is looked up in; none where it holds vectors or features, or is only counted.
        mask: the layer or input that tells which tokens are padding; None where nothing does.
    """

    name: str | None
    reads: str
    length: int | None = None
    longest: int | None = None
    tables: tuple[Table, ...] = ()
    mask: str | None = None


@dataclass(frozen=True)
class OtherInput:
    """An input that is no text.

    Args:
        name: its name.
        has_share: whether its relevance is reported, as a share beside the tokens.
    """

    name: str
    has_share: bool


@dataclass(frozen=True)
class Output:
    """How an output is read.

    Args:
        name: None for an only one.
        task: "binary", "multiclass", "multilabel" or "regression".
        units: how many numbers it has per document, or per token.
        activation: what is taken off to get the logits; None where there is nothing to take off.
        is_probability: whether no logits are found before it, so that the probability itself is explained.
        labels: the names of the classes.
        notes: what had to be guessed.
        is_per_token: whether each token has scores of its own.
    """

    name: str | None
    task: str
    units: int
    activation: str | None
    is_probability: bool
    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()
    is_per_token: bool = False


@dataclass(frozen=True)
class Trial:
    """A method that was tried.

    Args:
        method: its name in `textattr.METHODS`.
        error: why it does not work; None where it does.
        cautions: what to know before believing it on a model of this kind.
    """

    method: str
    error: str | None = None
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timing:
    """How long one explanation takes with the method that "auto" chooses, in seconds.

    Args:
        first: the first call, in which the model is looked at and compiled.
        second: the next one.
    """

    first: float
    second: float


@dataclass(frozen=True)
class Diagnosis:
    """What was found out about a model; what comes after a `problem` was not looked at.

    Args:
        model: its name.
        family: what it is made of, such as "Keras 3.12.0".
        file: where it comes from; None for a model that was not loaded from a file.
        texts: what is read as text.
        others: its other inputs.
        outputs: how its outputs are read.
        checks: what was compared with the model's own answer.
        is_independent: whether the documents of a batch leave each other alone; None where that was not seen.
        timing: how long it takes; None where that method does not work.
        trials: each method, tried on one document.
        problem: why the model cannot be explained at all; None where it can be.
    """

    model: str
    family: str
    file: File | None = None
    texts: tuple[Text, ...] = ()
    others: tuple[OtherInput, ...] = ()
    outputs: tuple[Output, ...] = ()
    checks: tuple[Comparison, ...] = ()
    is_independent: bool | None = None
    timing: Timing | None = None
    trials: tuple[Trial, ...] = ()
    problem: str | None = None
