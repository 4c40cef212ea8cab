"""The rules by which a text is cut into words before they are looked up; a vocabulary is worth nothing without its own.

Each takes a text and whether to look up in lower case, and gives the words as they are looked up, with their places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from textattr.tokenizers.aligned import Aligned, aligned
from textattr.tokenizers.pattern import WORDS_AND_MARKS


class Word(NamedTuple):
    """A word of a text.

    Args:
        key: the word as it is looked up.
        start: where it starts in the text.
        end: where it ends.
    """

    key: str
    start: int
    end: int


Rule = Callable[[str, bool], list[Word]]

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""What Keras' `Tokenizer` replaces by its split character unless told otherwise."""

_STRIPPED = re.compile(r"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
_BETWEEN = re.compile(r"[^ \t\n\v\f\r]+")


def split_by_pattern(pattern: str) -> Rule:
    """Each match of a regular expression is a word.

    Example:
        >>> split_by_pattern(r"[a-z]+")("so good", False)
        [Word(key='so', start=0, end=2), Word(key='good', start=3, end=7)]
    """

    def split(text: str, lowercase: bool) -> list[Word]:
        return [
            Word(match[0].lower() if lowercase else match[0], *match.span())
            for match in re.finditer(pattern, text)
            if match[0]
        ]

    return split


def split_as_keras_tokenizer(
    text: str, lowercase: bool, filters: str = KERAS_FILTERS, separator: str = " "
) -> list[Word]:
    r"""As `text_to_word_sequence` of Keras 2: lower case, each of `filters` replaced by `separator`, split at that.

    Nothing else separates words: a no-break space, or a space of another width, stays inside.

    Example:
        >>> split_as_keras_tokenizer("So-so\u00a0film", True)
        [Word(key='so', start=0, end=2), Word(key='so\xa0film', start=3, end=10)]
    """
    read = aligned(text).map(str.lower) if lowercase else aligned(text)
    if filters:
        table = str.maketrans(dict.fromkeys(filters, separator))
        read = read.map(lambda part: part.translate(table))
    words: list[Word] = []
    position = 0
    for key in read.text.split(separator):
        if key:
            words.append(Word(key, *read.offsets(position, position + len(key))))
        position += len(key) + len(separator)
    return words


def split_as_text_vectorization(text: str, lowercase: bool) -> list[Word]:
    """As Keras' `TextVectorization` with its defaults.

    A to Z in lower case (and no other letter), the punctuation marks of ASCII taken out, and what is left split at
    the white space of ASCII. A word stands from its first character that is left to its last.

    Example:
        >>> split_as_text_vectorization("'Don't' PANIC!", True)
        [Word(key='dont', start=1, end=6), Word(key='panic', start=8, end=13)]
    """
    read = aligned(text)
    if lowercase:
        read = Aligned(_ascii_lower(read.text), read.starts, read.ends)
    read = read.map(lambda part: _STRIPPED.sub("", part))
    return [Word(match[0], *read.offsets(*match.span())) for match in _BETWEEN.finditer(read.text)]


def _ascii_lower(text: str) -> str:
    return text.translate({letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)})


RULES: dict[str, Rule] = {
    "words": split_by_pattern(WORDS_AND_MARKS),
    "keras_tokenizer": split_as_keras_tokenizer,
    "text_vectorization": split_as_text_vectorization,
}
"""The rules by name, for `Words(splitting=...)`."""
