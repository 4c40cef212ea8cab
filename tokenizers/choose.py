"""`require_tokenizer`: what may be passed as `tokenizer=`, and what to write instead of what may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike

from textattr.errors import TokenizerError
from textattr.tokenizers.encoding import Tokenizer
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
            f"{tokenizer!r}",
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


def _refusal(received: str, advice: str) -> TokenizerError:
    return TokenizerError(f"tokenizer= takes a text and returns an Encoding, got {received}: {advice}")
