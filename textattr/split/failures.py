"""Why a model cannot run: where the length is to blame, shorter and longer texts are tried until one runs."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from textattr.errors import DocumentError, RuleError
from textattr.split.answer import answer
from textattr.split.family import tensorflow
from textattr.split.nests import leaves_of
from textattr.split.signature import specs

_LONGEST = 2048  # tokens that are tried
_HINTS = 8  # numbers of an error's message that are tried as lengths

Runs = Callable[[int], bool]


def reason_of(error: Exception) -> str:
    """What TensorFlow or Keras complains about, without the names of ops and the arguments of layers."""
    message = re.sub(
        r"\{\{.*?\}\}|\[Op:.*?\]( name:.*)?|\x1b\[\d*m", "", str(getattr(error, "message", error))
    )
    lines = [line.strip() for line in message.partition("Arguments received by")[0].splitlines()]
    sentences = [line for line in lines if line and not line.startswith(("[[", "Exception encountered"))]
    return sentences[-1] if sentences else type(error).__name__


def cannot_trace(inputs: Any, error: Exception) -> DocumentError:
    """What to raise where the model fails while TensorFlow makes a graph of it, which `model.predict` does as well."""
    shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves_of(inputs))
    return DocumentError(
        f"TensorFlow cannot make a graph of the model on inputs of shape {shapes}: {reason_of(error)}. See whether "
        "model.predict takes these inputs: what it cannot run cannot be explained"
    )


def no_gradient(error: LookupError) -> RuleError | None:
    """What to raise where TensorFlow cannot go back over an op of the model; None for what is no such error."""
    op = re.match(r"No gradient defined for operation.*\(op type: (\w+)\)", str(error), re.DOTALL)
    if op is None:
        return None
    return RuleError(
        f"TensorFlow has no gradient for the op {op[1]}, over which this method goes back: take one that only runs the "
        "model forward, method='occlusion', 'lime' or 'shapley_sampling'"
    )


@contextmanager
def says_what_runs(model: weakref.ref[Any], inputs: Any) -> Iterator[None]:
    """Say what a model can run on, where it cannot run on the inputs inside the `with`.

    Raises:
        DocumentError: instead of TensorFlow's error.
    """
    errors = tensorflow().errors
    try:
        yield
    except (errors.InvalidArgumentError, errors.AbortedError) as error:
        # a kernel that finds no room aborts
        shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves_of(inputs))
        raise wrong_length(model(), inputs, error) or DocumentError(
            f"the model cannot run on inputs of shape {shapes}. TensorFlow says: {reason_of(error)}"
        ) from error


def wrong_length(model: Any, inputs: Any, error: Exception) -> DocumentError | None:
    """The error to raise where a text is too long or too short for a model; None where its length is not to blame.

    Args:
        model: the Keras model.
        inputs: nest of arrays (R, T, ...) on which it could not run.
        error: what it raised.
    """
    text = _Text.of(model, inputs)
    if text is None or text.runs(text.length):
        return None
    reason = reason_of(error)
    had, reported = f"it has {text.length} {text.unit}", f"TensorFlow says: {reason}"
    longest = _nearest(text.runs, text.length, _shorter(text.length, reason))
    if longest is not None:
        bound = "at most" if longest > 1 and text.runs(longest - 1) else "exactly"
        in_windows = (
            "" if text.unit == "sentences" else f"window={longest} explains it in overlapping windows; "
        )
        return DocumentError(
            f"the text is too long for the model: {had}, and the model takes {longest} {bound}. Ways out: {in_windows}"
            f"{text.advice(longest)} cuts it; a shorter text. {reported}"
        )
    shortest = _nearest(text.runs, text.length, _longer(text.length, reason))
    if shortest is not None:
        bound = "at least" if text.runs(shortest + 1) else "exactly"
        return DocumentError(
            f"the text is too short for the model: {had}, and the model takes {shortest} {bound}. Fill it up with what "
            f"the model was trained to read as padding; {text.advice(shortest)} does so. {reported}"
        )
    return None


def longest(model: Any, inputs: Any) -> int | None:
    """How many tokens the model takes at most; None where it takes as many as are tried.

    Args:
        model: the Keras model.
        inputs: nest of arrays (R, T, ...) on which it runs.
    """
    text = _Text.of(model, inputs)
    if text is None or text.runs(_LONGEST):
        return None
    return _nearest(text.runs, _LONGEST, _shorter(_LONGEST, ""))


@dataclass(frozen=True, eq=False)
class _Text:
    """A text of any length for a model: the first token of the one that failed, over and over.

    Of other tokens one might be the culprit, and not the length.
    """

    model: Any
    inputs: Any
    length: int
    unit: str
    is_open: tuple[
        bool, ...
    ]  # for each input, whether it has an axis of positions of which there may be any number

    @classmethod
    def of(cls, model: Any, inputs: Any) -> _Text | None:
        tf = tensorflow()
        declared = tf.nest.flatten(specs(model, inputs, static=False))
        is_open = tuple(spec.shape.rank > 1 and spec.shape[1] is None for spec in declared)
        for leaf, has_positions in zip(leaves_of(inputs), is_open, strict=True):
            if leaf.dtype == object:
                words = str(leaf.reshape(-1)[0]).split()
                return cls(model, inputs, len(words), "words", is_open) if words else None
            if has_positions:
                ids_in_sentences = leaf.ndim > 2 and leaf.dtype.kind in "iu"
                unit = "sentences" if ids_in_sentences else "tokens"
                return cls(model, inputs, leaf.shape[1], unit, is_open)
        return None

    def advice(self, length: int) -> str:
        """What brings a text to that length."""
        return f"{'output_sequence_length' if self.unit == 'words' else 'a tokenizer with length'}={length}"

    def runs(self, length: int) -> bool:
        """Whether the model takes so many tokens."""
        tf = tensorflow()
        leaves = zip(tf.nest.flatten(self.inputs), self.is_open, strict=True)
        resized = [self._resized(leaf, length, is_open) for leaf, is_open in leaves]
        inputs = tf.nest.pack_sequence_as(self.inputs, resized)
        try:
            answer(self.model, inputs)
        except Exception:  # noqa: BLE001  (whatever the model raises: it does not run)
            return False
        return True

    def _resized(self, leaf: Any, length: int, is_open: bool) -> Any:
        tf = tensorflow()
        if leaf.dtype == object:
            word = str(leaf.reshape(-1)[0]).split()[:1]
            return tf.fill([1] * leaf.ndim, " ".join(word * length))
        if is_open and leaf.shape[1] == self.length:
            return tf.constant(np.repeat(leaf[:1, :1], length, axis=1))
        return tf.constant(leaf[:1])


def _nearest(runs: Runs, failing: int, tried: Iterator[int]) -> int | None:
    """The length nearest to a failing one that runs, on the side of those that are tried; None: none of them runs."""
    good = next((length for length in tried if runs(length)), None)
    if good is None:
        return None
    bad = failing
    while abs(bad - good) > 1:
        middle = (bad + good) // 2
        good, bad = (middle, bad) if runs(middle) else (good, middle)
    return good


def _shorter(length: int, reason: str) -> Iterator[int]:
    yield from (each for each in _hinted(length, reason) if each < length)
    while length > 1:
        length //= 2
        yield length


def _longer(length: int, reason: str) -> Iterator[int]:
    yield from (each for each in _hinted(length, reason) if each > length)
    while 2 * length <= _LONGEST:
        length *= 2
        yield length


def _hinted(length: int, reason: str) -> list[int]:
    """Lengths that the numbers of a message speak of, or that stand to this one as two of them stand to each other."""
    numbers = list(dict.fromkeys(int(each) for each in re.findall(r"\d{1,9}", reason)))[:_HINTS]
    scaled = [length * b // a for a in numbers for b in numbers if a and length * b % a == 0]
    hinted = {each for each in [*numbers, *scaled] if 0 < each <= _LONGEST and each != length}
    return sorted(hinted, key=lambda each: abs(each - length))[:_HINTS]
