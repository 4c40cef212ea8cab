"""`Windows`: how texts that are longer than a model reads are cut, and how what it says of the windows is joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.backend import Answer, Attributed, Job
from textattr.checks import shown, whole_number
from textattr.document import WindowedDocument
from textattr.errors import OptionError, TargetError
from textattr.methods import METHODS
from textattr.methods.method import option_names
from textattr.pipeline.over_windows import averaged
from textattr.targets.head import Head
from textattr.targets.target import Class

Array = npt.NDArray[Any]
Join = str | Callable[[Array], Any]

_JOINS: Mapping[str, Callable[[Array], Array]] = {
    "mean": lambda numbers: np.asarray(numbers.mean(0)),
    "max": lambda numbers: np.asarray(numbers.max(0)),
}


@dataclass(frozen=True)
class Windows:
    """Settings of an explainer.

    Args:
        size: how many positions a window has, special tokens included.
        stride: how many tokens a window begins behind the one before; None: half of those that it holds.
        join: "mean", "max", or a function from the scores of all windows, float (windows, classes), to the joined
            ones, float (classes,).
    """

    size: int
    stride: int | None = None
    join: Join = "mean"

    def note(self, document: WindowedDocument, *, has_baseline: bool) -> str:
        """What the reader should know of a document that was cut."""
        count = len({int(i) for at in document.positions for i in at if i >= 0})
        join = f"{self.join} of theirs" if isinstance(self.join, str) else "one that join= makes of theirs"
        rest = (
            ", and need not sum to the score less that of the baseline: what is left is the share 'windows'"
            if has_baseline
            else ""
        )
        where = "the text" if document.text is None else document.text
        return (
            f"{where} has {count} tokens, and was read in {len(document.windows)} windows of {self.size}: the "
            f"prediction is the {join}; weights are means over the windows that a token lies in{rest}"
        )

    def answer(self, head: Head, answers: Sequence[Answer]) -> Answer:
        """What the model says of a document, from what it says of its windows."""
        if head.is_per_token:
            raise TargetError(
                "window= joins scores of whole documents, and here each token has scores of its own: explain the text "
                "in parts, one by one"
            )
        scores = self._classes(np.stack([each.scores for each in answers]), head)
        given = [each.probabilities for each in answers if each.probabilities is not None]
        probabilities = self._classes(np.stack(given), head) if len(given) == len(answers) else None
        if probabilities is not None and not ((probabilities >= 0) & (probabilities <= 1)).all():
            raise OptionError(
                "expected of the function in join= probabilities for probabilities, between 0 and 1, got "
                f"{shown(probabilities.tolist())}"
            )
        numbers = scores if probabilities is None else probabilities
        if head.task == "regression" or probabilities is None and not head.is_one_unit:
            return Answer(scores, probabilities, int(numbers.argmax()))
        best = head.predicted(probabilities) if probabilities is not None else int(scores[1] >= scores[0])
        return Answer(scores, probabilities, best)

    def attributed(
        self, document: WindowedDocument, job: Job, head: Head, kind: str, found: Sequence[Attributed]
    ) -> Attributed:
        """One target of a document, from what was found for it in each window.

        Args:
            document: the document.
            job: the target.
            head: what the output means.
            kind: the kind of score that is explained.
            found: one for each window.
        """
        answer = self.answer(head, [each.answer for each in found])
        value = self._value(job, head, kind, found, answer)
        return averaged(document, job, value, answer, found)

    def _value(self, job: Job, head: Head, kind: str, found: Sequence[Attributed], answer: Answer) -> float:
        """The joined score of a target: that of its class, or of a function or contrast the one joined for itself."""
        values = np.array([each.value for each in found])
        selector = job[1].selector
        joined = (
            answer.probabilities if kind == "probability" and head.task != "regression" else answer.scores
        )
        if isinstance(selector, Class) and joined is not None:
            of_class = [
                each.answer.scores if joined is answer.scores else each.answer.probabilities for each in found
            ]
            own = np.array([each[selector.index] for each in of_class if each is not None])
            if np.allclose(own, values, rtol=1e-4, atol=1e-6):
                return float(joined[selector.index])
        return float(self._join(values[:, None])[0])

    def _classes(self, numbers: Array, head: Head) -> Array:
        """Numbers of each window and class, (W, C), joined; of one unit that stands for two classes, its own."""
        if not head.is_one_unit:
            return self._join(numbers)
        positive = self._join(numbers[:, 1:])
        both = numbers[:1].sum()  # 1 for probabilities, 0 for a score and its negative
        return np.concatenate([both - positive, positive])

    def _join(self, numbers: Array) -> Array:
        """(W, C) -> (C,)."""
        if isinstance(self.join, str):
            return _JOINS[self.join](numbers)
        wanted = (
            f"expected join= as a function of the scores of all windows, here {numbers.shape}, that returns one of "
            "each class"
        )
        try:
            joined = np.asarray(self.join(numbers.copy()), float)
        except Exception as error:  # a user's function raises what it likes
            raise OptionError(
                f"{wanted}, but it raised {type(error).__name__}: {shown(str(error))}"
            ) from error
        if joined.shape != numbers.shape[1:] or not np.isfinite(joined).all():
            got = f"shape {joined.shape}" if joined.shape != numbers.shape[1:] else shown(joined.tolist())
            raise OptionError(f"{wanted}, {numbers.shape[1:]}, all finite; got {got}")
        return joined


def windows_and_options(
    method: Any, window: Any, stride: Any, join: Any
) -> tuple[Windows | None, dict[str, Any]]:
    """What `window=`, `stride=` and `join=` mean beside a method: windows of the document, and options of the method.

    Of a method by its name that has options called so, as occlusion has, they are its own.

    Args:
        method: as the user gave it.
        window: as the user gave it.
        stride: likewise.
        join: likewise.

    Raises:
        OptionError: for settings that cannot be used, and a `join` of windows that are the method's own.
    """
    kind = None
    if isinstance(method, str):
        kind = METHODS.get(method)
    known = () if kind is None else option_names(kind)
    given = {"window": window, "stride": stride}
    own = {each: value for each, value in given.items() if value is not None and each in known}
    if not own:
        return checked_windows(window, stride, join), {}
    assert kind is not None
    if not _is_default(join):
        raise OptionError(
            f"{'= and '.join(own)}= are options of {kind.name}, and join= joins windows of the document: for these "
            f"pass method=textattr.methods.{kind.__name__}()"
        )
    return None, own


def checked_windows(window: Any, stride: Any, join: Any) -> Windows | None:
    """The settings `window`, `stride` and `join`; None where texts are not cut.

    Raises:
        OptionError: for anything that is none.
    """
    if not callable(join) and not (isinstance(join, str) and join in _JOINS):
        offer = "choose 'mean', 'max', or give a function of the scores (windows, classes)"
        raise OptionError(f"unknown join {shown(join)}: {offer}")
    if window is None:
        given = "stride=" if stride is not None else None if _is_default(join) else "join="
        if given is not None:
            advice = "say how many tokens the model is to read at a time"
            raise OptionError(f"{given} goes with window=: {advice}")
        return None
    size = whole_number("window", window)
    step = None if stride is None else whole_number("stride", stride)
    if step is not None and step > size:
        raise OptionError(f"stride {step} is larger than window {size}: it would skip tokens")
    return Windows(size, step, join)


def _is_default(join: Any) -> bool:
    return isinstance(join, str) and join == "mean"
