"""What a function of texts answers, checked and remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import shown
from textattr.errors import ModelOutputError, TargetError

Array = npt.NDArray[Any]

_SHOWN = 4000  # characters of texts in a note


class Asker:
    """A function of texts whose answers are checked: number and labels of the classes stay those of the first one.

    Args:
        ask: a list of texts -> scores (N,) or (N, K), or for each text a list of `{label, score}`.
        batch_size: the most texts in one call.
    """

    def __init__(self, ask: Callable[[list[str]], Any], batch_size: int) -> None:
        self._ask = ask
        self._batch_size = batch_size
        self.labels: tuple[str, ...] | None = None
        self._columns: int | None = None

    def __call__(self, texts: Sequence[str]) -> Array:
        """The scores of texts, float64 (N, K), `batch_size` at a time.

        Raises:
            ModelOutputError: for an answer that is none: NaN, not one row per text, another number of classes.
        """
        batches = [texts[i : i + self._batch_size] for i in range(0, len(texts), self._batch_size)]
        return np.concatenate([self._checked(list(batch)) for batch in batches])

    def _checked(self, batch: list[str]) -> Array:
        try:
            answer = self._ask(list(batch))
        except Exception as error:
            error.add_note(f"textattr called it for the scores of {_shown(batch)}")
            raise
        scores = self._labelled(answer, batch) if _is_labelled(answer) else _as_array(answer, batch)
        if np.isnan(scores).any():  # infinity is judged where it is shown: it may be that of another class
            text = batch[int(np.isnan(scores).any(axis=1).argmax())]
            raise ModelOutputError(f"expected a number for each class, got NaN for the text {text!r}")
        if self._columns is not None and scores.shape[1] != self._columns:
            raise ModelOutputError(
                f"expected {self._columns} scores for each text, as before, got {scores.shape[1]} for {_shown(batch)}"
            )
        self._columns = scores.shape[1]
        return scores

    def _labelled(self, answer: Any, batch: list[str]) -> Array:
        """Lists of `{label, score}` as an array, the classes in the order of their names."""
        rows = list(answer)
        if all(isinstance(row, dict) for row in rows):
            raise ModelOutputError(
                "expected for each text the scores of all labels, got one label alone: make the pipeline with "
                "top_k=None"
            )
        _require_rows(len(rows), batch)
        given = [{str(each["label"]): float(each["score"]) for each in row} for row in rows]
        if self.labels is None:
            self.labels = tuple(sorted(given[0], key=_natural))
        for text, row in zip(batch, given, strict=True):
            if set(row) != set(self.labels):
                raise ModelOutputError(
                    f"expected the labels {', '.join(self.labels)}, as before, got {', '.join(row)} for the text "
                    f"{text!r}: make the pipeline with top_k=None, so that it always tells all of them"
                )
        return np.array([[row[label] for label in self.labels] for row in given])


class ScoreCache:
    """The scores of the texts of one batch of documents and of their parts: none is scored twice."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._known: dict[str, Array] = {}

    def __call__(self, texts: Sequence[str]) -> Array:
        """The scores of texts, float64 (N, K); the model is called for those that are not known yet."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._asker(new), strict=True))
        return np.array([self._known[text] for text in texts])


def one_per_text(given: Any, texts: Sequence[str]) -> Array:
    """What a user's function in `targets=` made of the scores of texts, as float64 (N,).

    Raises:
        TargetError: for anything but one finite number per text.
    """
    expected = "expected of the function in targets= one score per text, an array of shape (texts,), got"
    try:
        value = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise TargetError(f"{expected} {type(given).__name__}: {shown(given)}") from error
    if value.shape != (len(texts),):
        raise TargetError(f"{expected} shape {value.shape}")
    if not np.isfinite(value).all():
        wrong = int(np.argmin(np.isfinite(value)))
        raise TargetError(
            f"expected finite scores of the function in targets=, got {value[wrong]} for the text {shown(texts[wrong])}"
        )
    return value


def _is_labelled(answer: Any) -> bool:
    if not isinstance(answer, list | tuple) or not answer:
        return False
    first = answer[0]
    inner = first[0] if isinstance(first, list | tuple) and first else first
    return isinstance(inner, dict) and {"label", "score"} <= set(inner)


def _as_array(answer: Any, batch: list[str]) -> Array:
    expected = "expected scores of shape (texts,) or (texts, classes), or for each text a list of {label, score}, got "
    try:
        scores = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelOutputError(f"{expected}{type(answer).__name__}: {_start(answer)}") from error
    if scores.ndim == 0:
        raise ModelOutputError(f"{expected}the single number {scores}: return one row per text")
    _require_rows(len(scores), batch)
    if scores.ndim not in (1, 2) or not scores.size:
        raise ModelOutputError(f"{expected}shape {scores.shape}")
    return scores.reshape(len(scores), -1)


def _require_rows(count: int, batch: list[str]) -> None:
    if count != len(batch):
        raise ModelOutputError(
            f"expected one row of scores per text, got {count} for {len(batch)} texts: {_shown(batch)}"
        )


def _natural(label: str) -> tuple[Any, ...]:
    """Sorts LABEL_10 behind LABEL_9."""
    head = label.rstrip("0123456789")
    return head, int(label[len(head) :] or -1)


def _shown(batch: list[str]) -> str:
    """As many of the texts as fit into a message."""
    shown: list[str] = []
    for text in batch:
        if shown and sum(map(len, shown)) + len(text) > _SHOWN:
            break
        shown.append(repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…"))
    more = f" and {len(batch) - len(shown)} more" if len(shown) < len(batch) else ""
    return f"{'the text' if len(batch) == 1 else f'{len(batch)} texts,'} {', '.join(shown)}{more}"


def _start(answer: Any) -> str:
    text = repr(answer)
    return text if len(text) <= 80 else text[:79] + "…"
