"""What may be passed as `tokenizer=`, what to write instead of what may not, and the call itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike

from textattr.checks import shown
from textattr.errors import TokenizerError
from textattr.tokenizers.encoding import Encoding, Tokenizer
from textattr.tokenizers.text_vectorization import FromTextVectorization, is_text_vectorization

_KERAS_IMDB = {"the": 1, "and": 2, "a": 3, "of": 4}


def require_tokenizer(tokenizer: object) -> Tokenizer:
    """Pass a tokenizer through, and make one of a Keras `TextVectorization` layer.

    A vocabulary alone is refused: its unknown id, its offset and its padding would have to be guessed, and a wrong
    guess gives wrong predictions without a word.

    Raises:
        TokenizerError: for everything that cannot be called with a text, and for a layer that counts words; the
            message says what to write instead.

    Example:
        >>> require_tokenizer({"good": 2})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        textattr.errors.TokenizerError: ...: write textattr.Words(vocabulary, unknown=<id>)
    """
    if isinstance(tokenizer, type):
        raise _refusal(
            f"the class {tokenizer.__name__}", f"write {tokenizer.__name__}(...) with its arguments"
        )
    if is_text_vectorization(tokenizer):
        return FromTextVectorization(tokenizer)
    if isinstance(tokenizer, Mapping):
        advice = "write textattr.Words(vocabulary, unknown=<id>)"
        if _KERAS_IMDB.items() <= tokenizer.items():
            advice += ", or textattr.Words.keras_imdb(vocabulary) for Keras' IMDB data, as which it begins"
        raise _refusal(
            f"a dict of {len(tokenizer)} entries, which does not say what unknown words become", advice
        )
    if isinstance(tokenizer, str | PathLike):
        raise _refusal(
            shown(tokenizer),
            "for a file with one word a line write "
            "textattr.Words(textattr.tokenizers.vocabulary.read_vocabulary(path), unknown=<id>)",
        )
    if isinstance(tokenizer, Sequence):
        raise _refusal(
            f"a {type(tokenizer).__name__} of {len(tokenizer)} entries",
            "where these are a vocabulary, write textattr.Words(vocabulary, unknown=<id>); "
            "where these are the tokens of one document, pass them as tokens=",
        )
    if not isinstance(tokenizer, Tokenizer):
        raise _refusal(
            f"{type(tokenizer).__name__}, which cannot be called",
            "write a function f(text, *, length=None) that returns a textattr.Encoding",
        )
    return tokenizer


def encode(tokenizer: object, text: str, *, length: int | None) -> Encoding:
    """What a tokenizer makes of a text; `length` is what the model's input has, for tokenizers that take it.

    Raises:
        TokenizerError: for what is no tokenizer, takes no text, or returns something else.
    """
    call: Callable[..., object] = require_tokenizer(tokenizer)
    options = {"length": length}
    try:
        signature = inspect.signature(call)
    except ValueError:  # written in C, and tells nothing
        pass
    else:
        if not _binds(signature, text, **options):
            options = {}
            if not _binds(signature, text):
                raise _refusal(
                    f"{shown(tokenizer)} with the arguments {signature}", "one text is all it is called with"
                )
    return _checked(call(text, **options), text)


def encode_all(tokenizer: object, texts: Sequence[str], *, length: int | None) -> list[Encoding]:
    """What a tokenizer makes of several texts: by one call of its `encode_many` where it has one, else one by one.

    Args:
        tokenizer: the tokenizer; its `encode_many(texts, *, length=None)` gives a list of one `Encoding` per text.
        texts: the texts.
        length: as for `encode`.

    Raises:
        TokenizerError: as for `encode`; for an `encode_many` that gives more or fewer encodings than it got texts.
    """
    call = require_tokenizer(tokenizer)
    many = getattr(call, "encode_many", None)
    if not callable(many):
        return [encode(call, text, length=length) for text in texts]
    encodings = list(many(texts, length=length))
    if len(encodings) != len(texts):
        raise TokenizerError(
            f"expected {len(texts)} encodings from encode_many of {shown(tokenizer)}, one for each text, got "
            f"{len(encodings)}"
        )
    return [_checked(encoding, text) for encoding, text in zip(encodings, texts, strict=True)]


def _checked(encoding: object, text: str) -> Encoding:
    """Pass an `Encoding` through, with the text that it was made of where that is not its own."""
    if not isinstance(encoding, Encoding):
        raise TokenizerError(
            f"expected an Encoding from the tokenizer, got {type(encoding).__name__}: {shown(encoding)}; wrap it in a "
            "function f(text, *, length=None) that returns a textattr.Encoding"
        )
    return encoding if encoding.text == text else replace(encoding, original=text)


def _binds(signature: inspect.Signature, *given: object, **options: object) -> bool:
    try:
        signature.bind(*given, **options)
    except TypeError:
        return False
    return True


def _refusal(received: str, advice: str) -> TokenizerError:
    return TokenizerError(f"tokenizer= takes a text and returns an Encoding, got {received}: {advice}")
