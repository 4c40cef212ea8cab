"""What the command line is given: texts, ids, vocabularies and labels, from arguments and files."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textattr.cli.errors import WrongArguments
from textattr.errors import TextAttrError
from textattr.tokenizers.vocabulary import as_mapping, read_vocabulary


def read_text(given: str) -> str:
    """The text that an argument stands for: itself, the file of that name, or stdin for "-".

    Raises:
        TextAttrError: when the argument is the name of a text file that is not there, or what it names is no text.
    """
    if given == "-":
        return _decode(sys.stdin.buffer.read(), "stdin").strip("\n")
    try:
        is_file = Path(given).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        is_file = False
    if is_file:
        return _read(Path(given)).strip("\n")
    if given.endswith(".txt") and not any(map(str.isspace, given)):
        raise TextAttrError(f"expected a text or a file that holds it, but there is no file {given}")
    return given


def read_ids(given: str) -> list[int]:
    """Token ids, separated by spaces or commas.

    Raises:
        WrongArguments: when one is no number.

    Example:
        >>> read_ids("4 18, 7")
        [4, 18, 7]
    """
    try:
        return [int(part) for part in given.replace(",", " ").split()]
    except ValueError:
        raise WrongArguments(f'--ids expects whole numbers, as in "4 18 7", got {given!r}') from None


def read_lines(path: Path) -> list[str]:
    """The lines of a file, without blank ones at its end.

    Raises:
        TextAttrError: when it cannot be read or is empty.
    """
    lines = _read(path).rstrip().splitlines()
    if not lines:
        raise TextAttrError(f"{path} is empty: expected one label a line")
    return lines


def read_words(path: Path) -> dict[str, int]:
    """A vocabulary: one word a line, or `.json` with an object {word: id} or an array of words.

    Raises:
        TextAttrError: when it cannot be read, or is none.
    """
    if path.suffix != ".json":
        return as_mapping(read_vocabulary(path))
    try:
        return as_mapping(json.loads(_read(path)))
    except json.JSONDecodeError as error:
        raise TextAttrError(f"{path} is no JSON: {error}") from error


def tokens_of(ids: Sequence[int], words: Mapping[str, int], *, offset: int) -> list[str]:
    """The words that ids stand for, and the id itself in brackets where the vocabulary has none.

    Example:
        >>> tokens_of([4, 0], {"good": 4}, offset=0)
        ['good', '[0]']
    """
    names = {number + offset: word for word, number in words.items()}
    return [names.get(number, f"[{number}]") for number in ids]


def as_target(given: str | None, labels: Sequence[str] | None) -> Any:
    """A label or "all" as it is, anything else that is a number as the class of that number.

    "TOKEN=LABEL" is the class of one token, given as a word or as a position; "TOKEN=" is what is predicted there.
    """
    if given is None or given in (labels or ()):
        return given
    token, is_token, label = given.rpartition("=")
    if is_token and token:
        from textattr.targets.token_class import TokenClass

        return TokenClass(_number(token), _number(label) if label else None)
    return _number(given)


def _number(given: str) -> str | int:
    return int(given) if given.removeprefix("-").isdecimal() else given


def check_suffix(path: Path | None, suffix: str) -> None:
    """Refuse a file name that does not say what is in the file.

    Raises:
        WrongArguments: when it ends otherwise.
    """
    if path is not None and path.suffix != suffix:
        raise WrongArguments(f"--{suffix[1:]} expects a file name that ends in {suffix}, got {str(path)!r}")


def _read(path: Path) -> str:
    try:
        return _decode(path.read_bytes(), str(path))
    except OSError as error:
        raise TextAttrError(f"{path} cannot be read: {error.strerror}") from error


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextAttrError(f"{name} is no UTF-8 text: save it as UTF-8") from error
