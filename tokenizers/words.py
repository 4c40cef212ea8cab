"""`Words`: a text cut into words by a pattern, and a plain vocabulary that gives each its id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import cast

from textattr.errors import OptionError, TokenizerError
from textattr.tokenizers.checks import require_count, require_id, require_side, require_text
from textattr.tokenizers.describe import describe
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, fit_as
from textattr.tokenizers.pattern import KERAS_TOKENIZER, WORDS_AND_MARKS
from textattr.tokenizers.vocabulary import as_mapping, refuse_shared_ids

START_TOKEN = "<START>"


@dataclass(frozen=True, repr=False)
class Words:
    """A tokenizer made of a vocabulary and a pattern: one id per match, in the order of the text.

    White space belongs to no token. A token's text is what stands in the text, also where it is looked up in
    lower case or is unknown, and its offsets index the text as it was given.

    Args:
        vocabulary: {word: id}, or a list of words whose ids are their positions. It is copied: later changes to
            what was passed do not reach the tokenizer.
        unknown: the final id of words that the vocabulary does not hold; None leaves such words out, as Keras'
            old `Tokenizer` did without an `oov_token`.
        start: the final id that every text begins with, or None.
        offset: what is added to the vocabulary's ids to get the model's (not to `unknown`, `start` and `pad`).
        lowercase: look words up in lower case. The vocabulary is then one of lower-case words.
        pattern: a regular expression; each match is a token. The default takes words of letters and digits of any
            script, apostrophes inside them ("don't"), and punctuation marks and emoji one by one. A run of
            letters is one word: for a script without spaces between words, pass a pattern or take
            [Characters][].
        length: the number of ids that the model reads; None takes what the model's input says, and leaves texts
            as long as they are where it says nothing.
        padding: the side on which shorter texts are filled up and longer ones cut. "post" keeps the first
            `length` tokens, "pre" the last ones, so that the start token is lost with the beginning.
        pad: the final id that fills up shorter texts, or None where the model knows no padding. It may be the
            same as `unknown`.

    Raises:
        TokenizerError: for a vocabulary that is none, a bad id, or a word that has the id of something else.
        OptionError: for a pattern, length or padding that cannot be used.

    Example:
        >>> words = Words(["<PAD>", "<UNK>", "don't", "panic"], unknown=1)
        >>> words
        Words(4 words, unknown=1)
        >>> encoding = words("Don't PANIC, Arthur!")
        >>> encoding.ids.tolist(), encoding.tokens
        ([2, 3, 1, 1, 1], ("Don't", 'PANIC', ',', 'Arthur', '!'))
        >>> encoding.offsets
        ((0, 5), (6, 11), (11, 12), (13, 19), (19, 20))
    """

    vocabulary: Mapping[str, int] | Sequence[str] = field(hash=False)
    _: KW_ONLY
    unknown: int | None
    start: int | None = None
    offset: int = 0
    lowercase: bool = True
    pattern: str = WORDS_AND_MARKS
    length: int | None = None
    padding: Side = "post"
    pad: int | None = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "vocabulary", as_mapping(self.vocabulary))
        for name in ("unknown", "start", "pad"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, require_id(getattr(self, name), f"{name}="))
        object.__setattr__(self, "length", require_count(self.length, "length="))
        require_side(self.padding)
        self._check_pattern()
        self._check_ids()

    @classmethod
    def keras_imdb(
        cls,
        word_index: Mapping[str, int],
        *,
        length: int | None = None,
        padding: Side = "pre",
        num_words: int | None = None,
    ) -> Words:
        """Read texts as `keras.datasets.imdb.load_data` gives them, with its defaults: start 1, unknown 2, offset 3.

        That data was made by splitting at white space and dropping punctuation, so the pattern drops it as well.

        Args:
            word_index: what `keras.datasets.imdb.get_word_index()` returns.
            length: as in [Words][].
            padding: as in [Words][]; "pre" is what Keras' `pad_sequences` does.
            num_words: what `load_data` was called with: words whose id is `num_words` or more are unknown.

        Example:
            >>> words = Words.keras_imdb({"the": 1, "and": 2, "film": 19})
            >>> words("The film!").ids.tolist()
            [1, 4, 22]
        """
        if not isinstance(word_index, Mapping):
            raise TokenizerError(
                "Words.keras_imdb takes the dict {word: id} of keras.datasets.imdb.get_word_index(), "
                f"got {type(word_index).__name__}"
            )
        num_words = require_count(num_words, "num_words=")
        if num_words is not None:
            word_index = {
                word: number for word, number in as_mapping(word_index).items() if number + 3 < num_words
            }
        return cls(
            word_index, unknown=2, start=1, offset=3, pattern=KERAS_TOKENIZER, length=length, padding=padding
        )

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the tokenizer's own wins.

        Raises:
            DocumentError: when `text` is no string.
            OptionError: when the text has to be filled up and there is no pad id.
        """
        pieces = [] if self.start is None else [Piece(self.start, START_TOKEN, (0, 0), special=True)]
        for match in re.finditer(self.pattern, require_text(text)):
            number = self._id(match[0])
            if number is not None and match[0]:
                pieces.append(Piece(number, match[0], match.span()))
        return fit_as(self, text, pieces, length)

    def uncut(self) -> Words:
        """The same, which leaves texts as long as they are."""
        return replace(self, length=None)

    def __repr__(self) -> str:
        return describe(self, "words")

    @property
    def _mapping(self) -> dict[str, int]:
        return cast("dict[str, int]", self.vocabulary)  # __post_init__ made it one

    def _id(self, word: str) -> int | None:
        number = self._mapping.get(word.lower() if self.lowercase else word)
        return self.unknown if number is None else number + self.offset

    def _check_pattern(self) -> None:
        try:
            re.compile(self.pattern)
        except (re.error, TypeError) as error:
            raise OptionError(
                f"pattern= is a regular expression (str) of which each match is a token, got {self.pattern!r}: {error}"
            ) from error

    def _check_ids(self) -> None:
        if not isinstance(self.offset, int) or min(self._mapping.values()) + self.offset < 0:
            raise TokenizerError(
                f"offset= is a whole number that keeps every id at 0 or above, got {self.offset!r} for a vocabulary "
                f"whose ids begin at {min(self._mapping.values())}"
            )
        special = {"pad": self.pad, "unknown": self.unknown, "start": self.start}
        if self.start is not None and self.start in (self.pad, self.unknown):
            raise TokenizerError(f"start= needs an id of its own, got {special}")
        refuse_shared_ids(self._mapping, special, offset=self.offset, can_be_found=self._can_be_found)

    def _can_be_found(self, word: str) -> bool:
        return re.fullmatch(self.pattern, word) is not None and (not self.lowercase or word == word.lower())
