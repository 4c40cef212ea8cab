"""`load`: a demo model with its tokenizer, labels, model card and example sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from textattr.errors import UnknownModelError
from textattr.loading import load_model
from textattr.tokenizers.vocabulary import read_vocabulary
from textattr.tokenizers.words import Words

NAMES = ("sentiment", "topics")

_MODELS = Path(__file__).parent / "models"


class Example(NamedTuple):
    """A sentence for a demo model, with what is right and what the model says, which may differ."""

    text: str
    truth: str
    predicted: str


@dataclass(frozen=True, eq=False)
class Demo:
    """A trained classifier and all that is needed to explain it.

    `model` is a Keras model that takes ids (B, T) of any length T >= 1, and `tokenizer` makes these; `labels` are
    the names of its classes in order; `card` is the model card in Markdown: data, licence, accuracy, limits.
    """

    name: str
    model: Any = field(repr=False)
    tokenizer: Words
    labels: tuple[str, ...]
    card: str = field(repr=False)
    examples: tuple[Example, ...] = field(repr=False)


def load(name: str = "sentiment") -> Demo:
    """Load a classifier that ships with textattr.

    "sentiment" reads a sentence about a film as praise or blame: a convolutional network with one sigmoid unit.
    "topics" sorts news into World, Sports, Business and Sci/Tech: a bidirectional LSTM with masks and a softmax.

    Raises:
        UnknownModelError: for another name.
        MissingExtraError: when TensorFlow is not installed.

    Example:
        >>> demo = load("sentiment")
        >>> demo  # doctest: +ELLIPSIS
        Demo(name='sentiment', tokenizer=Words(...splitting='words'), labels=('negative', 'positive'))
        >>> ids = demo.tokenizer("A clever, moving film.").ids
        >>> bool(demo.model(ids[None]) > 0.5)
        True
    """
    if name not in NAMES:
        raise UnknownModelError(f"the demo models are {' and '.join(map(repr, NAMES))}, got {name!r}")
    folder = _MODELS / name
    return Demo(
        name=name,
        model=load_model(folder / "model.keras"),
        tokenizer=Words(read_vocabulary(folder / "vocabulary.txt"), unknown=1, splitting="words"),
        labels=tuple((folder / "labels.txt").read_text(encoding="utf-8").splitlines()),
        card=(folder / "CARD.md").read_text(encoding="utf-8"),
        examples=tuple(
            Example(*row) for row in json.loads((folder / "examples.json").read_text(encoding="utf-8"))
        ),
    )
