"""The call of a tokenizer, whatever [wrap][] takes: with one text, with several, with several in one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from textattr.checks import shown
from textattr.errors import TextAttrError, TokenizerError
from textattr.tokenizers.choose import wrap
from textattr.tokenizers.encoding import Encoding, Packer


def encode(tokenizer: object, text: str, *, length: int | None, needs_ids: bool = True) -> Encoding:
    """What a tokenizer makes of a text.

    Args:
        tokenizer: whatever [wrap][] takes.
        text: the text.
        length: what the model's input has, for tokenizers that take it.
        needs_ids: whether the model reads ids; a model of texts only has to know where tokens stand.

    Raises:
        TokenizerError: for what is no tokenizer, takes no text, raises an error of its own, or returns something else.
    """
    wrapped = wrap(tokenizer)
    without_ids = None if needs_ids else getattr(wrapped, "without_ids", None)
    with _named_errors(wrapped):
        encoding = wrapped(text, length=length) if without_ids is None else without_ids(text)
    return _checked_encoding(encoding, text)


def encode_all(
    tokenizer: object, texts: Sequence[str], *, length: int | None, needs_ids: bool = True
) -> list[Encoding]:
    """What a tokenizer makes of several texts: by one call of its `encode_many` where it has one, else one by one.

    Args:
        tokenizer: the tokenizer; its `encode_many(texts, *, length=None)` gives a list of one `Encoding` per text.
        texts: the texts.
        length: as for `encode`.
        needs_ids: as for `encode`.

    Raises:
        TokenizerError: as for `encode`; for an `encode_many` that gives more or fewer encodings than it got texts.
    """
    wrapped = wrap(tokenizer)
    many = getattr(wrapped, "encode_many", None)
    if not callable(many):
        return [encode(wrapped, text, length=length, needs_ids=needs_ids) for text in texts]
    with _named_errors(wrapped):
        encodings = list(many(texts, length=length))
    if len(encodings) != len(texts):
        raise TokenizerError(
            f"expected {len(texts)} encodings from encode_many of {shown(tokenizer)}, one for each text, got "
            f"{len(encodings)}"
        )
    return [_checked_encoding(encoding, text) for encoding, text in zip(encodings, texts, strict=True)]


def pack(tokenizer: Packer, texts: Mapping[str, str], *, length: int | None) -> Encoding:
    """What a tokenizer makes of several texts in one row.

    Args:
        tokenizer: one that packs texts.
        texts: the texts by their names.
        length: as for `encode`.

    Raises:
        TokenizerError: as for `encode`.
    """
    with _named_errors(tokenizer):
        return tokenizer.pack(texts, length=length)


@contextmanager
def _named_errors(tokenizer: object) -> Iterator[None]:
    """Say that it is the tokenizer which raised an error: functions and libraries raise what they like."""
    try:
        yield
    except TextAttrError:
        raise
    except Exception as error:
        raise TokenizerError(
            f"the tokenizer {shown(tokenizer)} could not read the text: it raised {type(error).__name__}: "
            f"{shown(str(error))}"
        ) from error


def _checked_encoding(encoding: object, text: str) -> Encoding:
    """Pass an `Encoding` through, with the text that it was made of where that is not its own."""
    if not isinstance(encoding, Encoding):
        raise TokenizerError(
            f"expected an Encoding from the tokenizer, got {type(encoding).__name__}: {shown(encoding)}"
        )
    return encoding if encoding.text == text else replace(encoding, original=text)
