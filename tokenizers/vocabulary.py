"""Vocabularies: reading one from a file, and checking one before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path

from textattr.errors import TokenizerError
from textattr.tokenizers.checks import require_id


def read_vocabulary(path: str | PathLike[str]) -> list[str]:
    r"""Read a vocabulary that has one word a line; a word's id is its line, counted from 0.

    UTF-8, with or without a byte order mark; lines end with LF or CRLF. Nothing else is stripped, and a blank
    line is the empty word, which some programs write for padding.

    Raises:
        TokenizerError: when the file cannot be read, is empty, is no UTF-8, or lists a word twice.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "vocabulary.txt")
        ...     _ = path.write_text("<PAD>\n<UNK>\ngood\n", encoding="utf-8")
        ...     read_vocabulary(path)
        ['<PAD>', '<UNK>', 'good']
    """
    try:
        content = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise TokenizerError(
            f"a vocabulary is UTF-8 text, but line {line} of {path} holds the byte "
            f"0x{error.object[error.start]:02x}: save the file as UTF-8"
        ) from error
    except OSError as error:
        raise TokenizerError(f"the vocabulary {path} cannot be read: {error.strerror}") from error
    if not content:
        raise TokenizerError(f"the vocabulary {path} is empty: it needs one word a line")
    words = [line.removesuffix("\r") for line in content.removesuffix("\n").split("\n")]
    first_line: dict[str, int] = {}
    for number, word in enumerate(words, start=1):
        if word in first_line:
            raise TokenizerError(
                f"a vocabulary lists each word once, but line {number} of {path} repeats {word!r} of line "
                f"{first_line[word]}: delete one, and mind that every id behind it moves"
            )
        first_line[word] = number
    return words


def as_mapping(vocabulary: Mapping[str, int] | Sequence[str]) -> dict[str, int]:
    """Copy a vocabulary into a dict from word to id; in a list, a word's id is its position.

    Raises:
        TokenizerError: when it is empty, lists a word twice, or holds something else than words and ids.

    Example:
        >>> as_mapping(["<PAD>", "good"])
        {'<PAD>': 0, 'good': 1}
    """
    if isinstance(vocabulary, Mapping):
        copy = {_word(word): require_id(number, f"the word {word!r}") for word, number in vocabulary.items()}
    elif isinstance(vocabulary, Sequence) and not isinstance(vocabulary, str | bytes):
        copy = {}
        for position, word in enumerate(vocabulary):
            if copy.setdefault(_word(word), position) != position:
                raise TokenizerError(
                    f"a vocabulary lists each word once, got {word!r} at positions {copy[word]} and {position}"
                )
    else:
        raise TokenizerError(
            "a vocabulary is a dict {word: id} or a list of words (a word's id is its position), "
            f"got {type(vocabulary).__name__}; textattr.tokenizers.vocabulary.read_vocabulary(path) reads a file "
            "with one word a line"
        )
    if not copy:
        raise TokenizerError("the vocabulary is empty: it needs at least one word")
    return copy


def refuse_shared_ids(
    vocabulary: Mapping[str, int],
    special: Mapping[str, int | None],
    *,
    offset: int,
    can_be_found: Callable[[str], bool],
) -> None:
    """Refuse a word that a text can hold and that has the id of padding, start or the unknown words.

    A word that no text can yield, as "<PAD>" under a pattern that takes no brackets, may have any id, and so may
    one that is the usual name of the special id, as a bare "unk".

    Raises:
        TokenizerError: when a word and a special id are the same number.
    """
    for name, number in special.items():
        for word, own in vocabulary.items() if number is not None else ():
            if own + offset == number and can_be_found(word) and word.lower() not in _USUAL_NAMES[name]:
                raise TokenizerError(
                    f"{name}={number} is also the id of the word {word!r}"
                    + (f" ({own} in the vocabulary, offset={offset})" if offset else "")
                    + ": the model could not tell the two apart. Pass the ids that the model was trained with, "
                    f"an offset= that keeps them free, or {_WITHOUT[name]}; a word that is meant to be unknown is "
                    "left out of the vocabulary"
                )


_USUAL_NAMES = {
    "pad": ("", "pad", "padding"),
    "unknown": ("unk", "unknown", "oov"),
    "start": ("s", "start", "bos", "sos", "cls"),
}
_WITHOUT = {
    "pad": "pad=None where it was trained without padding",
    "unknown": "unknown=None where unknown words were left out",
    "start": "start=None where no text began with one",
}


def _word(word: object) -> str:
    if isinstance(word, str):
        return word
    raise TokenizerError(
        f"the words of a vocabulary are strings, got {word!r} ({type(word).__name__}); where the dict maps ids to "
        "words, turn it round: {word: id for id, word in vocabulary.items()}"
    )
