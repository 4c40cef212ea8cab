"""A document on its way into the model: what goes in, and which token stands at which position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import DocumentError, TokenizerError, TokensError
from textattr.tokenizers.choose import require_tokenizer
from textattr.tokenizers.encoding import Encoding

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Document:
    """One document, ready for the model.

    Args:
        inputs: what the model takes for it, without a batch axis.
        tokens: one string per position, padding included.
        ids: int (T,), or None where the model was given vectors.
        encoding: where the tokens stand in the text; None where there is no text but the tokens themselves.
        special_ids: ids of the pad, unknown and mask tokens, as far as the tokenizer tells.
        warnings: what the reader of the explanation should know.
        between: what joins the tokens where there is no text; None: told from the tokens.
    """

    inputs: Any
    tokens: tuple[str, ...]
    ids: Array | None = None
    encoding: Encoding | None = None
    special_ids: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    between: str | None = None


def read_document(doc: Any, *, tokens: Any, tokenizer: Any, length: int | None) -> Document:
    """Understand one document as the user gave it.

    Args:
        doc: text, ids (T,) or (1, T), vectors (T, D) or (1, T, D), or an `Encoding`.
        tokens: one string per position, where `doc` is no text.
        tokenizer: turns a text into an `Encoding`.
        length: how many positions the model's input has; None: any.

    Raises:
        DocumentError: for an empty document, a batch, or something else altogether.
        TokenizerError: for a text without a tokenizer.
        TokensError: when tokens and ids are of different length.
    """
    if isinstance(doc, str):
        if tokens is not None:
            raise TokensError("tokens= belong to ids: with a text, pass tokenizer= instead")
        if tokenizer is None:
            raise TokenizerError(
                f"expected tokenizer= for the text {_short(doc)}: write "
                "tokenizer=textattr.Words(vocabulary, unknown=<id of unknown words>), or pass ids with tokens="
            )
        if not doc.strip():
            raise DocumentError(f"expected a text with at least one word, got {doc!r}")
        doc = require_tokenizer(tokenizer)(doc, length=length)
        if not isinstance(doc, Encoding):
            raise TokenizerError(f"expected an Encoding from the tokenizer, got {type(doc).__name__}")
    if isinstance(doc, Encoding):
        return _from_encoding(doc)
    return _from_numbers(doc, tokens)


def _from_encoding(encoding: Encoding) -> Document:
    if not len(encoding) or all(encoding.special or ()):
        raise DocumentError(f"expected a text with at least one token, got none in {_short(encoding.text)}")
    named = {"pad": encoding.pad_id, "unknown": encoding.unknown_id, "mask": encoding.mask_id}
    special_ids = {name: value for name, value in named.items() if value is not None}
    warnings = []
    if encoding.untruncated_length is not None:
        warnings.append(
            f"the text was truncated: it has {encoding.untruncated_length} tokens, the model reads {len(encoding)}"
        )
    words = [i for i, special in zip(encoding.ids, encoding.special or (), strict=True) if not special]
    if "unknown" in special_ids and all(i == special_ids["unknown"] for i in words):
        warnings.append("none of the words is in the vocabulary: the model saw unknown tokens only")
    inputs = encoding.ids if encoding.inputs is None else dict(encoding.inputs)
    return Document(inputs, tuple(encoding.tokens), encoding.ids, encoding, special_ids, tuple(warnings))


def _from_numbers(doc: Any, tokens: Any) -> Document:
    if isinstance(doc, Mapping | set) or doc is None:
        raise DocumentError(f"expected a text, ids (T,) or an Encoding, got {type(doc).__name__}")
    try:
        array = np.asarray(doc)
    except ValueError as error:
        raise DocumentError(f"expected ids (T,) of one document, got rows of different length: {_short(doc)}") from error
    if array.dtype.kind == "U":
        raise DocumentError(
            f"expected a text, ids or an Encoding, got a list of strings: {_short(doc)}. For one text pass the string "
            "itself, for several call explain_many"
        )
    if array.dtype.kind not in "iuf" and array.size:
        raise DocumentError(f"expected a text, ids (T,) or an Encoding, got {type(doc).__name__}: {_short(doc)}")
    whole = array.dtype.kind in "iu" or array.ndim < 3 and bool(np.all(array == np.round(array)))
    if array.ndim == (2 if whole else 3) and len(array) == 1 and array.ndim > 1:
        array = array[0]
    elif array.ndim == (2 if whole else 3) and len(array) > 1:
        raise DocumentError(
            f"expected one document, got a batch of {len(array)} (shape {array.shape}): call "
            "Explainer(...).explain_many for several"
        )
    if array.size == 0:
        raise DocumentError("expected at least one token, got an empty document")
    if array.ndim not in (1, 2):
        raise DocumentError(f"expected ids of shape (T,) or vectors of shape (T, D), got shape {array.shape}")
    ids = array.astype(np.int64) if array.ndim == 1 else None
    names = _names(tokens, len(array), ids)
    inputs = array.astype(np.float32) if ids is None else ids
    return Document(inputs, names, ids, between=" " if tokens is None else None)


def _names(tokens: Any, count: int, ids: Array | None) -> tuple[str, ...]:
    if tokens is None:
        return tuple(str(i) for i in (range(count) if ids is None else ids))
    if isinstance(tokens, str):
        raise TokensError(f"expected tokens= as a list of strings, got one string: {_short(tokens)}; write list(...)?")
    if isinstance(tokens, np.ndarray):
        tokens = tokens.tolist()
    if len(tokens) == 1 and isinstance(tokens[0], Sequence) and not isinstance(tokens[0], str):
        tokens = tokens[0]  # a batch axis of 1
    if len(tokens) != count:
        raise TokensError(f"expected one token per id: got {len(tokens)} tokens and {count} ids")
    wrong = [token for token in tokens if not isinstance(token, str)]
    if wrong:
        raise TokensError(f"expected tokens as strings, got {wrong[0]!r} ({type(wrong[0]).__name__})")
    return tuple(str(token) for token in tokens)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
