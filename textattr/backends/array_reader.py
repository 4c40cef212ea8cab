"""Documents that are arrays: ids, vectors, features, words; and what stands at each of their positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.token_names import names_of
from textattr.checks import shown
from textattr.document import Document, TextPart
from textattr.errors import DocumentError
from textattr.tokenizers.checks import are_whole, as_bytes

Array = npt.NDArray[Any]


def input_array(value: Any, name: str) -> Array:
    """One input of several, which is no text: numbers, or strings for a model that takes them."""
    array = _array(value, "numbers or a text", f" for the input {name!r}")
    if array.dtype == object and not all(isinstance(each, str) for each in array.reshape(-1)):
        raise DocumentError(f"expected numbers or a text for the input {name!r}, got {type(value).__name__}")
    if array.dtype.kind not in "biufUSO":
        raise DocumentError(f"expected numbers or a text for the input {name!r}, got {shown(value)}")
    if array.size == 0:
        raise DocumentError(f"expected at least one token for the input {name!r}, got an empty document")
    return array


def _array(value: Any, wanted: str, where: str = "") -> Array:
    """What a user passed, as an array."""
    try:
        return np.asarray(value)
    except Exception as error:  # arrays of other libraries raise what they like, as tensors on another device
        uneven = isinstance(value, list | tuple) and isinstance(error, ValueError)
        got = "rows of different length" if uneven else f"what cannot be made an array ({error})"
        raise DocumentError(f"expected {wanted}, got {got}{where}: {shown(value)}") from error


def from_words(doc: Any, tokens: Any, rank: int, where: str) -> Document:
    """One string for each token, which the model looks up as it is."""
    array = (
        np.asarray([], object)
        if isinstance(doc, str)
        else _array(doc, "a list of words", where).astype(object)
    )
    array = array[0] if array.ndim == rank + 1 and len(array) == 1 else array
    if array.ndim != rank or not array.size or not all(isinstance(word, str) for word in array.reshape(-1)):
        raise DocumentError(
            f"expected a list of words{where}, one string for each token that the model looks up, got "
            f"{type(doc).__name__}: {shown(doc)}"
        )
    words = [str(word) for word in array.reshape(-1)]
    for word in words:
        as_bytes(word)
    names = tuple(words) if tokens is None else names_of(tokens, len(words), None)
    return Document(array, {None: TextPart(names, between=" ")})


def from_numbers(doc: Any, tokens: Any, rank: int | None) -> Document:
    """An only input, of numbers.

    Args:
        doc: ids, vectors or features, alone or in a batch of one.
        tokens: one string per position.
        rank: how many axes the input has without the batch; None where the model does not say.
    """
    if isinstance(doc, set) or doc is None:
        raise DocumentError(f"expected a text, ids (T,) or an Encoding, got {type(doc).__name__}")
    array = _array(doc, "a text, ids (T,) or an Encoding")
    if array.dtype.kind == "U":
        raise DocumentError(
            f"expected a text, ids or an Encoding, got a list of strings: {shown(doc)}. For one text pass the string "
            "itself, for several call explain_many"
        )
    if array.dtype.kind not in "iuf" and array.size:
        raise DocumentError(
            f"expected a text, ids (T,) or an Encoding, got {type(doc).__name__}: {shown(doc)}"
        )
    if rank is None:  # the model does not say: whole numbers are ids (T,), others vectors (T, D)
        rank = 1 if array.ndim < 3 and are_whole(array) else 2
    if array.ndim == rank + 1 and len(array) == 1:
        array = array[0]
    elif array.ndim == rank + 1 and len(array) > 1:
        raise batch_of(array)
    if array.size == 0:
        raise DocumentError("expected at least one token, got an empty document")
    if array.ndim != rank or rank not in (1, 2):
        wanted = {1: "ids of shape (T,)", 2: "vectors of shape (T, D) or ids (sentences, words)"}.get(
            rank, "a text"
        )
        got = (
            f"shape {array.shape}"
            if array.ndim
            else f"the single number {array}: a document is a list of them"
        )
        raise DocumentError(f"expected {wanted}, got {got}")
    return Document(array, {None: part_of(array, tokens)})


def batch_of(array: Array) -> DocumentError:
    """What to raise for several documents where one is expected."""
    return DocumentError(
        f"expected one document, got a batch of {len(array)} (shape {array.shape}): call "
        "Explainer(...).explain_many for several"
    )


def part_of(array: Array, tokens: Any) -> TextPart:
    """The positions of an array: ids (T,) or (S, W), features (F,), or vectors (T, D)."""
    is_ids = array.dtype.kind in "iu" or array.ndim == 1 and are_whole(array)
    ids = array.astype(np.int64).reshape(-1) if is_ids else None
    count = array.size if is_ids or array.ndim == 1 else len(array)
    sentences = len(array) if is_ids and array.ndim == 2 else None
    return TextPart(names_of(tokens, count, ids, sentences), ids, between=" " if tokens is None else None)


_MOST_AXES = 4  # of an array, or of lists in lists, that hold one text


def one_string(value: Any) -> str | None:
    """The string in an array of one string, or a string; None for everything else."""
    if isinstance(value, str):
        return value
    for _ in range(_MOST_AXES):
        if isinstance(value, np.ndarray) and value.size == 1:
            value = value.item()
        elif isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
    return str(value) if isinstance(value, str) else None


def filled_with(text: str, shape: Sequence[int]) -> Array:
    """An array of one text again and again, which keeps NUL at its end, as `numpy.full` does not."""
    array = np.empty(shape, dtype=object)
    array.fill(text)
    return array
