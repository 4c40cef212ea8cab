"""What may be passed as `tokenizer=`, and what to write instead of what may not."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import Any, Protocol, cast, runtime_checkable

from textattr.checks import shown
from textattr.errors import OptionError, TokenizerError
from textattr.tokenizers.encoding import Encoding, Packer, Tokenizer
from textattr.tokenizers.splitting import RULES

_KERAS_IMDB = {"the": 1, "and": 2, "a": 3, "of": 4}
_WORDS = "textattr.Words(vocabulary, unknown=<id>, splitting=<rule>)"
_RULES = f"""splitting= is the rule that the vocabulary was made with: {", ".join(map(repr, RULES))} or a pattern"""


@dataclass(frozen=True)
class Kind:
    """One kind of tokenizer that is wrapped.

    Args:
        what: what it is called in a message.
        recognises: whether an object is one; imports no library.
        module: the module in this folder that wraps it.
        wrapper: the class in that module, whose first field is the object and whose others are options of `wrap`.
    """

    what: str
    recognises: Callable[[object], bool]
    module: str
    wrapper: str


@runtime_checkable
class _Batched(Protocol):
    """A tokenizer that encodes several texts in one call."""

    def encode_many(self, texts: Sequence[str], *, length: int | None = None) -> list[Encoding]:
        """Encode several texts."""
        ...


def wrap(tokenizer: Any, **options: Any) -> Tokenizer:
    """The tokenizer that textattr reads texts with: one call, from a text to an `Encoding`.

    Every `tokenizer=` goes through here. Call it yourself to pass options:

    - Keras' `TextVectorization`: none.
    - Keras 2's `Tokenizer`: `length`, `padding`, `truncating`, as `pad_sequences` was called with.
    - Hugging Face `tokenizers` and fast tokenizers of `transformers`: `length`, `padding`, `pad`.
    - SentencePiece's `SentencePieceProcessor`: `length`, `padding`, `pad`.
    - keras-hub tokenizers: `length`, `padding`, `pad`; its preprocessors: none.
    - tokenizers of tensorflow_text that give offsets: `vocabulary` and `unknown` where they give strings, `length`,
      `padding`, `pad`.
    - callables from a text to an `Encoding`, to `[(token, start, end)]`, to spaCy tokens or to `[token]`, with or
      without `length=`: `vocabulary` and `unknown` (needed where the model reads ids), `start`, `offset`, `length`,
      `padding`, `pad`, which mean what they do for [Words][].

    A vocabulary alone is refused: its splitting rule, its unknown id, its offset and its padding would have to be
    guessed, and a wrong guess gives wrong predictions without a word.

    Raises:
        TokenizerError: for an object of no known kind; the message says what to write instead.
        OptionError: for an option that this kind does not take.

    Example:
        >>> encoding = wrap(str.split, vocabulary={"so": 2, "good": 3}, unknown=1)("so  good")
        >>> encoding.ids.tolist(), encoding.offsets
        ([2, 3], ((0, 2), (4, 8)))
        >>> wrap({"good": 2})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        textattr.errors.TokenizerError: ...'words', 'keras_tokenizer', 'text_vectorization' or a pattern
    """
    if type(tokenizer).__module__.partition(".")[0] == "textattr":
        return _as_it_is(tokenizer, options)
    if isinstance(tokenizer, type):
        raise _refusal(
            f"the class {tokenizer.__name__}", f"write {tokenizer.__name__}(...) with its arguments"
        )
    for kind in KINDS:
        if kind.recognises(tokenizer):
            if kind.module == "callables" and not options and isinstance(tokenizer, Packer | _Batched):
                return cast(Tokenizer, tokenizer)  # more than a function: it was written for this
            wrapper = getattr(importlib.import_module(f"textattr.tokenizers.{kind.module}"), kind.wrapper)
            return cast(Tokenizer, wrapper(tokenizer, **_checked(kind, wrapper, options)))
    raise _refused(tokenizer)


def _as_it_is(tokenizer: Any, options: Mapping[str, Any]) -> Tokenizer:
    """A tokenizer of our own, with other options where some are given."""
    if isinstance(tokenizer, type):
        raise _refusal(
            f"the class {tokenizer.__name__}", f"write {tokenizer.__name__}(...) with its arguments"
        )
    if not callable(tokenizer):
        raise _refusal(f"{type(tokenizer).__name__}, which cannot be called", _OFFER)
    try:
        return cast(Tokenizer, replace(tokenizer, **options) if options else tokenizer)
    except TypeError as error:
        raise OptionError(f"{type(tokenizer).__name__} takes no such options: {error}") from error


def _checked(kind: Kind, wrapper: type, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options, where this kind takes all of them."""
    known = [field.name for field in fields(wrapper)[1:] if field.init]
    wrong = [name for name in options if name not in known]
    if wrong:
        offer = ", ".join(known) or "no options: it knows all of itself"
        raise OptionError(f"wrap does not take {', '.join(wrong)} for {kind.what}; it takes {offer}")
    if options.get("vocabulary") is not None and "unknown" not in options:
        raise OptionError(
            "a vocabulary= needs unknown=, the id of words that are not in it (None leaves such words out)"
        )
    return options


def _refused(tokenizer: Any) -> TokenizerError:
    """What to write in place of an object that is no tokenizer."""
    if isinstance(tokenizer, Mapping):
        advice = f"write {_WORDS}, where {_RULES}"
        if _KERAS_IMDB.items() <= tokenizer.items():
            imdb = "textattr.Words.keras_imdb(vocabulary)"
            advice = f"write {imdb} for Keras' IMDB data, as which it begins; else {advice}"
        return _refusal(
            f"a dict of {len(tokenizer)} entries, which says neither how a text is split nor what unknown words become",
            advice,
        )
    if isinstance(tokenizer, str | PathLike):
        return _refusal(
            shown(tokenizer),
            "for the file of a tokenizer write textattr.tokenizers.files.read_tokenizer(path), for one with one word "
            f"a line {_WORDS} with vocabulary = textattr.tokenizers.vocabulary.read_vocabulary(path)",
        )
    if isinstance(tokenizer, Sequence):
        return _refusal(
            f"a {type(tokenizer).__name__} of {len(tokenizer)} entries",
            f"where these are a vocabulary, write {_WORDS}, where {_RULES}; "
            "where these are the tokens of one document, pass them as tokens=",
        )
    if _has(tokenizer, "sp_model") or _is_of(tokenizer, "PreTrainedTokenizerBase", "transformers"):
        return _refusal(
            f"{type(tokenizer).__name__}, a slow tokenizer, which knows no positions in the text",
            "load it with use_fast=True",
        )
    if _is_layer(tokenizer):
        return _refusal(
            f"the layer {type(tokenizer).__name__}, which does not cut a text into tokens",
            "where it looks tokens up, write textattr.tokenizers.wrap(<the function that cuts a text>, "
            "vocabulary=layer.get_vocabulary(), unknown=<id>)",
        )
    return _refusal(f"{type(tokenizer).__name__}, which cannot be called", _OFFER)


def _refusal(received: str, advice: str) -> TokenizerError:
    return TokenizerError(f"tokenizer= takes a text and returns an Encoding, got {received}: {advice}")


def _is_of(tokenizer: object, name: str, *packages: str) -> bool:
    """Whether an object is of a class of that name, or derived from one, in one of these packages."""
    return any(
        cls.__name__ == name and cls.__module__.partition(".")[0] in packages
        for cls in type(tokenizer).__mro__
    )


def _has(tokenizer: object, *names: str) -> bool:
    return all(hasattr(tokenizer, name) for name in names)


def _is_keras_hub(tokenizer: object) -> bool:
    return any(cls.__module__.partition(".")[0] == "keras_hub" for cls in type(tokenizer).__mro__)


def _is_layer(tokenizer: object) -> bool:
    return _is_of(tokenizer, "Layer", "keras", "tf_keras")


def _is_text_vectorization(tokenizer: object) -> bool:
    return _is_of(tokenizer, "TextVectorization", "keras", "tf_keras")


def _is_keras_tokenizer(tokenizer: object) -> bool:
    is_one = _is_of(tokenizer, "Tokenizer", "keras", "tf_keras", "keras_preprocessing", "tensorflow")
    return is_one and _has(tokenizer, "texts_to_sequences", "word_index")


def _is_hugging_face(tokenizer: object) -> bool:
    inner = getattr(tokenizer, "backend_tokenizer", None) or getattr(tokenizer, "_tokenizer", None)
    return any(_is_of(each, "Tokenizer", "tokenizers") for each in (tokenizer, inner))


KINDS = (
    Kind("Keras' TextVectorization", _is_text_vectorization, "text_vectorization", "FromTextVectorization"),
    Kind("Keras 2's Tokenizer", _is_keras_tokenizer, "keras_tokenizer", "FromKerasTokenizer"),
    Kind(
        "a preprocessor of keras-hub",
        lambda each: _is_keras_hub(each) and _has(each, "tokenizer"),
        "keras_hub_preprocessor",
        "FromKerasHubPreprocessor",
    ),
    Kind(
        "a tokenizer of keras-hub",
        lambda each: _is_keras_hub(each) and _has(each, "tokenize"),
        "keras_hub",
        "FromKerasHub",
    ),
    Kind("a Hugging Face tokenizer", _is_hugging_face, "hugging_face", "FromHuggingFace"),
    Kind(
        "a SentencePieceProcessor",
        lambda each: _is_of(each, "SentencePieceProcessor", "sentencepiece"),
        "sentence_piece",
        "FromSentencePiece",
    ),
    Kind(
        "a tokenizer of tensorflow_text",
        lambda each: _has(each, "tokenize_with_offsets"),
        "tensorflow_text",
        "FromTensorFlowText",
    ),
    Kind(
        "a callable",
        lambda each: (
            callable(each)
            and not _is_layer(each)
            and not _is_of(each, "PreTrainedTokenizerBase", "transformers")
        ),
        "callables",
        "FromCallable",
    ),
)
_OFFER = f"pass {', '.join(kind.what for kind in KINDS)} from a text to a textattr.Encoding, or {_WORDS}"
