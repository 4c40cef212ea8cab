"""Tokenizers that a file or a folder names."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

from textattr._optional import require
from textattr.errors import TokenizerError
from textattr.tokenizers.choose import wrap
from textattr.tokenizers.encoding import Tokenizer
from textattr.tokenizers.vocabulary import read_vocabulary

_SENTENCE_PIECE = (
    "spm.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "vocabulary.spm",
)
_OFFER = (
    "tokenizer.json (of Hugging Face, or of Keras 2's Tokenizer), a SentencePiece .model or .spm, BERT's vocab.txt, or "
    "a folder with one of these, with vocab.json and merges.txt, or with a preset of keras-hub"
)


def read_tokenizer(path: str | PathLike[str]) -> Tokenizer:
    """Read the tokenizer that a model was trained with.

    Args:
        path: `tokenizer.json`, as Hugging Face's `tokenizers` or Keras 2's `Tokenizer.to_json` writes it; a
            SentencePiece `.model` or `.spm`; the `vocab.txt` of a BERT, which is lower-cased where
            `tokenizer_config.json` beside it says so, or no word of it has a capital letter; a folder with one of
            these, or with `vocab.json` and `merges.txt`; or a preset folder of keras-hub.

    Raises:
        TokenizerError: for anything else, or a file that cannot be read.
        MissingExtraError: when the package that reads it is not installed.

    Example:
        >>> read_tokenizer("no such file")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        textattr.errors.TokenizerError: expected the file or folder of a tokenizer, but there is no...
    """
    where = Path(path)
    if where.is_dir():
        return _from_folder(where)
    if not where.is_file():
        raise TokenizerError(f"expected the file or folder of a tokenizer, but there is no {where}: {_OFFER}")
    if where.suffix in (".model", ".spm"):
        return _sentence_piece(where)
    if where.suffix == ".json":
        return _from_json(where)
    if where.suffix == ".txt":
        return _word_piece(where)
    raise TokenizerError(
        f"expected the file of a tokenizer, got {where}, whose name does not say what it is: {_OFFER}"
    )


def _from_folder(folder: Path) -> Tokenizer:
    if (folder / "preprocessor.json").is_file() or _is_keras_hub(folder / "tokenizer.json"):
        hub = require("keras_hub", extra="keras-hub")
        kind = (
            hub.models.TextClassifierPreprocessor
            if (folder / "preprocessor.json").is_file()
            else hub.models.Tokenizer
        )
        return _wrapped(lambda: kind.from_preset(str(folder)), folder)
    if (folder / "tokenizer.json").is_file():
        return _from_json(folder / "tokenizer.json")
    for name in _SENTENCE_PIECE:
        if (folder / name).is_file():
            return _sentence_piece(folder / name)
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        made = require("tokenizers", extra="huggingface").ByteLevelBPETokenizer
        prefix = bool(_config(folder).get("add_prefix_space", False))
        return _wrapped(
            lambda: made(str(folder / "vocab.json"), str(folder / "merges.txt"), add_prefix_space=prefix),
            folder,
        )
    if (folder / "vocab.txt").is_file():
        return _word_piece(folder / "vocab.txt")
    raise TokenizerError(f"expected the folder of a tokenizer, but {folder} holds none: {_OFFER}")


def _from_json(path: Path) -> Tokenizer:
    content = _json(path)
    if "model" in content:
        made = require("tokenizers", extra="huggingface").Tokenizer
        return _wrapped(lambda: made.from_file(str(path)), path)
    if content.get("class_name") == "Tokenizer" and "word_index" in content.get("config", {}):
        text = require("tensorflow", extra="tensorflow").keras.preprocessing.text
        return _wrapped(lambda: text.tokenizer_from_json(json.dumps(content)), path)
    raise TokenizerError(
        f"expected a tokenizer in {path}, as Hugging Face's tokenizers or Keras 2's Tokenizer.to_json writes it, got "
        f"an object with {', '.join(map(str, list(content)[:5])) or 'nothing in it'}"
    )


def _sentence_piece(path: Path) -> Tokenizer:
    made = require("sentencepiece", extra="sentencepiece").SentencePieceProcessor
    return _wrapped(lambda: made(model_file=str(path)), path)


def _word_piece(path: Path) -> Tokenizer:
    words = read_vocabulary(path)
    if not {"[UNK]", "[CLS]", "[SEP]"} <= set(words):
        raise TokenizerError(
            f"expected the vocab.txt of a BERT, with [UNK], [CLS] and [SEP], in {path}: for a list of words write "
            "textattr.Words, or --vocabulary on the command line"
        )
    named = _config(path.parent).get("do_lower_case")
    has_capitals = any(word != word.lower() for word in words if not word.startswith("["))
    lowercase = not has_capitals if named is None else bool(named)
    made = require("tokenizers", extra="huggingface").BertWordPieceTokenizer
    vocabulary = {word: number for number, word in enumerate(words)}
    return _wrapped(lambda: made(vocabulary, lowercase=lowercase), path)


def _wrapped(make: Any, path: Path) -> Tokenizer:
    try:
        made = make()
    except Exception as error:  # libraries raise what they like for a file that is no tokenizer
        raise TokenizerError(f"{path} could not be read as a tokenizer: {error}") from error
    return wrap(made)


def _is_keras_hub(path: Path) -> bool:
    return path.is_file() and str(_json(path).get("module", "")).startswith("keras_hub")


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    return _json(path) if path.is_file() else {}


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TokenizerError(f"{path} could not be read as JSON: {error}") from error
    content = (
        json.loads(content) if isinstance(content, str) else content
    )  # as json.dump(tokenizer.to_json()) has it
    if not isinstance(content, dict):
        raise TokenizerError(f"expected an object in {path}, got {type(content).__name__}")
    return content
